import { SelectSetting, SettingGroup, SettingNote, SwitchSetting, TextSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { CommunitySetting } from './community-setting.tsx'
import { type Poll, pollOf, type Slide, slidesOf } from './value.ts'

type Part = { disabled: boolean; say: SettingsProps['say']; set: (change: Value) => void }

const maxAnswers = 6

/** Answers one below the other; an empty one behind the last invites the next. */
const PollSetting = ({ poll, disabled, say, set }: Part & { poll: Poll }) => {
  const rows = poll.options.length < maxAnswers ? [...poll.options, ''] : poll.options
  const change = (at: number, text: string | undefined) => {
    const options = rows.map((o, i) => (i === at ? (text ?? '') : o)).filter((o, i) => o !== '' || i < 2)
    set({ poll: { ...poll, options } })
  }
  return (
    <SettingGroup label={say('poll')}>
      {rows.map((option, i) => (
        <TextSetting
          // biome-ignore lint/suspicious/noArrayIndexKey: answers have no other name than their place
          key={i}
          label={say('poll.option', { n: i + 1 })}
          disabled={disabled}
          maxLength={120}
          value={option}
          onChange={(text) => change(i, text)}
        />
      ))}
      <SelectSetting
        label={say('poll.days')}
        disabled={disabled}
        value={String(poll.days)}
        onChange={(days) => set({ poll: { ...poll, days: Number(days ?? 3) } })}
        choices={[1, 2, 3, 4, 5, 6, 7].map((n) => ({ value: String(n), label: String(n) }))}
      />
    </SettingGroup>
  )
}

const Slides = ({ count, slides, disabled, say, set }: Part & { count: number; slides: readonly Slide[] }) => {
  const change = (at: number, part: Slide) => {
    const next = Array.from({ length: count }, (_, i) =>
      i === at ? withSet({ ...slides[i] }, part) : (slides[i] ?? {}),
    )
    set({ slides: next.some((s) => Object.keys(s).length > 0) ? next : undefined })
  }
  return (
    <SettingGroup label={say('slides')}>
      {Array.from({ length: count }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place of the picture is what the words belong to
        <div key={i} className="grid gap-2 sm:grid-cols-2">
          <TextSetting
            label={say('slide.caption', { n: i + 1 })}
            disabled={disabled}
            maxLength={180}
            value={slides[i]?.caption}
            onChange={(caption) => change(i, { caption })}
          />
          <TextSetting
            label={say('slide.link', { n: i + 1 })}
            disabled={disabled}
            placeholder="https://"
            value={slides[i]?.link}
            onChange={(link) => change(i, { link })}
          />
        </div>
      ))}
    </SettingGroup>
  )
}

/** Community and title first: nothing leaves without them. What follows depends on what the post is. */
export const Settings = ({
  value,
  onChange,
  disabled,
  channel,
  segments,
  say,
  useOptions,
  MediaPicker,
}: SettingsProps) => {
  const set = (change: Value) => onChange(withSet(value, change))
  const part = { disabled, say, set }
  const media = segments[0]?.media ?? []
  const film = media.some((m) => m.kind === 'video')
  const poll = pollOf(value.poll)
  const link = textOf(value.link)
  const title = textOf(value.title)
  const mark = (name: string, usual = false) => (
    <SwitchSetting
      label={say(name)}
      hint={say(`${name}.help`)}
      disabled={disabled}
      value={typeof value[name] === 'boolean' ? value[name] : usual}
      onChange={(on) => set({ [name]: on })}
    />
  )
  return (
    <div className="grid gap-4">
      {channel.facts.suspended === true ? <SettingNote tone="warn">{say('suspended')}</SettingNote> : null}
      <CommunitySetting value={value} useOptions={useOptions} {...part} />
      <TextSetting
        label={say('title')}
        hint={say('title.help', { n: [...(title ?? '')].length })}
        error={title?.trim() ? undefined : say('title.required')}
        disabled={disabled}
        maxLength={300}
        value={title}
        onChange={(text) => set({ title: text })}
      />
      {(media.length === 0 && !poll) || link ? (
        <TextSetting
          label={say('link')}
          hint={say('link.help')}
          error={link && media.length > 0 ? say('link.conflict') : undefined}
          disabled={disabled}
          maxLength={2048}
          placeholder="https://"
          value={link}
          onChange={(text) => set({ link: text?.trim() || undefined })}
        />
      ) : null}
      {link ? mark('resubmit') : null}
      {(media.length === 0 && !link) || poll ? (
        <SwitchSetting
          label={say('poll.on')}
          disabled={disabled}
          value={poll !== undefined}
          onChange={(on) => set({ poll: on ? { options: ['', ''], days: 3 } : undefined })}
        />
      ) : null}
      {poll ? <PollSetting poll={poll} {...part} /> : null}
      {film ? (
        <SettingGroup label={say('video')}>
          <MediaPicker
            label={say('posterId')}
            hint={textOf(value.posterId) ? undefined : say('posterId.help')}
            kind="image"
            value={textOf(value.posterId)}
            onChange={(posterId) => set({ posterId })}
          />
          {mark('silent')}
        </SettingGroup>
      ) : null}
      {!film && media.length > 1 ? (
        <Slides count={Math.min(20, media.length)} slides={slidesOf(value.slides)} {...part} />
      ) : null}
      <SettingGroup label={say('marks')}>
        {mark('nsfw')}
        {mark('spoiler')}
        {mark('sendReplies', true)}
      </SettingGroup>
    </div>
  )
}
