import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewAvatar } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps, Say } from '#kit/web/slots.ts'
import { isShort } from '../spec.ts'

const link = 'text-[#065fd4]'

const length = (ms: number) => {
  const s = Math.round(ms / 1000)
  const two = (n: number) => String(n).padStart(2, '0')
  return s >= 3600
    ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`
}

const Still = ({ src, alt, className }: { src: string | null; alt: string; className: string }) =>
  src ? (
    <img src={src} alt={alt} className={`size-full ${className}`} />
  ) : (
    <span aria-hidden className="grid size-full place-items-center bg-[#0f0f0f] text-white/60">
      <svg viewBox="0 0 24 24" width="48" height="48" fill="currentColor" aria-hidden="true">
        <path d="M8 5v14l11-7z" />
      </svg>
    </span>
  )

const Badge = ({ children }: { children: string }) => (
  <span className="rounded bg-[#f2f2f2] px-1.5 py-0.5 text-xs font-medium text-[#606060]">{children}</span>
)

/** Who sees it, when, and what YouTube says beside it. */
const badges = (settings: PreviewProps['settings'], say: Say): string[] => {
  const { privacy, publishAt } = settings
  return [
    typeof publishAt === 'string' ? say('preview.scheduled') : '',
    privacy === 'private' && !publishAt ? say('privacy=private') : '',
    privacy === 'unlisted' ? say('privacy=unlisted') : '',
    settings.madeForKids === true ? say('preview.kids') : '',
    settings.paidPromotion === true ? say('preview.paid') : '',
    settings.syntheticMedia === true ? say('preview.synthetic') : '',
    settings.captions ? 'CC' : '',
  ].filter(Boolean)
}

const pictureOf = (p: PreviewProps, video: PreviewMedia | undefined): string | null => {
  const { thumbnail } = p.settings
  const own = typeof thumbnail === 'string' ? p.attachments[thumbnail] : undefined
  return own?.url ?? video?.posterUrl ?? null
}

/** The watch page of a video, or a Short when shape and length make it one. */
export const Preview = (p: PreviewProps) => {
  const video = p.segments[0]?.media.find((m) => m.kind === 'video')
  return video && isShort(video) ? <Short {...p} video={video} /> : <Video {...p} video={video} />
}

type Props = PreviewProps & { video: PreviewMedia | undefined }

const titleOf = ({ settings, say }: Props) =>
  typeof settings.title === 'string' && settings.title.trim() ? settings.title : say('preview.untitled')

const Comment = ({ channel, firstComment }: Props) =>
  firstComment?.trim() ? (
    <div className="mt-3 flex gap-2 border-t border-[#e5e5e5] pt-3 text-sm">
      <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={28} />
      <div className="min-w-0">
        <p className="text-xs font-medium">{channel.handle}</p>
        <p className="break-words whitespace-pre-wrap">{linkify(firstComment, usualStretches(firstComment), link)}</p>
      </div>
    </div>
  ) : null

const Description = (props: Props) => {
  const text = props.segments[0]?.text ?? ''
  const flags = badges(props.settings, props.say)
  return flags.length > 0 || text.trim() ? (
    <div className="mt-3 rounded-xl bg-[#f2f2f2] p-3 text-sm">
      {flags.length > 0 ? (
        <p className="mb-1 flex flex-wrap gap-1">
          {flags.map((flag) => (
            <Badge key={flag}>{flag}</Badge>
          ))}
        </p>
      ) : null}
      <p className="break-words whitespace-pre-wrap">{linkify(text, usualStretches(text), link)}</p>
    </div>
  ) : null
}

const Video = (props: Props) => {
  const { channel, video } = props
  return (
    <article className="overflow-hidden rounded-xl bg-white text-[#0f0f0f]">
      <div className="relative aspect-video bg-black">
        <Still src={pictureOf(props, video)} alt={video?.alt ?? ''} className="object-contain" />
        {video?.durationMs ? (
          <span className="absolute right-2 bottom-2 rounded bg-black/80 px-1 text-xs font-medium text-white">
            {length(video.durationMs)}
          </span>
        ) : null}
      </div>
      <div className="p-4">
        <h3 className="text-lg leading-snug font-semibold break-words">{titleOf(props)}</h3>
        <div className="mt-2 flex items-center gap-3">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} />
          <div className="min-w-0 flex-1">
            <p className="truncate font-medium">{channel.name}</p>
            <p className="truncate text-xs text-[#606060]">{channel.handle}</p>
          </div>
          <span aria-hidden className="rounded-full bg-[#0f0f0f] px-3.5 py-1.5 text-sm font-medium text-white">
            {props.say('preview.subscribe')}
          </span>
        </div>
        <Description {...props} />
        <Comment {...props} />
      </div>
    </article>
  )
}

const Short = (props: Props) => {
  const { channel, video } = props
  return (
    <article className="rounded-xl bg-white p-4 text-[#0f0f0f]">
      <div className="relative mx-auto aspect-[9/16] max-w-64 overflow-hidden rounded-xl bg-black">
        <Still src={pictureOf(props, video)} alt={video?.alt ?? ''} className="object-cover" />
        <span className="absolute top-2 left-2 rounded bg-black/60 px-1.5 text-xs font-semibold text-white">
          Shorts
        </span>
        <div className="absolute inset-x-0 bottom-0 bg-gradient-to-t from-black/80 to-transparent p-3 pt-10 text-white">
          <div className="flex items-center gap-2">
            <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={28} />
            <span className="truncate text-sm font-medium">{channel.handle}</span>
          </div>
          <p className="mt-1.5 line-clamp-2 text-sm break-words">{titleOf(props)}</p>
        </div>
      </div>
      <Description {...props} />
      <Comment {...props} />
    </article>
  )
}
