/** Shared parts of the previews. Colours come from each network, so that a preview looks the same in our dark scheme. */
import type { ReactNode } from 'react'
import type { PreviewMedia, PreviewProps } from './slots.ts'

/** The account's picture or its initial. */
export const PreviewAvatar = ({
  name,
  src,
  size = 40,
  square,
}: {
  name: string
  src: string | null
  size?: number
  square?: boolean
}) =>
  src ? (
    <img
      src={src}
      alt=""
      width={size}
      height={size}
      className={square ? 'rounded-lg object-cover' : 'rounded-full object-cover'}
      style={{ width: size, height: size }}
    />
  ) : (
    <span
      aria-hidden
      className={`grid shrink-0 place-items-center bg-slate-200 font-semibold text-slate-700 ${square ? 'rounded-lg' : 'rounded-full'}`}
      style={{ width: size, height: size, fontSize: size * 0.42 }}
    >
      {[...name.trim()][0]?.toLocaleUpperCase() ?? '?'}
    </span>
  )

/** The language the app speaks just now (BCP 47), for dates in a preview; undefined where there is no page. */
export const pageLanguage = (): string | undefined => globalThis.document?.documentElement.lang || undefined

const clock = (ms: number): string => {
  const s = Math.round(ms / 1000)
  const [h, m, r] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, String(s % 60).padStart(2, '0')]
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${r}` : `${m}:${r}`
}

/** The play mark on a video's poster, with its length. Decorative: the poster's alt text tells what it is. */
export const PreviewPlay = ({ durationMs, size = 48 }: { durationMs: number | null; size?: number }) => (
  <span aria-hidden className="pointer-events-none absolute inset-0 grid place-items-center">
    <span
      className="grid place-items-center rounded-full bg-black/60 text-white ring-2 ring-white/80"
      style={{ width: size, height: size }}
    >
      <svg viewBox="0 0 24 24" width={size * 0.5} height={size * 0.5} fill="currentColor" aria-hidden="true">
        <path d="M8 5v14l11-7Z" />
      </svg>
    </span>
    {durationMs === null ? null : (
      <span className="absolute right-1.5 bottom-1.5 rounded bg-black/75 px-1.5 py-0.5 font-semibold text-[0.65rem] text-white tabular-nums">
        {clock(durationMs)}
      </span>
    )}
  </span>
)

/** One file in its place (which is positioned): the picture, the video's poster with a play mark, or the document's first page. */
export const PreviewItem = ({ item }: { item: PreviewMedia }) => {
  const still = item.kind === 'image' ? item.url : item.posterUrl
  const fit = item.kind === 'document' ? 'object-contain' : 'object-cover'
  return (
    <>
      {still ? (
        <img
          src={still}
          alt={item.alt || (item.kind === 'image' ? '' : item.name)}
          className={`absolute inset-0 size-full ${fit}`}
        />
      ) : (
        <span className="absolute inset-0 grid place-items-center bg-slate-700 p-2 text-center text-slate-100 text-xs">
          {item.kind === 'document' ? item.name : null}
        </span>
      )}
      {item.kind === 'video' ? <PreviewPlay durationMs={item.durationMs} /> : null}
      {item.kind === 'document' ? (
        <span className="absolute inset-x-0 bottom-0 flex justify-between gap-2 bg-black/75 px-2 py-1 text-[0.7rem] text-white">
          <span className="truncate font-semibold">{item.name}</span>
          <span className="shrink-0">PDF</span>
        </span>
      ) : null}
    </>
  )
}

const shape = (count: number, index: number) => (count === 3 && index === 0 ? 'row-span-2' : '')

/** One to four pictures, videos or documents in the grid most networks use; one alone keeps its own shape within limits. */
export const PreviewMediaGrid = ({
  media,
  className = '',
  badge,
}: {
  media: readonly PreviewMedia[]
  className?: string
  badge?: string
}) => {
  const shown = media.slice(0, 4)
  const [first] = shown
  if (!first) return null
  const alone = shown.length === 1
  const ratio =
    alone && first.width && first.height ? Math.min(1.91, Math.max(0.8, first.width / first.height)) : 16 / 10
  return (
    <div
      className={`grid gap-0.5 overflow-hidden ${alone ? '' : 'grid-cols-2'} ${shown.length > 2 ? 'grid-rows-2' : ''} ${className}`}
      style={{ aspectRatio: ratio }}
    >
      {shown.map((item, index) => (
        <div key={item.id} className={`relative min-h-0 bg-slate-200 ${shape(shown.length, index)}`}>
          <PreviewItem item={item} />
          {badge && item.alt ? (
            <span
              aria-hidden
              className="absolute bottom-1.5 left-1.5 rounded bg-black/75 px-1.5 py-0.5 text-[0.65rem] font-bold text-white"
            >
              {badge}
            </span>
          ) : null}
          {index === 3 && media.length > 4 ? (
            <span className="absolute inset-0 grid place-items-center bg-black/50 text-xl font-semibold text-white">
              +{media.length - 4}
            </span>
          ) : null}
        </div>
      ))}
    </div>
  )
}

/** The parts with the first comment after them: where a comment is an answer like any other, it looks like a thread's next part. */
export const asThread = (
  segments: PreviewProps['segments'],
  firstComment: string | undefined,
): PreviewProps['segments'] => (firstComment?.trim() ? [...segments, { text: firstComment, media: [] }] : segments)

/** A row of grey action marks below a post. Decorative. */
export const PreviewActions = ({ children, className = '' }: { children: ReactNode; className?: string }) => (
  <div aria-hidden className={`flex max-w-sm items-center justify-between ${className}`}>
    {children}
  </div>
)

const paths = {
  reply: 'M4 12a7 6 0 0 1 7-6h2a7 6 0 0 1 0 12h-2l-4 3v-4a6 6 0 0 1-3-5Z',
  repeat: 'M7 7h9a3 3 0 0 1 3 3v3M17 17H8a3 3 0 0 1-3-3v-3M9 4 6 7l3 3M15 20l3-3-3-3',
  like: 'M12 20s-7-4.500-7-10a4 4 0 0 1 7-2.500A4 4 0 0 1 19 10c0 5.500-7 10-7 10Z',
  views: 'M6 20v-6M12 20V5M18 20v-9',
  share: 'M12 15V4M8 8l4-4 4 4M5 14v5h14v-5',
  up: 'M12 4l7 8h-4v8H9v-8H5Z',
  down: 'M12 20l7-8h-4V4H9v8H5Z',
} as const

export const PreviewIcon = ({ name, size = 18 }: { name: keyof typeof paths; size?: number }) => (
  <svg
    viewBox="0 0 24 24"
    width={size}
    height={size}
    fill="none"
    stroke="currentColor"
    strokeWidth="1.6"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
  >
    <path d={paths[name]} />
  </svg>
)
