import { linkify } from '#kit/web/linkify.tsx'
import { asThread, PreviewActions, PreviewAvatar, PreviewIcon, PreviewMediaGrid } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'
import { stored } from '../text.ts'

const link = 'text-[#0560c2]'

/** The words as the app shows them: long addresses shortened. */
const Words = ({ source }: { source: string }) => {
  const { text, spans } = stored(source)
  return <p className="mt-0.5 break-words whitespace-pre-wrap">{linkify(text, spans, link)}</p>
}

/** The card of a link, in the person's own words; what is not written yet is not drawn. */
const LinkCard = ({ card, attachments }: { card: unknown } & Pick<PreviewProps, 'attachments'>) => {
  const { uri, title, description, thumb } = (card ?? {}) as Record<string, unknown>
  if (typeof uri !== 'string' || !URL.canParse(uri)) return null
  const picture = typeof thumb === 'string' ? attachments[thumb] : undefined
  return (
    <div className="mt-2 overflow-hidden rounded-xl border border-[#d4dbe2]">
      {picture ? <img src={picture.url} alt={picture.alt} className="aspect-[1.91] w-full object-cover" /> : null}
      <div className="px-3 py-2">
        <p className="line-clamp-2 font-semibold break-words">{typeof title === 'string' && title ? title : uri}</p>
        {typeof description === 'string' && description ? (
          <p className="line-clamp-2 text-sm break-words text-[#526580]">{description}</p>
        ) : null}
        <p className="mt-1 truncate border-t border-[#d4dbe2] pt-1 text-xs text-[#526580]">{new URL(uri).host}</p>
      </div>
    </div>
  )
}

/** A post, or a thread joined by its line, as the app's feed shows it. */
export const Preview = ({ segments, channel, settings, attachments, firstComment }: PreviewProps) => (
  <div className="rounded-xl bg-white p-4 text-[15px] leading-snug text-[#0b0f14]">
    {asThread(segments, firstComment).map((segment, index, all) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a thread have no other identity here
      <article key={index} className="flex gap-3">
        <div className="flex flex-col items-center">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={42} />
          {index < all.length - 1 ? <span aria-hidden className="my-1 w-0.5 flex-1 bg-[#d4dbe2]" /> : null}
        </div>
        <div className="min-w-0 flex-1 pb-3">
          <p className="truncate">
            <span className="font-semibold">{channel.name}</span>{' '}
            <span className="text-[#526580]">@{channel.handle.replace(/^@/, '')}</span>
          </p>
          <Words source={segment.text} />
          <PreviewMediaGrid media={segment.media} className="mt-2 rounded-xl" badge="ALT" />
          {index === 0 ? <LinkCard card={settings.linkCard} attachments={attachments} /> : null}
          <PreviewActions className="mt-2.5 text-[#6f839f]">
            <PreviewIcon name="reply" />
            <PreviewIcon name="repeat" />
            <PreviewIcon name="like" />
            <PreviewIcon name="share" />
          </PreviewActions>
        </div>
      </article>
    ))}
  </div>
)
