import { useState } from 'react'
import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewAvatar } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'

const marks = {
  like: 'M12 21C4 15 3 8 7 6c2-1 4 0 5 2 1-2 3-3 5-2 4 2 3 9-5 15Z',
  comment: 'M4 11a8 7 0 1 1 5 6.500L5 20l.5-4A7 7 0 0 1 4 11Z',
  save: 'M7 4h10v17l-5-4-5 4V4Z',
  share: 'M13 5l8 6-8 6v-4c-5 0-8 1-10 5 0-7 4-9 10-9V5Z',
} as const

const Rail = ({ channel, off }: { channel: PreviewProps['channel']; off: boolean }) => (
  <div aria-hidden className="absolute right-2 bottom-24 grid justify-items-center gap-4 text-white">
    <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={40} />
    {(Object.keys(marks) as (keyof typeof marks)[]).map((name) => (
      <svg
        key={name}
        viewBox="0 0 24 24"
        width="28"
        height="28"
        fill="currentColor"
        className={name === 'comment' && off ? 'opacity-35' : ''}
        aria-hidden="true"
      >
        <path d={marks[name]} />
      </svg>
    ))}
  </div>
)

const Still = ({ media }: { media: PreviewMedia }) => {
  const url = media.kind === 'image' ? media.url : media.posterUrl
  return url ? (
    <img src={url} alt={media.alt} className="size-full object-contain" />
  ) : (
    <span aria-hidden className="grid size-full place-items-center bg-[#1f1f24] text-5xl text-white/40">
      ▶
    </span>
  )
}

/** Photos are leafed through; the dots say which one is seen, and the cover comes first. */
const Slides = ({ media, cover, say }: { media: readonly PreviewMedia[]; cover: number; say: PreviewProps['say'] }) => {
  const [turned, setAt] = useState(cover)
  // The pictures may arrive after the first drawing, and some may be taken away later.
  const at = Math.min(turned, media.length - 1)
  const shown = media[at]
  if (!shown) return null
  return (
    <>
      <Still media={shown} />
      {media.length > 1 ? (
        <button
          type="button"
          className="absolute inset-0 flex items-end justify-center pb-2 text-xs tracking-[0.25em] text-white"
          aria-label={say('preview.next', { n: at + 1, of: media.length })}
          onClick={() => setAt((at + 1) % media.length)}
        >
          <span aria-hidden>
            {media
              .map((_, i) => (i === at ? '●' : '○'))
              .join('')
              .slice(0, 35)}
          </span>
        </button>
      ) : null}
    </>
  )
}

/** The AI label is sure on videos alone (fact sheet §3.5), so photos are not shown with it. */
const labelsOf = (s: Record<string, unknown>, photos: boolean, say: PreviewProps['say']) =>
  [
    s.disclose === true && s.brandedContent === true
      ? say('preview.paid')
      : s.disclose === true && s.yourBrand === true
        ? say('preview.promotional')
        : '',
    s.aiGenerated === true && !photos ? say('preview.ai') : '',
    s.privacy === 'SELF_ONLY' ? say('privacy=SELF_ONLY') : '',
  ].filter(Boolean)

/** An upright video or a set of photos, full screen, as the app shows it; a draft as it lies in the inbox. */
export const Preview = ({ segments, channel, settings, say }: PreviewProps) => {
  const { text = '', media = [] } = segments[0] ?? {}
  const draft = settings.mode === 'inbox'
  const photos = media[0]?.kind !== 'video'
  const title = photos && typeof settings.photoTitle === 'string' ? settings.photoTitle : ''
  const caption = draft && !photos ? '' : text
  const labels = draft ? [] : labelsOf(settings, photos, say)
  const cover = typeof settings.coverIndex === 'number' ? settings.coverIndex : 0
  return (
    <div className="mx-auto max-w-72">
      {draft ? <p className="mb-2 rounded-lg bg-[#f1f1f3] p-2 text-sm text-[#161823]">{say('preview.draft')}</p> : null}
      <div className="relative aspect-[9/16] overflow-hidden rounded-2xl bg-black text-white">
        {photos ? <Slides key={cover} media={media} cover={cover} say={say} /> : media[0] && <Still media={media[0]} />}
        {draft ? null : <Rail channel={channel} off={settings.allowComment !== true} />}
        <div className="pointer-events-none absolute inset-x-0 bottom-0 bg-gradient-to-b from-transparent to-black/80 px-3 pt-10 pr-14 pb-6 text-sm leading-snug">
          <p className="font-semibold">@{channel.handle.replace(/^@/, '') || channel.name}</p>
          {title ? <p className="mt-1 font-semibold break-words">{title}</p> : null}
          {caption ? (
            <p className="mt-1 line-clamp-4 break-words whitespace-pre-wrap">
              {linkify(caption, usualStretches(caption), 'font-semibold')}
            </p>
          ) : null}
          {labels.length > 0 ? (
            <p className="mt-1.5 flex flex-wrap gap-1 text-xs">
              {labels.map((label) => (
                <span key={label} className="rounded bg-white/25 px-1.5 py-0.5">
                  {label}
                </span>
              ))}
            </p>
          ) : null}
          <p className="mt-1.5 truncate text-xs">
            ♫{' '}
            {photos && settings.autoMusic === true
              ? say('preview.music')
              : say('preview.sound', { name: channel.name })}
          </p>
        </div>
      </div>
    </div>
  )
}
