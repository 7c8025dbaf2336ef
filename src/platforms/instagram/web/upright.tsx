import { PreviewAvatar, PreviewIcon } from '#kit/web/preview.tsx'
import type { PreviewProps } from '#kit/web/slots.ts'
import { Nothing, Still } from './media.tsx'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const shade = '[text-shadow:0_1px_3px_rgba(0,0,0,0.85)]'

/** A story or a reel: the whole screen of a phone. A story has a bar for each of its items and no words. */
export const Upright = ({ segments, channel, settings, attachments, firstComment, say }: PreviewProps) => {
  const { text, media } = segments[0] ?? { text: '', media: [] }
  const item = media[0]
  const story = settings.placement === 'story'
  const cover = attachments[textOf(settings.coverId)]
  const sound = textOf(settings.audioName)
  return (
    <article className="mx-auto grid w-full max-w-[17rem] gap-2">
      <div className="relative aspect-[9/16] overflow-hidden rounded-2xl bg-[#1b1b1f] text-[14px] text-white">
        {item ? <Still media={item} cover={story ? undefined : cover} fit="contain" /> : <Nothing say={say} />}
        {story ? (
          <p aria-hidden className="absolute inset-x-2.5 top-2 flex gap-1">
            {(media.length > 0 ? media.map((m) => m.id) : ['empty']).map((id, i) => (
              <span key={id} className={`h-0.5 flex-1 rounded ${i === 0 ? 'bg-white' : 'bg-white/45'}`} />
            ))}
          </p>
        ) : (
          <p aria-hidden className="absolute right-2.5 bottom-16 grid gap-4">
            <PreviewIcon name="like" />
            <PreviewIcon name="reply" />
            <PreviewIcon name="share" />
          </p>
        )}
        <div className={`absolute inset-x-3 grid gap-1.5 ${story ? 'top-5' : 'bottom-3 pr-8'} ${shade}`}>
          <p className="flex items-center gap-2">
            <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={30} />
            <span className="truncate font-semibold">{channel.handle.replace(/^@/, '')}</span>
          </p>
          {!story && text.trim() ? <p className="line-clamp-2 break-words">{text}</p> : null}
          {!story && sound ? <p className="truncate text-xs">♪ {sound}</p> : null}
        </div>
      </div>
      {story && media.length > 1 ? (
        <p className="text-center text-xs text-muted">{say('preview.items', { n: media.length })}</p>
      ) : null}
      {!story && firstComment?.trim() ? (
        <p className="rounded-lg bg-white p-2 text-[13px] break-words text-[#111]">
          <span className="font-semibold">{channel.handle.replace(/^@/, '')}</span> {firstComment}
        </p>
      ) : null}
    </article>
  )
}
