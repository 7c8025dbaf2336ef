/** A post as Instagram shows it, and the feed's colours. */
import { esc, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { countsAt } from './insights.ts'
import { accountById, avatarOf, type IgWorld } from './state.ts'

const icons = {
  like: 'M12 20C3 14 3 6 8 6c2 0 3 1 4 3 1-2 2-3 4-3 5 0 5 8-4 14z',
  comment: 'M4 12a8 7.500 0 1 1 4 6.500L4 20l1-4a7 7 0 0 1-1-4z',
  share: 'M4 5l16 0-8 15-2-9z',
}
const icon = (name: keyof typeof icons) =>
  `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icons[name]}"/></svg>`
const rich = (text: string) => esc(text).replace(/(^|[^\w&])([@#][\w.]+)/g, '$1<span class="tag">$2</span>')

/** Inner HTML of one post or of one of our comments. */
export const render = (post: LedgerPost, world: IgWorld): string => {
  const account = accountById(world, post.account)
  if (!account) return ''
  const name = esc(account.username)
  if (post.replyTo !== null)
    return `<p class="comment"><b>${name}</b> ${rich(post.text)} <span class="soft">${esc(shortAge(post.at, world.now()))}</span></p>`
  const media = world.state.media.find((m) => m.id === post.id)
  if (!media) return ''
  const counts = countsAt(world, media)
  const story = media.product === 'STORY'
  const label = { FEED: media.items.length > 1 ? 'Carousel' : 'Post', REELS: 'Reel', STORY: 'Story' }[media.product]
  const poster = media.cover ? ` poster="${esc(world.blobs.url(media.cover))}"` : ''
  const items = post.media
    .map((m) =>
      m.mime.startsWith('video/')
        ? `<video controls preload="none"${poster} src="${esc(world.blobs.url(m.key))}"></video>`
        : `<img src="${esc(world.blobs.url(m.key))}" alt="${esc(m.alt)}" loading="lazy">`,
    )
    .join('')
  const others = media.collaborators.length > 0 ? ` and ${esc(media.collaborators.join(', '))}` : ''
  const tags =
    media.tags.length > 0 ? `<p class="soft">With ${media.tags.map((t) => esc(t.username)).join(', ')}</p>` : ''
  return `<header><img class="face${story ? ' ring' : ''}" src="${esc(avatarOf(account))}" alt=""><b>${name}</b>${others} <span class="soft">· ${esc(shortAge(post.at, world.now()))} · ${label}</span></header>
<div class="strip ${media.product.toLowerCase()}">${items}</div>
${story ? '' : `<div class="row">${icon('like')}${icon('comment')}${icon('share')}</div><p class="likes">${counts.likes.toLocaleString('en')} likes</p>`}
${post.text && !story ? `<p class="text"><b>${name}</b> ${rich(post.text)}</p>` : ''}${tags}`
}

export const css = `
.feed{--line:#dbdbdb;--card:#fff;--soft:#6a6a6a;--accent:#00376b;background:var(--card);min-height:100vh;color:#111;font-size:14px}
@media(prefers-color-scheme:dark){.feed{--line:#2a2a2a;--card:#000;--soft:#a8a8a8;--accent:#7fb7f0;color:#f5f5f5}}
.feed .thread{border-bottom:1px solid var(--line);padding:.75rem 0 1rem;max-width:30rem;margin:0 auto}
.feed header{display:flex;align-items:center;gap:.5rem;padding:0 .75rem .6rem;flex-wrap:wrap}
.feed .face{width:32px;height:32px;border-radius:50%}.feed .ring{outline:2px solid #d6246e;outline-offset:2px}
.feed .soft{color:var(--soft)}
.feed .strip{display:flex;overflow-x:auto;scroll-snap-type:x mandatory;background:#8882}
.feed .strip img,.feed .strip video{flex:0 0 100%;width:100%;object-fit:cover;scroll-snap-align:start;max-height:38rem}
.feed .reels video,.feed .story video,.feed .story img{aspect-ratio:9/16;max-height:32rem;object-fit:contain;background:#111}
.feed .row{display:flex;gap:.9rem;padding:.6rem .75rem .2rem}.feed .row svg{width:24px;height:24px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
.feed .likes{font-weight:600;margin:.2rem .75rem}.feed .text{margin:.2rem .75rem;white-space:pre-wrap;line-height:1.4;overflow-wrap:anywhere}
.feed .comment{margin:.2rem .75rem}.feed .tag{color:var(--accent)}
`
