import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewAvatar, PreviewMediaGrid, pageLanguage } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps } from '#kit/web/slots.ts'
import { visible } from '../text.ts'

const link = 'text-[#1b6fae]'

const coloured = (text: string) => linkify(text, usualStretches(text), link)

const pollOf = (settings: Record<string, unknown>): string[] => {
  const { options } = (settings.poll ?? {}) as { options?: unknown }
  return Array.isArray(options) ? options.map(String) : []
}

/** The text as it will be read: marks of HTML or MarkdownV2 are gone. The bubble shows no bold; the counting is exact. */
const readable = (text: string, mode: unknown): string =>
  visible(text, mode === 'html' || mode === 'markdown' ? mode : 'plain')

/** A file to download, as a row with its kind in a circle. */
const File = ({ item }: { item: PreviewMedia }) => (
  <div className="flex items-center gap-3 px-3 pt-2.5">
    <span
      aria-hidden
      className="grid size-11 shrink-0 place-items-center rounded-full bg-[#1b6fae] text-xs font-bold text-white"
    >
      PDF
    </span>
    <span className="min-w-0 truncate font-semibold text-[#1b6fae]">{item.name}</span>
  </div>
)

/** Messages of a channel: bubbles on the chat's ground, pictures above the caption. */
export const Preview = ({ segments, channel, settings, at }: PreviewProps) => (
  <div className="rounded-xl bg-[#cfe0d3] p-3 text-[15px] leading-snug text-black">
    <div className="mb-2 flex items-center gap-2">
      <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={28} />
      <span className="truncate text-sm font-semibold">{channel.name}</span>
    </div>
    {segments.map((segment, index) => (
      <article
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a thread have no other identity here
        key={index}
        className="mb-2 max-w-[94%] overflow-hidden rounded-2xl rounded-tl-sm bg-white shadow-sm last:mb-0"
      >
        <PreviewMediaGrid media={segment.media.filter((m) => m.kind !== 'document')} />
        {segment.media.map((m) => (m.kind === 'document' ? <File key={m.id} item={m} /> : null))}
        <div className="px-3 py-2">
          <p className="break-words whitespace-pre-wrap">{coloured(readable(segment.text, settings.parseMode))}</p>
          {index === 0 && pollOf(settings).length > 0 ? (
            <ul className="mt-2 grid gap-2">
              {pollOf(settings).map((option) => (
                <li key={option} className="flex items-center gap-2 border-b border-[#d7e3da] pb-1.5">
                  <span aria-hidden className="size-4 rounded-full border border-[#8aa392]" />
                  {option}
                </li>
              ))}
            </ul>
          ) : null}
          <p className="mt-0.5 text-right text-xs text-[#5b6b5f]">
            {new Date(at).toLocaleTimeString(pageLanguage(), { hour: '2-digit', minute: '2-digit' })}
          </p>
        </div>
      </article>
    ))}
  </div>
)
