import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewAvatar, PreviewIcon } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'
import { Nothing, Still } from './media.tsx'
import { Upright } from './upright.tsx'

const link = 'text-[#00376b]'
const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
const bare = (name: string) => name.replace(/^@/, '')

/** The shape Instagram shows: that of the first item, between 4:5 and 1.91:1. */
const ratioOf = (width: number | null, height: number | null) =>
  width && height ? Math.min(1.91, Math.max(0.8, width / height)) : 1

/** One picture, or a carousel one can swipe through. */
const Card = ({ segments, channel, settings, firstComment, say }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const first = media[0]
  const partners = listOf(settings.collaborators).map(bare)
  const tagged = Array.isArray(settings.userTags) ? settings.userTags.length : 0
  return (
    <article className="overflow-hidden rounded-xl bg-white text-[14px] leading-snug text-[#111]">
      <header className="flex items-center gap-2.5 px-3 py-2.5">
        <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={32} />
        <p className="min-w-0 flex-1 truncate">
          <span className="font-semibold">{bare(channel.handle)}</span>
          {partners.length > 0 ? <span> {say('preview.with', { names: partners.join(', ') })}</span> : null}
          {settings.paidPartnership === true ? (
            <span className="block truncate text-xs text-[#555]">{say('preview.paid')}</span>
          ) : null}
        </p>
        <span aria-hidden className="font-bold tracking-widest">
          …
        </span>
      </header>
      <div
        className="relative flex snap-x snap-mandatory overflow-x-auto"
        style={{ aspectRatio: ratioOf(first?.width ?? null, first?.height ?? null) }}
      >
        {media.length === 0 ? <Nothing say={say} /> : null}
        {media.map((item) => (
          <div key={item.id} className="relative h-full w-full shrink-0 snap-start">
            <Still media={item} fit="cover" />
          </div>
        ))}
      </div>
      {media.length > 1 ? (
        <p className="flex justify-center gap-1 pt-2">
          <span className="sr-only">{say('preview.items', { n: media.length })}</span>
          {media.map((item, i) => (
            <span
              key={item.id}
              aria-hidden
              className={`size-1.5 rounded-full ${i === 0 ? 'bg-[#0095f6]' : 'bg-[#ccc]'}`}
            />
          ))}
        </p>
      ) : null}
      <div className="grid gap-1 px-3 pt-2 pb-3">
        <p aria-hidden className="flex gap-3.5 pb-1">
          <PreviewIcon name="like" />
          <PreviewIcon name="reply" />
          <PreviewIcon name="share" />
        </p>
        {text.trim() ? (
          <p className="break-words whitespace-pre-wrap">
            <span className="font-semibold">{bare(channel.handle)}</span> {linkify(text, usualStretches(text), link)}
          </p>
        ) : null}
        {tagged > 0 ? <p className="text-[#555]">{say('preview.tagged', { n: tagged })}</p> : null}
        {settings.comments === false ? <p className="text-[#555]">{say('preview.noComments')}</p> : null}
        {firstComment?.trim() ? (
          <p className="mt-1 border-t border-[#efefef] pt-2 break-words whitespace-pre-wrap">
            <span className="font-semibold">{bare(channel.handle)}</span>{' '}
            {linkify(firstComment, usualStretches(firstComment), link)}
          </p>
        ) : null}
      </div>
    </article>
  )
}

/** A card of the feed, a reel or a story, as the settings and the media make it. */
export const Preview = (props: PreviewProps) => {
  const media = props.segments[0]?.media ?? []
  const reel = media.length === 1 && media[0]?.kind === 'video'
  return props.settings.placement === 'story' || reel ? <Upright {...props} /> : <Card {...props} />
}
