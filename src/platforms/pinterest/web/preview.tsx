import { hostOf } from '#kit/facts/links.ts'
import { PreviewAvatar } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`

/** Pins keep their own shape, within what the feed cuts off (taller than 1:2.1). */
const ratio = (m: PreviewMedia | undefined) => (m?.width && m.height ? Math.max(1 / 2.1, m.width / m.height) : 2 / 3)

/** A film: its cover, else its still, with the mark and the length Pinterest lays over it. */
const Film = ({ media, cover }: { media: PreviewMedia; cover: PreviewMedia | undefined }) => {
  const still = cover?.url ?? media.posterUrl
  return (
    <div className="relative bg-[#2b2b2a]" style={{ aspectRatio: ratio(media) }}>
      {still ? <img src={still} alt={media.alt} className="absolute inset-0 size-full object-cover" /> : null}
      <span aria-hidden className="absolute inset-0 grid place-items-center">
        <svg viewBox="0 0 24 24" width="52" height="52" aria-hidden="true">
          <circle cx="12" cy="12" r="11" fill="#000" fillOpacity="0.55" />
          <path d="M9.500 7.500v9l7-4.500Z" fill="#fff" />
        </svg>
      </span>
      {media.durationMs ? (
        <span className="absolute top-3 left-3 rounded-full bg-black/60 px-2 py-0.5 text-xs font-semibold text-white">
          {clock(media.durationMs)}
        </span>
      ) : null}
    </div>
  )
}

/** Pictures side by side to be swept through, with their dots. */
const Carousel = ({ media }: { media: readonly PreviewMedia[] }) => (
  <div className="relative">
    <div className="flex snap-x snap-mandatory overflow-x-auto" style={{ aspectRatio: ratio(media[0]) }}>
      {media.map((m) => (
        <img key={m.id} src={m.url} alt={m.alt} className="h-full w-full shrink-0 snap-center object-cover" />
      ))}
    </div>
    {media.length > 1 ? (
      <span aria-hidden className="absolute inset-x-0 bottom-3 flex justify-center gap-1.5">
        {media.map((m, i) => (
          <span key={m.id} className={`size-2 rounded-full ${i === 0 ? 'bg-white' : 'bg-white/55'}`} />
        ))}
      </span>
    ) : null}
  </div>
)

/** An opened pin: the picture, then board and Save, where it leads, title, description, who. */
export const Preview = ({ segments, channel, settings, attachments, say }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const film = media.find((m) => m.kind === 'video')
  const host = hostOf(textOf(settings.link))
  const title = textOf(settings.title)
  return (
    <article className="mx-auto max-w-sm overflow-hidden rounded-[28px] bg-white text-[15px] text-[#211922] shadow-[0_1px_16px_rgba(0,0,0,0.12)]">
      <div className="overflow-hidden rounded-[28px] bg-[#efefe9]">
        {film ? (
          <Film media={film} cover={attachments[textOf(settings.coverId)]} />
        ) : media.length > 0 ? (
          <Carousel media={media} />
        ) : (
          <div className="grid place-items-center p-8 text-center text-[#62625b]" style={{ aspectRatio: 2 / 3 }}>
            {say('preview.empty')}
          </div>
        )}
      </div>
      <div className="grid gap-2 p-5">
        <div className="flex items-center justify-between gap-3">
          <span className="min-w-0 truncate text-sm text-[#62625b]">{host}</span>
          <span aria-hidden className="rounded-full bg-[#bd081c] px-4 py-2 text-sm font-bold text-white">
            {say('preview.save')}
          </span>
        </div>
        {title ? <h3 className="text-2xl leading-tight font-semibold break-words">{title}</h3> : null}
        {text ? <p className="leading-snug break-words whitespace-pre-wrap">{text}</p> : null}
        <p className="mt-2 flex items-center gap-3">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} />
          <span className="min-w-0">
            <span className="block truncate font-semibold">{channel.name}</span>
            <span className="block truncate text-sm text-[#62625b]">{channel.handle.replace(/^@/, '')}</span>
          </span>
        </p>
      </div>
    </article>
  )
}
