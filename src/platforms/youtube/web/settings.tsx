import { useState } from 'react'
import {
  OptionSetting,
  RadioSetting,
  SelectSetting,
  SettingGroup,
  SettingNote,
  SwitchSetting,
  TextSetting,
} from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { Field, Input } from '#ui/field.tsx'
import { tagsLength } from '../spec.ts'

type Part = Pick<SettingsProps, 'value' | 'disabled' | 'say'> & { set: (change: Value) => void }

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** What YouTube wants every person to say first: title, made for kids, visibility. */
export const Settings = (p: SettingsProps) => {
  const part = { ...p, set: (change: Value) => p.onChange(withSet(p.value, change)) }
  const { value, disabled, say, set } = part
  const title = textOf(value.title) ?? ''
  return (
    <div className="grid gap-4">
      <TextSetting
        label={say('title')}
        hint={say('title.help', { n: title.length })}
        error={title.trim() ? undefined : say('title.error')}
        disabled={disabled}
        maxLength={100}
        value={title || undefined}
        onChange={(next) => set({ title: next })}
      />
      <RadioSetting
        name={`youtube-kids-${p.channel.id}`}
        label={say('madeForKids')}
        hint={say('madeForKids.help')}
        error={value.madeForKids === undefined ? say('madeForKids.error') : undefined}
        disabled={disabled}
        value={value.madeForKids === undefined ? undefined : String(value.madeForKids)}
        choices={[
          { value: 'true', label: say('madeForKids=true'), hint: say('madeForKids=true.help') },
          { value: 'false', label: say('madeForKids=false') },
        ]}
        onChange={(next) => set({ madeForKids: next === 'true' })}
      />
      <Visibility {...part} channelId={p.channel.id} />
      <Thumbnail {...p} set={set} />
      <Shelves {...p} set={set} />
      <About {...part} />
      <Disclosures {...part} />
      <Captions {...part} />
      <SettingNote>{say('terms')}</SettingNote>
    </div>
  )
}

