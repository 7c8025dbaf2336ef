import { linkify, usualStretches } from '#kit/web/linkify.tsx'
import { PreviewActions, PreviewAvatar, PreviewIcon, PreviewMediaGrid } from '#kit/web/preview.tsx'
import type { PreviewMedia, PreviewProps, Say } from '#kit/web/slots.ts'
import { type Settings, settings } from '../spec.ts'
import { seen } from '../text.ts'

const link = 'font-semibold text-[#0a66c2]'
const soft = 'text-[#666]'

/** Mentions and hashtags as LinkedIn marks them, and links. */
const Commentary = ({ text: source }: { text: string }) => {
  const { text, marks } = seen(source)
  const links = usualStretches(text).filter((s) => /^https?:/.test(text.slice(s.start, s.end)))
  const all = [...marks, ...links].sort((a, b) => a.start - b.start)
  return <p className="px-4 pb-3 break-words whitespace-pre-wrap">{linkify(text, all, link)}</p>
}

/** What LinkedIn takes of settings that may be half filled in. */
const partOf = <K extends keyof Settings>(value: Record<string, unknown>, key: K): Settings[K] | undefined => {
  const parsed = settings.shape[key].safeParse(value[key])
  return parsed.success ? (parsed.data as Settings[K]) : undefined
}

const seconds = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`

const Video = ({ media, still }: { media: PreviewMedia; still?: PreviewMedia }) => {
  const poster = still?.url ?? media.posterUrl
  return (
    <div className="relative grid aspect-video place-items-center bg-[#1d2226] text-white">
      {poster ? <img src={poster} alt="" className="absolute inset-0 size-full object-contain" /> : null}
      <span aria-hidden className="relative grid size-14 place-items-center rounded-full bg-black/60 text-2xl">
        ▶
      </span>
      {media.durationMs === null ? null : (
        <span className="absolute right-2 bottom-2 rounded bg-black/75 px-1.5 text-xs">
          {seconds(media.durationMs)}
        </span>
      )}
    </div>
  )
}

const Document = ({ media, title, say }: { media: PreviewMedia; title: string; say: Say }) => (
  <figure className="border-y border-[#e0dfdc] bg-[#f4f2ee]">
    <figcaption className="flex justify-between gap-3 bg-[#1d2226] px-4 py-2 text-xs font-semibold text-white">
      <span className="truncate">{title}</span>
      {media.facts?.pages ? (
        <span className="shrink-0 font-normal">{say('preview.pages', { n: media.facts.pages })}</span>
      ) : null}
    </figcaption>
    {media.posterUrl ? (
      <img src={media.posterUrl} alt="" className="mx-auto max-h-80" />
    ) : (
      <div aria-hidden className="grid h-48 place-items-center text-4xl text-[#8f8f8f]">
        PDF
      </div>
    )}
  </figure>
)

const Card = ({ article, picture }: { article: NonNullable<Settings['article']>; picture?: PreviewMedia }) => (
  <div className="mx-4 mb-3 flex items-center gap-3 overflow-hidden rounded-lg border border-[#d9d9d9]">
    {picture ? <img src={picture.url} alt="" className="h-20 w-32 shrink-0 object-cover" /> : null}
    <div className="min-w-0 p-2">
      <p className="line-clamp-2 text-sm font-semibold">{article.title}</p>
      <p className={`truncate text-xs ${soft}`}>
        {URL.canParse(article.url) ? new URL(article.url).hostname : article.url}
      </p>
    </div>
  </div>
)

const Poll = ({ poll, say }: { poll: NonNullable<Settings['poll']>; say: Say }) => (
  <div className="mx-4 mb-3 rounded-lg border border-[#d9d9d9] p-3">
    <p className="font-semibold">{poll.question}</p>
    <ul className="my-2 grid gap-1.5">
      {poll.options.map((option, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: two answers may say the same while they are typed
          key={index}
          className="rounded-full border border-[#0a66c2] py-1 text-center text-sm font-semibold text-[#0a66c2]"
        >
          {option}
        </li>
      ))}
    </ul>
    <p className={`text-xs ${soft}`}>{say(`poll.duration=${poll.duration}`)}</p>
  </div>
)

/** A card of the feed: who, text, then the one thing the post carries. */
export const Preview = ({ segments, channel, settings: value, firstComment, attachments, say }: PreviewProps) => {
  const { text = '', media = [] } = segments[0] ?? {}
  const [first] = media
  const article = partOf(value, 'article')
  const poll = partOf(value, 'poll')
  const video = partOf(value, 'video')
  const visibility = partOf(value, 'visibility') ?? 'PUBLIC'
  return (
    <article className="overflow-hidden rounded-lg border border-[#e0dfdc] bg-white text-sm leading-snug text-[#191919]">
      <header className="flex gap-2 p-4 pb-3">
        <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={48} />
        <div className="min-w-0">
          <p className="truncate font-semibold">{channel.name}</p>
          <p className={`truncate text-xs ${soft}`}>
            {say('preview.now')} · {say(`visibility=${visibility}`)}
          </p>
        </div>
      </header>
      {text ? <Commentary text={text} /> : null}
      {first?.kind === 'video' ? (
        <Video media={first} still={video?.thumbnail ? attachments[video.thumbnail] : undefined} />
      ) : first?.kind === 'document' ? (
        <Document media={first} title={partOf(value, 'documentTitle') ?? say('preview.document')} say={say} />
      ) : (
        <PreviewMediaGrid media={media} badge="ALT" />
      )}
      {article ? (
        <Card article={article} picture={article.thumbnail ? attachments[article.thumbnail] : undefined} />
      ) : null}
      {poll ? <Poll poll={poll} say={say} /> : null}
      {partOf(value, 'reshareOf') ? (
        <p className={`mx-4 mb-3 rounded-lg border border-[#d9d9d9] p-3 ${soft}`}>{say('preview.reshared')}</p>
      ) : null}
      <PreviewActions className={`mx-auto border-t border-[#e0dfdc] px-4 py-3 ${soft}`}>
        <PreviewIcon name="like" />
        <PreviewIcon name="reply" />
        {value.allowReshare === false ? null : <PreviewIcon name="repeat" />}
        <PreviewIcon name="share" />
      </PreviewActions>
      {firstComment?.trim() ? (
        <div className="flex gap-2 px-4 pb-4">
          <PreviewAvatar name={channel.name} src={channel.avatarUrl} size={32} />
          <div className="min-w-0 rounded-lg bg-[#f2f2f2] px-3 py-2">
            <p className="text-xs font-semibold">{channel.name}</p>
            <p className="break-words whitespace-pre-wrap">
              {linkify(firstComment, usualStretches(firstComment), link)}
            </p>
          </div>
        </div>
      ) : null}
    </article>
  )
}
