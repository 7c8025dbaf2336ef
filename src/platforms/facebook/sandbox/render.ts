/** A post as Facebook shows it on a Page, and the feed's colours. */
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { pageAccount, pageById } from '../../families/meta/sandbox/state.ts'
import { numbersOf } from './metrics.ts'
import type { FbWorld } from './state.ts'

const URL_OR_TAG = /(https?:\/\/[^\s<>"']+)|(^|\s)([#@][\p{L}\p{N}_.]+)/gu

const rich = (text: string): string => {
  let out = ''
  let at = 0
  for (const m of text.matchAll(URL_OR_TAG)) {
    out += esc(text.slice(at, m.index))
    out += m[1] ? link(m[1], esc(m[1])) : `${esc(m[2])}<span class="tag">${esc(m[3])}</span>`
    at = m.index + m[0].length
  }
  return out + esc(text.slice(at))
}

const short = (n: number) => (n >= 10_000 ? `${Math.round(n / 1000)}K` : String(n))

const mediaOf = (post: LedgerPost, world: FbWorld): string =>
  post.media
    .map((m) =>
      m.mime.startsWith('video/')
        ? `<video controls preload="metadata" src="${esc(world.blobs.url(m.key))}" aria-label="${esc(m.alt)}"></video>`
        : `<img src="${esc(world.blobs.url(m.key))}" alt="${esc(m.alt)}" loading="lazy">`,
    )
    .join('')

const card = (href: string): string => {
  const host = URL.canParse(href) ? new URL(href).hostname : href
  return link(href, `<span class="card"><small>${esc(host.toUpperCase())}</small><b>${esc(href)}</b></span>`)
}

/** Inner HTML of one post, or of a comment below one. */
export const render = (post: LedgerPost, world: FbWorld): string => {
  const page = pageById(world, post.account)
  if (!page) return ''
  const face = `<img class="face" src="${esc(pageAccount(page).avatar)}" alt="">`
  if (post.replyTo)
    return `<div class="comment">${face}<div><b>${esc(page.name)}</b><p class="text">${rich(post.text)}</p></div></div>`
  const own = world.state.posts.find((p) => p.id === post.id)
  if (!own) return ''
  const n = numbersOf(world, own)
  const badge =
    own.state === 'published' ? '' : `<span class="held">${own.state === 'draft' ? 'Draft' : 'Scheduled'}</span>`
  const media = mediaOf(post, world)
  const head = `<header>${face}<div><b>${esc(page.name)}</b>${badge}<br><span class="soft"><time datetime="${new Date(post.at).toISOString()}">${esc(shortAge(post.at, world.now()))}</time> · ${esc(own.kind === 'post' ? 'Public' : own.kind[0]!.toUpperCase() + own.kind.slice(1))}</span></div></header>`
  if (own.kind === 'story' || own.kind === 'reel')
    return `<div class="upright">${head}${media}${post.text ? `<p class="text">${rich(post.text)}</p>` : ''}</div>`
  return `${head}
${post.text ? `<p class="text">${rich(post.text)}</p>` : ''}
${media ? `<div class="pictures n${Math.min(5, post.media.length)}">${media}</div>` : ''}${own.link ? card(own.link) : ''}
<footer><span>👍 ${short(n.reactions)}</span><span>${short(world.state.comments.filter((c) => c.post === own.id && !c.deleted).length)} comments · ${short(n.shares)} shares</span></footer>
<div class="actions"><span>Like</span><span>Comment</span><span>Share</span></div>`
}

export const css = `
.feed{--line:#ced0d4;--card:#fff;--soft:#65676b;--accent:#0a66d8;color:#050505;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#3a3b3c;--card:#242526;--soft:#b0b3b8;--accent:#5aa7ff;color:#e4e6eb}}
.feed .thread{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 1rem;overflow:hidden}
.feed article.post{padding:.8rem 0 0}
.feed header{display:flex;gap:.6rem;align-items:center;padding:0 1rem;line-height:1.3}.feed .face{width:40px;height:40px;border-radius:50%}
.feed .soft{color:var(--soft);font-size:.85em}.feed .held{margin-left:.5rem;background:var(--line);border-radius:999px;padding:.05rem .5rem;font-size:.8em}
.feed .text{margin:.6rem 0;padding:0 1rem;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.35}.feed .text a,.feed .tag{color:var(--accent);text-decoration:none}
.feed .pictures{display:grid;gap:2px;background:var(--line)}.feed .pictures img,.feed .pictures video{display:block;width:100%;object-fit:cover;max-height:34rem}
.feed .n2,.feed .n4{grid-template-columns:1fr 1fr}.feed .n3,.feed .n5{grid-template-columns:repeat(6,1fr)}
.feed .n3 img{grid-column:span 3}.feed .n3 img:first-child{grid-column:span 6}.feed .n5 img{grid-column:span 2}.feed .n5 img:nth-child(-n+2){grid-column:span 3}
.feed .n2 img,.feed .n3 img,.feed .n4 img,.feed .n5 img{height:15rem}
.feed .card{display:block;background:var(--line);padding:.7rem 1rem;color:inherit}.feed .card small{color:var(--soft);display:block}
.feed footer{display:flex;justify-content:space-between;padding:.6rem 1rem;color:var(--soft);font-size:.9em}
.feed .actions{display:flex;justify-content:space-around;border-top:1px solid var(--line);margin:0 1rem;padding:.5rem;color:var(--soft);font-weight:600}
.feed .upright{position:relative;max-width:20rem;margin:0 auto .8rem;border-radius:12px;overflow:hidden;background:#000;color:#fff;padding-top:.6rem}
.feed .upright img:not(.face),.feed .upright video{display:block;width:100%;aspect-ratio:9/16;object-fit:cover;margin-top:.6rem}.feed .upright .soft{color:#e4e6eb}
.feed .comment{display:flex;gap:.5rem;padding:.3rem 1rem .6rem}.feed .comment .face{width:32px;height:32px}.feed .comment>div{background:var(--line);border-radius:14px;padding:.4rem .8rem}.feed .comment .text{padding:0;margin:0}
`
