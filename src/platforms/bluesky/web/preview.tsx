import { linkify } from '#kit/web/linkify.tsx'
import { PreviewActions, PreviewAvatar, PreviewIcon, PreviewMediaGrid } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'
import { spans } from '../text.ts'

const link = 'text-[#0560c2]'

/** A post, or a thread joined by its line, as the app's feed shows it. */
export const Preview = ({ segments, channel }: PreviewProps) => (
  <div className="rounded-xl bg-white p-4 text-[15px] leading-snug text-[#0b0f14]">
    {segments.map((segment, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a thread have no other identity here
      <article key={index} className="flex gap-3">
        <div className="flex flex-col items-center">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={42} />
          {index < segments.length - 1 ? <span aria-hidden className="my-1 w-0.5 flex-1 bg-[#d4dbe2]" /> : null}
        </div>
        <div className="min-w-0 flex-1 pb-3">
          <p className="truncate">
            <span className="font-semibold">{channel.name}</span>{' '}
            <span className="text-[#526580]">@{channel.handle.replace(/^@/, '')}</span>
          </p>
          <p className="mt-0.5 break-words whitespace-pre-wrap">{linkify(segment.text, spans(segment.text), link)}</p>
          <PreviewMediaGrid media={segment.media} className="mt-2 rounded-xl" badge="ALT" />
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
