/** A video, a Short and a comment as YouTube shows them, and the feed's colours. */
import { esc, link, timeTag } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { countsOf } from './metrics.ts'
import { avatarOf, type YouTubeWorld } from './state.ts'
import { isShort } from './video.ts'

const rich = (text: string): string =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) =>
      i % 2 === 1 ? link(part, esc(part)) : esc(part).replace(/(^|\s)(#[\p{L}\p{N}_]+)/gu, '$1<i class="tag">$2</i>'),
    )
    .join('')

const length = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.round(ms / 1000) % 60).padStart(2, '0')}`

const badge = (text: string) => `<span class="badge">${esc(text)}</span>`

/** Inner HTML of one entry. */
export const render = (post: LedgerPost, world: YouTubeWorld): string => {
  const channel = world.state.channels.find((c) => c.id === post.account)
  if (!channel) return ''
  const face = `<img class="face" src="${esc(avatarOf(channel))}" alt="">`
  if (post.kind === 'comment')
    return `<div class="comment">${face}<div><b>${esc(channel.handle)}</b> <span class="soft">${timeTag(post.at)}</span><p>${rich(post.text)}</p></div></div>`
  const v = world.state.videos.find((x) => x.id === post.id)
  if (!v) return ''
  const m = countsOf(world, v)
  const short = isShort(v)
  const src = esc(world.blobs.url(v.blob))
  const poster = v.thumbnail ? ` poster="${esc(world.blobs.url(v.thumbnail))}"` : ''
  const state =
    v.uploadStatus === 'uploaded'
      ? 'Processing'
      : v.uploadStatus === 'processed'
        ? ''
        : (v.rejectionReason ?? v.failureReason ?? '')
  const flags = [
    v.status.privacyStatus === 'public'
      ? ''
      : v.status.publishAt
        ? `Scheduled ${v.status.publishAt.slice(0, 16).replace('T', ' ')} UTC`
        : v.status.privacyStatus,
    state,
    v.status.selfDeclaredMadeForKids ? 'Made for kids' : '',
    v.paid ? 'Includes paid promotion' : '',
    v.status.containsSyntheticMedia ? 'Altered or synthetic content' : '',
    v.captions.length > 0 ? 'CC' : '',
  ].filter(Boolean)
  return `<div class="frame${short ? ' tall' : ''}"><video controls preload="metadata" src="${src}"${poster}></video><span class="time">${length(v.durationMs)}</span></div>
<div class="row">${face}<div class="words"><h2>${short ? '<span class="shorts">Shorts</span> ' : ''}${esc(v.snippet.title)}</h2>
<p class="soft">${esc(channel.title)} · ${esc(m.viewCount)} views · ${timeTag(post.at)}</p>${flags.length > 0 ? `<p>${flags.map(badge).join(' ')}</p>` : ''}
${post.text ? `<p class="text">${rich(post.text)}</p>` : ''}<p class="soft">${esc(m.likeCount)} likes · ${esc(m.commentCount)} comments</p></div></div>`
}

export const css = `
.feed{--line:#e5e5e5;--card:#fff;--soft:#5f5f5f;--accent:#065fd4;border-inline:1px solid var(--line);background:var(--card);min-height:100vh;color:#0f0f0f;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#303030;--card:#0f0f0f;--soft:#aaa;--accent:#3ea6ff;color:#f1f1f1}}
.feed h1{border-bottom:1px solid var(--line)}
.feed .thread{border-bottom:1px solid var(--line);padding:1rem}
.feed .frame{position:relative;border-radius:12px;overflow:hidden;background:#000;aspect-ratio:16/9}
.feed .frame.tall{aspect-ratio:9/16;max-width:16rem}
.feed .frame video{width:100%;height:100%;object-fit:contain;display:block}
.feed .time{position:absolute;right:.5rem;top:.5rem;background:#000c;color:#fff;border-radius:4px;padding:0 .35rem;font-size:.75rem;font-weight:600}
.feed .row,.feed .comment{display:grid;grid-template-columns:36px minmax(0,1fr);gap:.75rem;margin-top:.75rem}
.feed .comment{margin:.75rem 0 0 3rem}.feed .comment p{margin:.1rem 0 0}
.feed .face{width:36px;height:36px;border-radius:50%}
.feed h2{font-size:1rem;line-height:1.35;margin:0}.feed .words p{margin:.2rem 0}
.feed .soft{color:var(--soft);font-size:.85rem}.feed .text{white-space:pre-wrap}
.feed .tag,.feed .text a{color:var(--accent);font-style:normal;text-decoration:none}
.feed .badge{display:inline-block;border:1px solid var(--line);border-radius:4px;padding:0 .4rem;font-size:.75rem;color:var(--soft)}
.feed .shorts{color:#d60023;font-weight:700}
@media(prefers-color-scheme:dark){.feed .shorts{color:#ff5c72}}
`
