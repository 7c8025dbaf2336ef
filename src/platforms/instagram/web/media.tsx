import type { PreviewMedia, Say } from '#kit/web/slots.ts'

const clock = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`

/** A picture, or a film as its cover or still with its length over it. */
export const Still = ({
  media,
  cover,
  fit,
}: {
  media: PreviewMedia
  cover?: PreviewMedia
  fit: 'cover' | 'contain'
}) => {
  const still = media.kind === 'video' ? (cover?.url ?? media.posterUrl) : media.url
  const look = `absolute inset-0 size-full ${fit === 'cover' ? 'object-cover' : 'object-contain'}`
  return (
    <div className="absolute inset-0 bg-[#1b1b1f]">
      {still ? <img src={still} alt={media.alt} className={look} /> : null}
      {media.kind === 'video' ? (
        <>
          <svg viewBox="0 0 24 24" aria-hidden="true" className="absolute inset-0 m-auto size-14 drop-shadow">
            <path d="M8.500 6.500v11l9-5.500Z" fill="#fff" fillOpacity="0.9" />
          </svg>
          {media.durationMs ? (
            <span className="absolute right-2 bottom-2 rounded bg-black/70 px-1.5 py-0.5 text-xs font-semibold text-white">
              {clock(media.durationMs)}
            </span>
          ) : null}
        </>
      ) : null}
    </div>
  )
}

/** What stands where media should be. */
export const Nothing = ({ say }: { say: Say }) => (
  <p className="absolute inset-0 grid place-items-center bg-[#efefef] p-6 text-center text-sm text-[#555]">
    {say('preview.empty')}
  </p>
)
