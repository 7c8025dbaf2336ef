import { useState } from 'react'
import {
  RadioSetting,
  SelectSetting,
  SettingGroup,
  SettingNote,
  SwitchSetting,
  TextSetting,
} from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { Tags, tagsOf } from './tags.tsx'

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const split = (text: string | undefined) => (text ?? '').split(/[\s,;]+/).filter(Boolean)

/** Names in one line. What is typed stays as it is, commas and all; the list is what it means. */
const Names = ({
  names,
  onChange,
  ...field
}: {
  label: string
  hint: string
  disabled: boolean
  names: readonly string[]
  onChange: (names: string[]) => void
}) => {
  const [typed, setTyped] = useState(names.join(', '))
  const shown = split(typed).join() === names.join() ? typed : names.join(', ')
  return (
    <TextSetting
      {...field}
      placeholder="@name, @other.name"
      value={shown || undefined}
      onChange={(text) => {
        setTyped(text ?? '')
        onChange(split(text))
      }}
    />
  )
}

/** Milliseconds, typed as seconds. What is typed stays as it is, so that a half-written number can be finished. */
const Seconds = ({
  ms,
  onChange,
  ...field
}: {
  label: string
  hint: string
  disabled: boolean
  ms: number | undefined
  onChange: (ms: number | undefined) => void
}) => {
  const read = (text: string) => {
    const n = Math.round(Number(text.replace(',', '.')) * 1000)
    return text.trim() === '' || !Number.isFinite(n) || n < 0 ? undefined : n
  }
  const [typed, setTyped] = useState(ms === undefined ? '' : String(ms / 1000))
  const shown = read(typed) === ms ? typed : ms === undefined ? '' : String(ms / 1000)
  return (
    <TextSetting
      {...field}
      value={shown || undefined}
      onChange={(text) => {
        setTyped(text ?? '')
        onChange(read(text ?? ''))
      }}
    />
  )
}

const trials = ['off', 'manual', 'performance'] as const

type PartProps = Pick<SettingsProps, 'value' | 'disabled' | 'say' | 'MediaPicker'> & { set: (change: Value) => void }

/** Only for one video alone: Instagram makes a reel of it. */
const Reel = ({ value, set, disabled, say, MediaPicker }: PartProps) => {
  const at = typeof value.thumbOffsetMs === 'number' ? value.thumbOffsetMs : undefined
  return (
    <SettingGroup label={say('reel')}>
      <MediaPicker
        label={say('coverId')}
        hint={say('coverId.help')}
        kind="image"
        value={textOf(value.coverId)}
        onChange={(coverId) => set({ coverId })}
      />
      {value.coverId ? null : (
        <Seconds
          label={say('thumbOffsetMs')}
          hint={say('thumbOffsetMs.help')}
          disabled={disabled}
          ms={at}
          onChange={(thumbOffsetMs) => set({ thumbOffsetMs })}
        />
      )}
      <SwitchSetting
        label={say('shareToFeed')}
        disabled={disabled}
        value={value.shareToFeed !== false}
        onChange={(shareToFeed) => set({ shareToFeed })}
      />
      <TextSetting
        label={say('audioName')}
        hint={say('audioName.help')}
        disabled={disabled}
        value={textOf(value.audioName)}
        onChange={(audioName) => set({ audioName })}
      />
      <SelectSetting
        label={say('trial')}
        hint={say('trial.help')}
        disabled={disabled}
        value={textOf(value.trial) ?? 'off'}
        onChange={(trial) => set({ trial })}
        choices={trials.map((t) => ({ value: t, label: say(`trial=${t}`) }))}
      />
    </SettingGroup>
  )
}

/** Where it goes comes first: it decides what else can be said. */
export const Settings = ({ value, onChange, disabled, channel, segments, say, MediaPicker }: SettingsProps) => {
  const set = (change: Value) => onChange(withSet(value, change))
  const media = segments[0]?.media ?? []
  const story = value.placement === 'story'
  const reel = !story && media.length === 1 && media[0]?.kind === 'video'
  return (
    <div className="grid gap-4">
      <RadioSetting
        name={`instagram-placement-${channel.id}`}
        label={say('placement')}
        disabled={disabled}
        value={textOf(value.placement) ?? 'feed'}
        onChange={(placement) => set({ placement })}
        choices={[
          { value: 'feed', label: say('placement=feed'), hint: say('placement=feed.hint') },
          { value: 'story', label: say('placement=story'), hint: say('placement=story.hint') },
        ]}
      />
      {channel.facts.mayComment === false ? <SettingNote tone="warn">{say('mayNotComment')}</SettingNote> : null}
      {reel ? <Reel {...{ value, set, disabled, say, MediaPicker }} /> : null}
      {story ? null : (
        <>
          <Names
            label={say('collaborators')}
            hint={say('collaborators.help')}
            disabled={disabled}
            names={listOf(value.collaborators)}
            onChange={(names) => set({ collaborators: names.length > 0 ? names : undefined })}
          />
          <TextSetting
            label={say('locationId')}
            hint={say('locationId.help')}
            disabled={disabled}
            value={textOf(value.locationId)}
            onChange={(locationId) => set({ locationId })}
          />
        </>
      )}
      <Tags
        value={tagsOf(value.userTags)}
        onChange={(userTags) => set({ userTags: userTags.length > 0 ? userTags : undefined })}
        disabled={disabled}
        media={media}
        placed={!reel}
        say={say}
      />
      {story ? null : (
        <SwitchSetting
          label={say('comments')}
          disabled={disabled}
          value={value.comments !== false}
          onChange={(comments) => set({ comments })}
        />
      )}
      <SwitchSetting
        label={say('aiGenerated')}
        hint={say('aiGenerated.help')}
        disabled={disabled}
        value={value.aiGenerated === true}
        onChange={(aiGenerated) => set({ aiGenerated })}
      />
      <SwitchSetting
        label={say('paidPartnership')}
        hint={say('paidPartnership.help')}
        disabled={disabled}
        value={value.paidPartnership === true}
        onChange={(paidPartnership) => set({ paidPartnership })}
      />
    </div>
  )
}
