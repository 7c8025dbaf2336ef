import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewActions, PreviewAvatar, PreviewIcon, PreviewMediaGrid } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'
import { Film } from './film.tsx'
import { Upright } from './upright.tsx'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

const hostOf = (link: string): string => {
  try {
    return new URL(link).hostname.replace(/^www\./, '')
  } catch {
    return ''
  }
}

const ratio = (m: PreviewMedia) => (m.width && m.height ? Math.max(4 / 5, m.width / m.height) : 16 / 9)

/** The card under a text with a link; Facebook fills it from the page, so only the address is sure. */
const LinkCard = ({ link, note }: { link: string; note: string }) => (
  <div className="border-y border-[#ced0d4] bg-[#f0f2f5] px-4 py-3">
    <p className="text-xs text-[#65676b] uppercase">{hostOf(link)}</p>
    <p className="truncate font-semibold">{link}</p>
    <p className="text-xs text-[#65676b]">{note}</p>
  </div>
)

/** Posts as the feed shows them; reels and stories as a phone does. */
export const Preview = (props: PreviewProps) => {
  const { segments, channel, settings, attachments, firstComment, say } = props
  if (settings.format === 'reel' || settings.format === 'story') return <Upright {...props} />
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const film = media.find((m) => m.kind === 'video')
  const link = textOf(settings.link)
  const delivery = textOf(settings.delivery)
  const comment = delivery === 'draft' || delivery === 'schedule' ? '' : (firstComment?.trim() ?? '')
  return (
    <article className="overflow-hidden rounded-lg bg-white text-[15px] leading-snug text-[#050505] shadow-[0_1px_3px_rgba(0,0,0,0.2)]">
      <header className="flex items-center gap-2.5 px-4 pt-3">
        <PreviewAvatar name={channel.name} src={channel.avatarUrl} />
        <span className="min-w-0">
          <span className="block truncate font-semibold">{channel.name}</span>
          <span className="block text-[13px] text-[#65676b]">
            {delivery === 'draft' || delivery === 'schedule' ? say(`preview.${delivery}`) : say('preview.now')}
          </span>
        </span>
      </header>
      {text ? (
        <p className="px-4 pt-2 break-words whitespace-pre-wrap">
          {linkify(text, usualStretches(text), 'text-[#0064d1]')}
        </p>
      ) : null}
      <div className="mt-3">
        {film ? (
          <>
            <div style={{ aspectRatio: ratio(film) }}>
              <Film media={film} cover={attachments[textOf(settings.cover)]} className="size-full" />
            </div>
            {textOf(settings.title) ? (
              <p className="truncate bg-[#f0f2f5] px-4 py-2 font-semibold">{textOf(settings.title)}</p>
            ) : null}
          </>
        ) : media.length > 0 ? (
          <PreviewMediaGrid media={media} />
        ) : link ? (
          <LinkCard link={link} note={say('preview.card')} />
        ) : null}
      </div>
      <PreviewActions className="mx-4 max-w-none border-t border-[#ced0d4] py-2 text-[#65676b]">
        <PreviewIcon name="like" />
        <PreviewIcon name="reply" />
        <PreviewIcon name="share" />
      </PreviewActions>
      {comment ? (
        <div className="flex gap-2 px-4 pb-3">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={32} />
          <div className="min-w-0 rounded-2xl bg-[#f0f2f5] px-3 py-1.5">
            <p className="text-[13px] font-semibold">{channel.name}</p>
            <p className="break-words whitespace-pre-wrap">
              {linkify(comment, usualStretches(comment), 'text-[#0064d1]')}
            </p>
          </div>
        </div>
      ) : null}
    </article>
  )
}
