import { useState } from 'react'
import { SelectSetting, SettingGroup, SettingNote, SwitchSetting, TextSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

const controls = ['everyone', 'followers_only', 'accounts_you_follow', 'mentioned_only', 'parent_post_author_only']

/** A list written as text. What is typed stays as it is, so that a half-written item can be finished. */
const ListSetting = ({
  items,
  split,
  joint,
  onChange,
  ...field
}: {
  label: string
  hint: string
  disabled: boolean
  multiline?: boolean
  placeholder?: string
  items: readonly string[]
  split: (text: string) => string[]
  joint: string
  onChange: (items: string[] | undefined) => void
}) => {
  const [typed, setTyped] = useState(items.join(joint))
  const shown = split(typed).join('\n') === items.join('\n') ? typed : items.join(joint)
  return (
    <TextSetting
      {...field}
      value={shown || undefined}
      onChange={(text) => {
        setTyped(text ?? '')
        const list = split(text ?? '')
        onChange(list.length > 0 ? list : undefined)
      }}
    />
  )
}

type PartProps = Pick<SettingsProps, 'value' | 'disabled' | 'say'> & { set: (change: Value) => void }

/** 2 to 4 answers; an empty one after the last is simply not there. */
const Poll = ({ value, set, disabled, say }: PartProps) => {
  const answers = listOf(value.poll)
  const change = (at: number, text: string | undefined) => {
    const next = [0, 1, 2, 3].map((i) => (i === at ? (text ?? '') : (answers[i] ?? '')))
    while (next.length > 0 && next.at(-1) === '') next.pop()
    set({ poll: next.length > 0 ? next : undefined })
  }
  return (
    <SettingGroup label={say('poll')}>
      <p className="text-muted text-sm">{say('poll.help')}</p>
      {[0, 1, 2, 3].map((i) => (
        <TextSetting
          key={i}
          label={say('poll.answer', { n: i + 1 })}
          disabled={disabled || i > answers.length}
          maxLength={25}
          value={answers[i] || undefined}
          onChange={(text) => change(i, text)}
        />
      ))}
    </SettingGroup>
  )
}

/** What goes with a text alone. */
const Attachments = (props: PartProps) => {
  const { value, set, disabled, say } = props
  return (
    <>
      <TextSetting
        label={say('link')}
        hint={say('link.help')}
        disabled={disabled}
        placeholder="https://"
        value={textOf(value.link)}
        onChange={(link) => set({ link })}
      />
      <Poll {...props} />
      <SettingGroup label={say('longText')}>
        <TextSetting
          label={say('longText.text')}
          hint={say('longText.help')}
          multiline
          maxLength={10_000}
          disabled={disabled}
          value={textOf(value.longText)}
          onChange={(longText) => set({ longText })}
        />
        <TextSetting
          label={say('longTextLink')}
          disabled={disabled}
          placeholder="https://"
          value={textOf(value.longTextLink)}
          onChange={(longTextLink) => set({ longTextLink })}
        />
      </SettingGroup>
      <TextSetting
        label={say('gifId')}
        hint={say('gifId.help')}
        disabled={disabled}
        value={textOf(value.gifId)}
        onChange={(gifId) => set({ gifId })}
      />
    </>
  )
}

/** What a ghost post may not have. */
const Usual = (props: PartProps & { media: boolean }) => {
  const { value, set, disabled, say, media } = props
  return (
    <>
      <SelectSetting
        label={say('replyControl')}
        disabled={disabled}
        value={textOf(value.replyControl) ?? 'everyone'}
        onChange={(replyControl) => set({ replyControl })}
        choices={controls.map((c) => ({ value: c, label: say(`replyControl=${c}`) }))}
      />
      <SwitchSetting
        label={say('replyApprovals')}
        hint={say('replyApprovals.help')}
        disabled={disabled}
        value={value.replyApprovals === true}
        onChange={(replyApprovals) => set({ replyApprovals })}
      />
      <TextSetting
        label={say('topicTag')}
        hint={say('topicTag.help')}
        disabled={disabled}
        maxLength={50}
        value={textOf(value.topicTag)}
        onChange={(topicTag) => set({ topicTag })}
      />
      {value.topicTag ? (
        <SwitchSetting
          label={say('topicRequired')}
          hint={say('topicRequired.help')}
          disabled={disabled}
          value={value.topicRequired === true}
          onChange={(topicRequired) => set({ topicRequired })}
        />
      ) : null}
      {media ? <SettingNote>{say('textOnly')}</SettingNote> : <Attachments {...props} />}
      <TextSetting
        label={say('quotePostId')}
        hint={say('quotePostId.help')}
        disabled={disabled}
        value={textOf(value.quotePostId)}
        onChange={(quotePostId) => set({ quotePostId })}
      />
      <ListSetting
        label={say('countries')}
        hint={say('countries.help')}
        disabled={disabled}
        placeholder="PL, CZ"
        items={listOf(value.countries)}
        joint=", "
        split={(text) =>
          text
            .toUpperCase()
            .split(/[\s,;]+/)
            .filter(Boolean)
        }
        onChange={(countries) => set({ countries })}
      />
    </>
  )
}

/** A ghost post comes first: it leaves nothing else but hidden words. */
export const Settings = ({ value, onChange, disabled, segments, say }: SettingsProps) => {
  const set = (change: Value) => onChange(withSet(value, change))
  const first = segments[0]?.media.length ?? 0
  const anyMedia = segments.some((s) => s.media.length > 0)
  const ghost = value.ghost === true
  const part = { value, set, disabled, say }
  return (
    <div className="grid gap-4">
      {first === 0 || ghost ? (
        <SwitchSetting
          label={say('ghost')}
          hint={say('ghost.help')}
          disabled={disabled}
          value={ghost}
          // A ghost post takes nothing else, so what was chosen before goes.
          onChange={(on) =>
            onChange(on ? withSet({}, { ghost: true, spoilers: value.spoilers }) : withSet(value, { ghost: undefined }))
          }
        />
      ) : null}
      {ghost ? <SettingNote>{say('ghostNote')}</SettingNote> : <Usual {...part} media={first > 0} />}
      <ListSetting
        label={say('spoilers')}
        hint={say('spoilers.help')}
        multiline
        disabled={disabled}
        items={listOf(value.spoilers)}
        joint={'\n'}
        split={(text) => text.split('\n').filter((line) => line.trim() !== '')}
        onChange={(spoilers) => set({ spoilers })}
      />
      {anyMedia ? (
        <SwitchSetting
          label={say('spoilerMedia')}
          disabled={disabled}
          value={value.spoilerMedia === true}
          onChange={(spoilerMedia) => set({ spoilerMedia })}
        />
      ) : null}
    </div>
  )
}
