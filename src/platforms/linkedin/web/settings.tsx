import { SelectSetting, SettingGroup, SettingNote, SwitchSetting, TextSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { Mention } from './mention.tsx'

type Part = SettingsProps & { set: (change: Value) => void }

const bagOf = (value: unknown): Value | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Value) : undefined

/** Who sees it, what it carries besides files, and how the files are shown. */
export const Settings = (p: SettingsProps) => {
  const part: Part = { ...p, set: (change) => p.onChange(withSet(p.value, change)) }
  const { value, disabled, say, set } = part
  const page = p.channel.kind === 'organization'
  const media = p.segments[0]?.media ?? []
  const has = (kind: string) => media.some((m) => m.kind === kind)
  return (
    <div className="grid gap-4">
      <Mention {...p} />
      <SelectSetting
        label={say('visibility')}
        hint={page ? say('visibility.page') : undefined}
        disabled={disabled || (page && (value.visibility ?? 'PUBLIC') === 'PUBLIC')}
        value={textOf(value.visibility) ?? 'PUBLIC'}
        choices={['PUBLIC', 'LOGGED_IN', 'CONNECTIONS'].map((x) => ({ value: x, label: say(`visibility=${x}`) }))}
        onChange={(next) => set({ visibility: next === 'PUBLIC' ? undefined : next })}
      />
      <SwitchSetting
        label={say('allowReshare')}
        disabled={disabled}
        value={value.allowReshare !== false}
        onChange={(on) => set({ allowReshare: on ? undefined : false })}
      />
      {has('video') || value.video ? <Video {...part} /> : null}
      {has('document') || value.documentTitle ? (
        <TextSetting
          label={say('documentTitle')}
          disabled={disabled}
          maxLength={400}
          value={textOf(value.documentTitle)}
          onChange={(documentTitle) => set({ documentTitle })}
        />
      ) : null}
      {media.length > 0 && !value.article && !value.poll && !value.reshareOf ? (
        <SettingNote>{say('content.files')}</SettingNote>
      ) : (
        <>
          <Article {...part} />
          <Poll {...part} />
          <TextSetting
            label={say('reshareOf')}
            hint={say('reshareOf.help')}
            disabled={disabled}
            value={textOf(value.reshareOf)}
            onChange={(reshareOf) => set({ reshareOf })}
          />
        </>
      )}
    </div>
  )
}

const Video = ({ value, disabled, say, set, MediaPicker }: Part) => {
  const video = bagOf(value.video) ?? {}
  const put = (change: Value) => {
    const next = withSet(video, change)
    set({ video: Object.keys(next).length > 0 ? next : undefined })
  }
  return (
    <SettingGroup label={say('video')}>
      <TextSetting
        label={say('video.title')}
        disabled={disabled}
        maxLength={400}
        value={textOf(video.title)}
        onChange={(title) => put({ title })}
      />
      <MediaPicker
        label={say('video.thumbnail')}
        kind="image"
        value={textOf(video.thumbnail)}
        onChange={(thumbnail) => put({ thumbnail })}
      />
      <TextSetting
        label={say('video.captions')}
        hint={say('video.captions.help')}
        multiline
        disabled={disabled}
        placeholder={'1\n00:00:00,000 --> 00:00:02,500\n…'}
        value={textOf(video.captions)}
        onChange={(captions) => put({ captions })}
      />
    </SettingGroup>
  )
}

const Article = ({ value, disabled, say, set, MediaPicker }: Part) => {
  const article = bagOf(value.article)
  const put = (change: Value) => set({ article: withSet(article ?? {}, change) })
  return (
    <>
      <SwitchSetting
        label={say('article')}
        hint={say('article.help')}
        disabled={disabled}
        value={article !== undefined}
        onChange={(on) => set({ article: on ? {} : undefined })}
      />
      {article ? (
        <SettingGroup label={say('article')}>
          <TextSetting
            label={say('article.url')}
            disabled={disabled}
            placeholder="https://"
            value={textOf(article.url)}
            onChange={(url) => put({ url })}
          />
          <TextSetting
            label={say('article.title')}
            disabled={disabled}
            maxLength={400}
            value={textOf(article.title)}
            onChange={(title) => put({ title })}
          />
          <TextSetting
            label={say('article.description')}
            multiline
            disabled={disabled}
            maxLength={4086}
            value={textOf(article.description)}
            onChange={(description) => put({ description })}
          />
          <MediaPicker
            label={say('article.thumbnail')}
            hint={say('article.thumbnail.help')}
            kind="image"
            value={textOf(article.thumbnail)}
            onChange={(thumbnail) => put({ thumbnail })}
          />
        </SettingGroup>
      ) : null}
    </>
  )
}

const durations = ['ONE_DAY', 'THREE_DAYS', 'SEVEN_DAYS', 'FOURTEEN_DAYS']

const Poll = ({ value, disabled, say, set }: Part) => {
  const poll = bagOf(value.poll)
  const options = Array.isArray(poll?.options) ? poll.options.map(String) : []
  const put = (change: Value) => set({ poll: withSet(poll ?? {}, change) })
  /** Empty answers at the end are not stored; one in the middle stays, and preflight names it. */
  const answer = (index: number, text: string) => {
    const next = Array.from({ length: Math.max(options.length, index + 1) }, (_, i) =>
      i === index ? text : (options[i] ?? ''),
    )
    while (next.length > 0 && next.at(-1) === '') next.pop()
    put({ options: next })
  }
  return (
    <>
      <SwitchSetting
        label={say('poll')}
        disabled={disabled}
        value={poll !== undefined}
        onChange={(on) => set({ poll: on ? { options: [] } : undefined })}
      />
      {poll ? (
        <SettingGroup label={say('poll')}>
          <TextSetting
            label={say('poll.question')}
            disabled={disabled}
            maxLength={140}
            value={textOf(poll.question)}
            onChange={(question) => put({ question })}
          />
          {[0, 1, 2, 3].map((index) => (
            <TextSetting
              key={index}
              label={say(index < 2 ? 'poll.answer' : 'poll.answer.optional', { n: index + 1 })}
              disabled={disabled}
              maxLength={30}
              value={options[index]}
              onChange={(text) => answer(index, text ?? '')}
            />
          ))}
          <SelectSetting
            label={say('poll.duration')}
            disabled={disabled}
            value={textOf(poll.duration) ?? 'THREE_DAYS'}
            choices={durations.map((x) => ({ value: x, label: say(`poll.duration=${x}`) }))}
            onChange={(duration) => put({ duration })}
          />
        </SettingGroup>
      ) : null}
    </>
  )
}
