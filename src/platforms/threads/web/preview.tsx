import type { ReactNode } from 'react'
import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewActions, PreviewAvatar, PreviewIcon, PreviewItem } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'
import { links, spoilerRanges } from '../text.ts'

const accent = 'text-[#0a5fb4]'
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String).filter((x) => x !== '') : [])
const hostOf = (url: string) => url.replace(/^https?:\/\//, '').split('/')[0]

/** The text with its hidden words under bars, as Threads shows them until somebody taps. */
const Words = ({ source, hidden, label }: { source: string; hidden: readonly string[]; label: string }) => {
  const points = [...source]
  const out: ReactNode[] = []
  let at = 0
  const plain = (to: number) => {
    const part = points.slice(at, to).join('')
    if (part) out.push(<span key={`t${at}`}>{linkify(part, usualStretches(part), accent)}</span>)
  }
  for (const { offset, length } of spoilerRanges(source, hidden)) {
    plain(offset)
    out.push(
      <span key={`s${offset}`} title={label} className="rounded bg-[#c8c8c8] text-[#c8c8c8] select-none">
        {points.slice(offset, offset + length).join('')}
      </span>,
    )
    at = offset + length
  }
  plain(points.length)
  return <p className="mt-0.5 break-words whitespace-pre-wrap">{out}</p>
}

/** One file keeps its shape; several stand in a row one can push. */
const Row = ({ media, veiled, label }: { media: readonly PreviewMedia[]; veiled: boolean; label: string }) =>
  media.length === 0 ? null : (
    <div className="mt-2 flex snap-x gap-1.5 overflow-x-auto">
      {media.map((item) => (
        <div
          key={item.id}
          className={`relative shrink-0 snap-start overflow-hidden rounded-lg bg-[#e8e8e8] ${media.length === 1 ? 'w-full' : 'h-56'}`}
          style={{
            aspectRatio: item.width && item.height ? Math.min(1.91, Math.max(0.6, item.width / item.height)) : 1,
          }}
        >
          <div className={veiled ? 'blur-2xl' : ''}>
            <PreviewItem item={item} />
          </div>
          {veiled ? (
            <span className="absolute inset-0 grid place-items-center font-semibold text-white">{label}</span>
          ) : null}
        </div>
      ))}
    </div>
  )

const Poll = ({ options }: { options: readonly string[] }) =>
  options.length === 0 ? null : (
    <ul className="mt-2 grid gap-1.5">
      {options.map((option, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two answers may be spelled alike while they are typed
        <li key={i} className="rounded-lg border border-[#d5d5d5] px-3 py-2 font-semibold">
          {option}
        </li>
      ))}
    </ul>
  )

const Card = ({ url }: { url: string }) => (
  <p className="mt-2 rounded-lg border border-[#d5d5d5] p-3">
    <span className="block text-[13px] text-[#757575]">{hostOf(url)}</span>
    <span className="block truncate font-semibold">{url.replace(/^https?:\/\//, '')}</span>
  </p>
)

type LineProps = {
  channel: PreviewProps['channel']
  topic?: string
  ghost?: boolean
  joined: boolean
  children: ReactNode
}

/** One post with the line to the next one. */
const Line = ({ channel, topic, ghost, joined, children }: LineProps) => (
  <article className="flex gap-3">
    <div className="flex flex-col items-center">
      <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={36} />
      {joined ? <span aria-hidden className="my-1 w-0.5 flex-1 bg-[#dbdbdb]" /> : null}
    </div>
    <div className={`min-w-0 flex-1 pb-3 ${ghost ? 'rounded-2xl border-2 border-[#bbb] border-dashed px-3 pt-2' : ''}`}>
      <p className="truncate">
        <span className="font-semibold">{channel.handle.replace(/^@/, '')}</span>
        {topic ? <span className="font-semibold"> › {topic}</span> : null}
      </p>
      {children}
      <PreviewActions className="mt-2 !justify-start gap-5 text-[#757575]">
        <PreviewIcon name="like" />
        <PreviewIcon name="reply" />
        <PreviewIcon name="repeat" />
        <PreviewIcon name="share" />
      </PreviewActions>
    </div>
  </article>
)

/** A post with its attachments, a thread joined by its line, the first comment at the end. */
export const Preview = ({ segments, channel, settings, firstComment, say }: PreviewProps) => {
  const comment = firstComment?.trim()
  const veiled = settings.spoilerMedia === true
  const ghost = settings.ghost === true
  const longText = textOf(settings.longText)
  const control = textOf(settings.replyControl)
  const countries = listOf(settings.countries)
  const notes = [
    ...(ghost ? [say('preview.ghost')] : []),
    ...(settings.quotePostId ? [say('preview.quote', { id: textOf(settings.quotePostId) })] : []),
    ...(settings.gifId ? [say('preview.gif')] : []),
    ...(control && control !== 'everyone' ? [say(`replyControl=${control}`)] : []),
    ...(settings.replyApprovals === true ? [say('preview.approvals')] : []),
    ...(countries.length > 0 ? [say('preview.countries', { list: countries.join(', ') })] : []),
  ]
  return (
    <div className="rounded-xl bg-white p-4 text-[15px] text-black leading-snug">
      {segments.map((segment, index) => {
        const first = index === 0
        // The card: the chosen link, else the first of a text without anything else attached.
        const auto = settings.poll || longText || settings.gifId || ghost ? undefined : links(segment.text)[0]
        const card = segment.media.length > 0 ? undefined : (first && textOf(settings.link)) || auto
        return (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: parts of a thread have no other identity here
            key={index}
            channel={channel}
            topic={first ? textOf(settings.topicTag) : undefined}
            ghost={ghost}
            joined={index < segments.length - 1 || Boolean(comment)}
          >
            <Words
              source={segment.text}
              hidden={first ? listOf(settings.spoilers) : []}
              label={say('preview.spoiler')}
            />
            <Row media={segment.media} veiled={veiled} label={say('preview.spoiler')} />
            {first ? <Poll options={listOf(settings.poll)} /> : null}
            {card ? <Card url={card} /> : null}
            {first && longText ? (
              <p className="mt-2 line-clamp-4 rounded-lg border border-[#d5d5d5] bg-[#fafafa] p-3 break-words whitespace-pre-wrap">
                {longText}
              </p>
            ) : null}
            {first && notes.length > 0 ? <p className="mt-2 text-[13px] text-[#757575]">{notes.join(' · ')}</p> : null}
          </Line>
        )
      })}
      {comment ? (
        <Line channel={channel} joined={false}>
          <Words source={comment} hidden={[]} label="" />
        </Line>
      ) : null}
    </div>
  )
}
