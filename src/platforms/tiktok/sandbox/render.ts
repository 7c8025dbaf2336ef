/** A post as TikTok shows it: the upright video or the photo slides with the actions at its side, or a draft in the inbox. */
import { esc, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { countsAt } from './read.ts'
import { avatarOf, type Post, type TikTokWorld } from './state.ts'

const rich = (text: string) => esc(text).replace(/(^|[^\w&])([@#][\p{L}\p{N}_.]+)/gu, '$1<b>$2</b>')

const short = (n: number) => (n >= 1000 ? `${(n / 1000).toFixed(1).replace(/\.0$/, '')}K` : String(n))

const icons: Record<string, string> = {
  like: 'M12 21C4 15 3 8 7 6c2-1 4 0 5 2 1-2 3-3 5-2 4 2 3 9-5 15z',
  comment: 'M4 11a8 7 0 1 1 5 6.500L5 20l.5-4A7 7 0 0 1 4 11z',
  share: 'M13 5l8 6-8 6v-4c-5 0-8 1-10 5 0-7 4-9 10-9z',
}
const count = (icon: string, label: string, n: number) =>
  `<span title="${label}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icons[icon]}"/></svg><span class="sr">${label}: </span>${short(n)}</span>`

const media = (post: LedgerPost, world: TikTokWorld): string => {
  const [head] = post.media
  if (!head) return ''
  if (head.mime.startsWith('video/'))
    return `<video controls preload="metadata" src="${esc(world.blobs.url(head.key))}"></video>`
  const dots = post.media.length > 1 ? `<i class="dots">${'•'.repeat(Math.min(12, post.media.length))}</i>` : ''
  return `<div class="slides">${post.media.map((m, i) => `<img src="${esc(world.blobs.url(m.key))}" alt="Photo ${i + 1}" loading="lazy">`).join('')}</div>${dots}`
}

const audience: Record<string, string> = {
  SELF_ONLY: 'Only me',
  MUTUAL_FOLLOW_FRIENDS: 'Friends',
  FOLLOWER_OF_CREATOR: 'Followers',
}

const info = (raw: unknown): Record<string, unknown> => {
  const body = raw as { post_info?: Record<string, unknown>; is_aigc?: boolean } | null
  return { ...body?.post_info, ...(body?.is_aigc ? { is_aigc: true } : {}) }
}

/** The labels the settings of a post ask for. */
const labels = (own: Post): string[] => {
  const i = info(own.raw)
  return [
    i.brand_content_toggle === true ? 'Paid partnership' : i.brand_organic_toggle === true ? 'Promotional content' : '',
    i.is_aigc === true ? 'Creator labeled as AI-generated' : '',
    audience[own.privacy] && !own.draft ? audience[own.privacy]! : '',
  ].filter(Boolean)
}

/** Inner HTML of one post. */
export const render = (post: LedgerPost, world: TikTokWorld): string => {
  const user = world.state.users.find((u) => u.openId === post.account)
  const own = world.state.posts.find((p) => p.id === post.id)
  if (!user || !own) return ''
  const c = countsAt(world, own)
  const age = `<time datetime="${new Date(post.at).toISOString()}">${esc(shortAge(post.at, world.now()))}</time>`
  const title = own.media === 'photo' && own.title ? `<strong>${esc(own.title)}</strong>` : ''
  const caption = own.media === 'photo' ? own.description : own.title
  const tags = labels(own)
    .map((l) => `<em>${esc(l)}</em>`)
    .join('')
  const note = own.draft ? '<p class="inbox">In the inbox: the person finishes it in the TikTok app.</p>' : ''
  const side = own.draft
    ? ''
    : `<aside><img class="face" src="${esc(avatarOf(user))}" alt="">${count('like', 'Likes', c.like_count)}${count('comment', 'Comments', c.comment_count)}${count('share', 'Shares', c.share_count)}</aside>`
  return `${note}<div class="stage"><div class="screen">${media(post, world)}<div class="words"><b>@${esc(user.username)}</b> · ${age}${title ? `<p>${title}</p>` : ''}${caption ? `<p>${rich(caption)}</p>` : ''}${tags ? `<p class="tags">${tags}</p>` : ''}<p class="tune">♫ ${own.media === 'photo' ? 'suggested sound' : `original sound - ${esc(user.name)}`}</p></div></div>${side}</div>`
}

export const css = `
.feed{background:#fff;color:#161823;min-height:100vh;font-size:15px}
@media(prefers-color-scheme:dark){.feed{background:#121212;color:#f1f1f2}}
.feed .thread{padding:1rem;border-bottom:1px solid #8883}
.feed .inbox{margin:0 0 .5rem;font-weight:600;color:#c4163f}@media(prefers-color-scheme:dark){.feed .inbox{color:#ff6b8a}}
.feed .stage{display:flex;gap:1rem;align-items:flex-end}
.feed .screen{position:relative;width:min(20rem,70vw);aspect-ratio:9/16;border-radius:14px;overflow:hidden;background:#000;color:#fff}
.feed .screen video,.feed .slides img{width:100%;height:100%;object-fit:contain}.feed .screen video{display:block}
.feed .slides{display:flex;height:100%;overflow-x:auto;scroll-snap-type:x mandatory}.feed .slides img{flex:0 0 100%;scroll-snap-align:start}
.feed .dots{position:absolute;inset:auto 0 .35rem;text-align:center;font-style:normal;letter-spacing:.2em;font-size:.7rem}
.feed .words{position:absolute;inset:auto 0 0;padding:2.5rem .8rem 1.2rem;background:linear-gradient(#0000,#000b);pointer-events:none;line-height:1.35;overflow-wrap:anywhere}
.feed video+.words{bottom:3.6rem;padding-bottom:.4rem;background:none;text-shadow:0 0 4px #000}
.feed .words p{margin:.25rem 0 0;white-space:pre-wrap;display:-webkit-box;-webkit-line-clamp:4;-webkit-box-orient:vertical;overflow:hidden}
.feed .tags em{font-style:normal;font-size:.75rem;background:#fff3;border-radius:4px;padding:.1rem .35rem;margin-right:.3rem}
.feed aside{display:grid;gap:.9rem;justify-items:center;font-size:.78rem;font-weight:600}
.feed aside>span{display:grid;justify-items:center;gap:.2rem}.feed aside svg{width:2.6rem;height:2.6rem;padding:.6rem;border-radius:50%;background:#8882;fill:currentColor}
.feed .face{width:2.8rem;height:2.8rem;border-radius:50%}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`
