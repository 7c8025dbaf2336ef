import type { PreviewMedia } from '#kit/web/slots.ts'

const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`

/** A film: its cover, else its still, with the mark and the length laid over it. */
export const Film = ({
  media,
  cover,
  className = '',
}: {
  media: PreviewMedia
  cover?: PreviewMedia
  className?: string
}) => {
  const still = cover?.url ?? media.posterUrl
  return (
    <div className={`relative bg-[#1c1e21] ${className}`}>
      {still ? <img src={still} alt={media.alt} className="absolute inset-0 size-full object-cover" /> : null}
      <span aria-hidden className="absolute inset-0 grid place-items-center">
        <svg viewBox="0 0 24 24" width="56" height="56" aria-hidden="true">
          <circle cx="12" cy="12" r="11" fill="#000" fillOpacity="0.55" />
          <path d="M9.500 7.500v9l7-4.500Z" fill="#fff" />
        </svg>
      </span>
      {media.durationMs ? (
        <span className="absolute right-2 bottom-2 rounded bg-black/70 px-1.5 py-0.5 text-xs font-semibold text-white">
          {clock(media.durationMs)}
        </span>
      ) : null}
    </div>
  )
}
