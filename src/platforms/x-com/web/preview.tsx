import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { asThread, PreviewActions, PreviewAvatar, PreviewIcon, PreviewMediaGrid } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'

const link = 'text-[#0a6cb0]'

const pollOf = (settings: Record<string, unknown>): string[] => {
  const { options } = (settings.poll ?? {}) as { options?: unknown }
  return Array.isArray(options) ? options.map(String) : []
}

/** A post with its poll, or a thread joined by its line, as the timeline shows it. */
export const Preview = ({ segments, channel, settings, firstComment }: PreviewProps) => (
  <div className="rounded-xl bg-white p-4 text-[15px] leading-snug text-[#0f1419]">
    {asThread(segments, firstComment).map((segment, index, all) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a thread have no other identity here
      <article key={index} className="flex gap-3">
        <div className="flex flex-col items-center">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} />
          {index < all.length - 1 ? <span aria-hidden className="my-1 w-0.5 flex-1 bg-[#cfd9de]" /> : null}
        </div>
        <div className="min-w-0 flex-1 pb-3">
          <p className="truncate">
            <span className="font-bold">{channel.name}</span>{' '}
            <span className="text-[#536471]">@{channel.handle.replace(/^@/, '')}</span>
          </p>
          <p className="mt-0.5 break-words whitespace-pre-wrap">
            {linkify(segment.text, usualStretches(segment.text), link)}
          </p>
          <PreviewMediaGrid media={segment.media} className="mt-3 rounded-2xl border border-[#cfd9de]" badge="ALT" />
          {index === 0 && pollOf(settings).length > 0 ? (
            <ul className="mt-3 grid gap-1.5">
              {pollOf(settings).map((option) => (
                <li
                  key={option}
                  className="rounded-full border border-[#0a6cb0] px-4 py-1 text-center font-semibold text-[#0a6cb0]"
                >
                  {option}
                </li>
              ))}
            </ul>
          ) : null}
          <PreviewActions className="mt-3 text-[#536471]">
            <PreviewIcon name="reply" />
            <PreviewIcon name="repeat" />
            <PreviewIcon name="like" />
            <PreviewIcon name="views" />
            <PreviewIcon name="share" />
          </PreviewActions>
        </div>
      </article>
    ))}
  </div>
)
