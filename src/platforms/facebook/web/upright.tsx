import { PreviewAvatar } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'
import { Film } from './film.tsx'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A reel or a story: the whole screen of a phone, with name above and words below (a story has none). */
export const Upright = ({ segments, channel, settings, attachments, say }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const item = media[0]
  const story = settings.format === 'story'
  return (
    <article className="relative mx-auto aspect-[9/16] w-full max-w-[17rem] overflow-hidden rounded-2xl bg-[#1c1e21] text-[14px] text-white">
      {item?.kind === 'video' ? (
        <Film media={item} cover={attachments[textOf(settings.cover)]} className="size-full" />
      ) : item ? (
        <img src={item.url} alt={item.alt} className="absolute inset-0 size-full object-contain" />
      ) : (
        <p className="grid size-full place-items-center p-6 text-center">{say('preview.empty')}</p>
      )}
      {story ? <span aria-hidden className="absolute inset-x-3 top-2 h-0.5 rounded bg-white/70" /> : null}
      <p
        className={`absolute inset-x-3 flex items-center gap-2 [text-shadow:0_1px_3px_rgba(0,0,0,0.8)] ${story ? 'top-5' : 'bottom-14'}`}
      >
        <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={32} />
        <span className="truncate font-semibold">{channel.name}</span>
      </p>
      {story || !text ? null : (
        <p className="absolute inset-x-3 bottom-3 line-clamp-2 break-words [text-shadow:0_1px_3px_rgba(0,0,0,0.8)]">
          {text}
        </p>
      )}
    </article>
  )
}