/** For `<input type="datetime-local">`: the person's own wall time, to the minute. */
const wall = (iso: string | undefined): string => {
  const at = iso ? new Date(iso) : null
  if (!at || Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

const Visibility = ({ value, disabled, say, set, channelId }: Part & { channelId: string }) => {
  const privacy = textOf(value.privacy) ?? 'public'
  return (
    <>
      <RadioSetting
        name={`youtube-privacy-${channelId}`}
        label={say('privacy')}
        disabled={disabled}
        value={privacy}
        choices={['public', 'unlisted', 'private'].map((x) => ({
          value: x,
          label: say(`privacy=${x}`),
          hint: say(`privacy=${x}.help`),
        }))}
        // A time only makes sense while the video is private.
        onChange={(next) => set({ privacy: next, ...(next === 'private' ? {} : { publishAt: undefined }) })}
      />
      {privacy === 'private' ? (
        <Field label={say('publishAt')} hint={say('publishAt.help')}>
          {(c) => (
            <Input
              {...c}
              type="datetime-local"
              disabled={disabled}
              value={wall(textOf(value.publishAt))}
              onChange={(e) => set({ publishAt: e.target.value ? new Date(e.target.value).toISOString() : undefined })}
            />
          )}
        </Field>
      ) : (
        <SwitchSetting
          label={say('notifySubscribers')}
          hint={say('notifySubscribers.help')}
          disabled={disabled}
          value={value.notifySubscribers !== false}
          onChange={(on) => set({ notifySubscribers: on ? undefined : false })}
        />
      )}
    </>
  )
}

const Thumbnail = ({ value, say, set, channel, MediaPicker }: SettingsProps & { set: Part['set'] }) => {
  const { longUploads } = channel.facts
  const unproved = longUploads === 'eligible' || longUploads === 'disallowed'
  return (
    <>
      <MediaPicker
        label={say('thumbnail')}
        hint={say('thumbnail.help')}
        kind="image"
        value={textOf(value.thumbnail)}
        onChange={(id) => set({ thumbnail: id })}
      />
      {unproved && value.thumbnail ? <SettingNote tone="warn">{say('thumbnail.unproved')}</SettingNote> : null}
    </>
  )
}

/** Playlists and category, as they are on the channel now. */
const Shelves = ({ value, disabled, say, set, useOptions }: SettingsProps & { set: Part['set'] }) => {
  const lists = useOptions('playlists')
  const categories = useOptions('categories')
  const chosen = listOf(value.playlists)
  // One that was chosen and is not in the list (any more) must still be seen, to be taken away.
  const rows = [
    ...lists.items,
    ...chosen.filter((id) => !lists.items.some((x) => x.value === id)).map((id) => ({ value: id, label: id })),
  ]
  const words = { loading: say('loading'), retry: say('retry') }
  const toggle = (id: string, on: boolean) => {
    const next = on ? [...chosen, id] : chosen.filter((x) => x !== id)
    set({ playlists: next.length > 0 ? next : undefined })
  }
  return (
    <>
      <SettingGroup label={say('playlists')}>
        {lists.state === 'loading' ? <p className="text-sm text-muted">{say('loading')}</p> : null}
        {lists.state === 'error' ? (
          <p className="text-sm text-danger">
            {lists.error}{' '}
            <button type="button" className="font-medium underline" onClick={lists.reload}>
              {say('retry')}
            </button>
          </p>
        ) : null}
        {lists.state === 'ready' && rows.length === 0 ? (
          <p className="text-sm text-muted">{say('playlists.none')}</p>
        ) : null}
        <div className="grid max-h-64 gap-3 overflow-y-auto">
          {rows.map((x) => (
            <SwitchSetting
              key={x.value}
              label={x.label}
              disabled={disabled || (!chosen.includes(x.value) && chosen.length >= 10)}
              value={chosen.includes(x.value)}
              onChange={(on) => toggle(x.value, on)}
            />
          ))}
        </div>
      </SettingGroup>
      <OptionSetting
        label={say('category')}
        list={categories}
        words={words}
        disabled={disabled}
        value={textOf(value.category) ?? '22'}
        onChange={(category) => set({ category })}
      />
    </>
  )
}

const tagsIn = (text: string) =>
  text
    .split(',')
    .map((x) => x.trim())
    .filter(Boolean)

const Tags = ({ value, disabled, say, set }: Part) => {
  const stored = listOf(value.tags)
  // What is being typed: a comma at the end must stay where it is.
  const [typed, setTyped] = useState(stored.join(', '))
  const shown = tagsIn(typed).join() === stored.join() ? typed : stored.join(', ')
  return (
    <TextSetting
      label={say('tags')}
      hint={say('tags.help', { n: tagsLength(stored) })}
      disabled={disabled}
      value={shown || undefined}
      onChange={(next) => {
        setTyped(next ?? '')
        const tags = tagsIn(next ?? '')
        set({ tags: tags.length > 0 ? tags : undefined })
      }}
    />
  )
}

const About = (p: Part) => {
  const { value, disabled, say, set } = p
  return (
    <SettingGroup label={say('about')}>
      <Tags {...p} />
      <TextSetting
        label={say('language')}
        disabled={disabled}
        placeholder="en"
        value={textOf(value.language)}
        onChange={(language) => set({ language })}
      />
      <TextSetting
        label={say('audioLanguage')}
        disabled={disabled}
        placeholder="en"
        value={textOf(value.audioLanguage)}
        onChange={(audioLanguage) => set({ audioLanguage })}
      />
      <SelectSetting
        label={say('license')}
        disabled={disabled}
        value={textOf(value.license) ?? 'youtube'}
        choices={['youtube', 'creativeCommon'].map((x) => ({ value: x, label: say(`license=${x}`) }))}
        onChange={(license) => set({ license })}
      />
      {(['embeddable', 'statsViewable'] as const).map((name) => (
        <SwitchSetting
          key={name}
          label={say(name)}
          disabled={disabled}
          value={value[name] !== false}
          onChange={(on) => set({ [name]: on ? undefined : false })}
        />
      ))}
    </SettingGroup>
  )
}

const Disclosures = ({ value, disabled, say, set }: Part) => (
  <SettingGroup label={say('disclosures')}>
    {(['paidPromotion', 'syntheticMedia'] as const).map((name) => (
      <SwitchSetting
        key={name}
        label={say(name)}
        hint={say(`${name}.help`)}
        disabled={disabled}
        value={value[name] === true}
        onChange={(on) => set({ [name]: on ? true : undefined })}
      />
    ))}
  </SettingGroup>
)

type Track = { language?: string; name?: string; text?: string }

const Captions = ({ value, disabled, say, set }: Part) => {
  const track = (value.captions ?? {}) as Track
  const change = (next: Track) => {
    const all = withSet({ ...track }, next)
    set({ captions: all.text ? { language: 'en', ...all } : undefined })
  }
  return (
    <SettingGroup label={say('captions')}>
      <TextSetting
        label={say('captions.text')}
        hint={say('captions.text.help')}
        multiline
        disabled={disabled}
        value={track.text}
        onChange={(text) => change({ text })}
      />
      {track.text ? (
        <>
          <TextSetting
            label={say('captions.language')}
            disabled={disabled}
            placeholder="en"
            value={track.language ?? 'en'}
            onChange={(language) => change({ language })}
          />
          <TextSetting
            label={say('captions.name')}
            disabled={disabled}
            maxLength={150}
            value={track.name}
            onChange={(name) => change({ name })}
          />
        </>
      ) : null}
    </SettingGroup>
  )
}
