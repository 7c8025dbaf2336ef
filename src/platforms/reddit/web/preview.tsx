import { hostOf } from '#kit/facts/links.ts'
import { PreviewAvatar, PreviewIcon, PreviewItem } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'
import { textOf } from '#kit/web/value.ts'
import { shownName } from '../text.ts'
import { pollOf, type Slide, slidesOf } from './value.ts'

/** Shapes Reddit keeps; taller ones are cut in the feed. */
const ratio = (m: PreviewMedia) => (m.width && m.height ? Math.max(3 / 4, m.width / m.height) : 16 / 9)

/** One picture, or pictures to be swept through with their captions, as a gallery shows them. */
const Gallery = ({ media, slides }: { media: readonly PreviewMedia[]; slides: readonly Slide[] }) => (
  <div className="flex snap-x snap-mandatory gap-1 overflow-x-auto rounded-2xl bg-[#0b0d0e]">
    {media.map((m, i) => (
      <figure key={m.id} className={`shrink-0 snap-center ${media.length > 1 ? 'w-[88%]' : 'w-full'}`}>
        <div className="relative overflow-hidden" style={{ aspectRatio: ratio(media[0]!) }}>
          <PreviewItem item={m} />
          {media.length > 1 ? (
            <span className="absolute top-2 right-2 rounded-full bg-black/70 px-2 py-0.5 font-semibold text-white text-xs">
              {i + 1}/{media.length}
            </span>
          ) : null}
        </div>
        {slides[i]?.caption ? (
          <figcaption className="bg-white px-1 py-1.5 text-sm">
            {slides[i].caption}{' '}
            {slides[i].link ? <span className="text-[#0a58ca]">{hostOf(slides[i].link)}</span> : null}
          </figcaption>
        ) : null}
      </figure>
    ))}
  </div>
)

const Film = ({ media, poster }: { media: PreviewMedia; poster: PreviewMedia | undefined }) => (
  <div className="relative overflow-hidden rounded-2xl bg-[#0b0d0e]" style={{ aspectRatio: ratio(media) }}>
    <PreviewItem item={poster ? { ...media, posterUrl: poster.url } : media} />
  </div>
)

const Pill = ({ children, className }: { children: React.ReactNode; className: string }) => (
  <span className={`rounded-full px-2 py-0.5 font-semibold text-xs ${className}`}>{children}</span>
)

/** A post opened in its community: who and where, title, flair and marks, the thing itself, text, votes. */
export const Preview = ({ segments, channel, settings, attachments, firstComment, say }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const film = media.find((m) => m.kind === 'video')
  const place = textOf(settings.subreddit)
  const link = textOf(settings.link)
  const poll = media.length === 0 ? pollOf(settings.poll) : undefined
  const flair = textOf(settings.flairText) ?? (settings.flairId ? say('preview.flair') : undefined)
  const shownPlace = place ? shownName(place) : say('preview.noPlace')
  return (
    <article className="mx-auto max-w-lg rounded-2xl border border-[#d7dde0] bg-white p-4 text-[#181c1f] text-[15px]">
      <p className="flex items-center gap-2 text-[#5c6c74] text-xs">
        <PreviewAvatar name={shownPlace.replace(/^[ru]\//, '')} src={null} size={32} />
        <span className="min-w-0">
          <span className={`block truncate font-bold ${place ? 'text-[#181c1f]' : 'text-[#b13000]'}`}>
            {shownPlace}
          </span>
          <span className="block truncate">u/{channel.handle.replace(/^@/, '')}</span>
        </span>
      </p>
      <h3 className="mt-2 break-words font-semibold text-xl leading-snug">
        {textOf(settings.title) ?? <span className="text-[#b13000]">{say('preview.noTitle')}</span>}
      </h3>
      {flair || settings.nsfw === true || settings.spoiler === true ? (
        <p className="mt-1 flex flex-wrap gap-1.5">
          {flair ? <Pill className="bg-[#e5ebee]">{flair}</Pill> : null}
          {settings.nsfw === true ? <Pill className="bg-[#fde3f0] text-[#a1004f]">{say('preview.nsfw')}</Pill> : null}
          {settings.spoiler === true ? <Pill className="bg-[#e5ebee]">{say('preview.spoiler')}</Pill> : null}
        </p>
      ) : null}
      <div className="mt-2 grid gap-2">
        {film ? (
          <Film media={film} poster={attachments[textOf(settings.posterId) ?? '']} />
        ) : media.length > 0 ? (
          <Gallery media={media} slides={slidesOf(settings.slides)} />
        ) : link ? (
          <p className="truncate rounded-xl bg-[#e5ebee] px-3 py-2 text-[#0a58ca] text-sm">{hostOf(link) || link}</p>
        ) : null}
        {text ? <p className="whitespace-pre-wrap break-words leading-relaxed">{text}</p> : null}
        {poll ? (
          <div className="grid gap-2 rounded-2xl border border-[#d7dde0] p-3">
            <p className="text-[#5c6c74] text-xs">{say('preview.poll', { days: poll.days })}</p>
            {poll.options.map((option, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: answers have no other name than their place
              <span key={i} className="break-words rounded-lg border border-[#d7dde0] px-3 py-1.5 text-sm">
                {option}
              </span>
            ))}
          </div>
        ) : null}
      </div>
      <p aria-hidden className="mt-3 flex gap-2 font-semibold text-xs">
        <Pill className="flex items-center gap-1 bg-[#e5ebee] py-1.5">
          <PreviewIcon name="up" size={14} />1<PreviewIcon name="down" size={14} />
        </Pill>
        <Pill className="flex items-center gap-1 bg-[#e5ebee] py-1.5">
          <PreviewIcon name="reply" size={14} />0
        </Pill>
        <Pill className="flex items-center gap-1 bg-[#e5ebee] py-1.5">
          <PreviewIcon name="share" size={14} />
          {say('preview.share')}
        </Pill>
      </p>
      {firstComment ? (
        <div className="mt-3 border-[#d7dde0] border-l-2 pl-3">
          <p className="font-bold text-xs">u/{channel.handle.replace(/^@/, '')}</p>
          <p className="whitespace-pre-wrap break-words text-sm">{firstComment}</p>
        </div>
      ) : null}
    </article>
  )
}
