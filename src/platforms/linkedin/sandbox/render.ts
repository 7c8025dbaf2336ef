/** A post as LinkedIn's feed shows it, and the feed's colours. */
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { type Piece, read } from './littletext.ts'
import { nameOf } from './posts.ts'
import { numbersOf } from './social.ts'
import { faceOf, type LinkedInWorld, type Post, whoIs } from './state.ts'

const words = (text: string) =>
  text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) => (i % 2 ? link(part, esc(part.length > 46 ? `${part.slice(0, 45)}…` : part)) : esc(part)))
    .join('')

const rich = (pieces: readonly Piece[]) =>
  pieces.map((p) => (p.kind === 'text' ? words(p.text) : `<b class="tag">${esc(p.text)}</b>`)).join('')

type Content = {
  media?: { title?: string }
  article?: { source: string; title: string; description?: string; thumbnail?: string }
  poll?: { question: string; options: { text: string }[]; settings: { duration: string } }
}

const days: Record<string, string> = {
  ONE_DAY: '1 day left',
  THREE_DAYS: '3 days left',
  SEVEN_DAYS: '1 week left',
  FOURTEEN_DAYS: '2 weeks left',
}

const files = (post: LedgerPost, content: Content, world: LinkedInWorld): string => {
  const src = (key: string) => esc(world.blobs.url(key))
  const items = post.media.map((m) => {
    if (m.mime.startsWith('video/')) return `<video controls preload="metadata" src="${src(m.key)}"></video>`
    if (m.mime === 'application/pdf')
      return `<a class="doc" href="${src(m.key)}"><b>${esc(content.media?.title ?? '')}</b><span>PDF document</span></a>`
    return `<img src="${src(m.key)}" alt="${esc(m.alt)}" loading="lazy">`
  })
  return items.length ? `<div class="media n${Math.min(4, items.length)}">${items.join('')}</div>` : ''
}

const card = (content: Content, world: LinkedInWorld): string => {
  const { article: a, poll: p } = content
  if (a) {
    const blob = a.thumbnail ? world.state.assets[a.thumbnail]?.blob : null
    const host = URL.canParse(a.source) ? new URL(a.source).hostname : a.source
    const picture = blob ? `<img src="${esc(world.blobs.url(blob))}" alt="">` : ''
    return `<div class="card">${picture}<div>${link(a.source, `<b>${esc(a.title)}</b>`)}<span>${esc(host)}</span></div></div>`
  }
  if (!p) return ''
  const options = p.options.map((o) => `<li>${esc(o.text)}</li>`).join('')
  return `<div class="poll"><b>${esc(p.question)}</b><ul>${options}</ul><span>0 votes · ${days[p.settings.duration] ?? ''}</span></div>`
}

const head = (world: LinkedInWorld, urn: string, at: number, note: string): string => {
  const who = whoIs(world, urn)
  if (!who) return ''
  const under = who.page ? `${who.page.followers.toLocaleString('en')} followers` : 'Member'
  return `<header><img class="face${who.page ? ' square' : ''}" src="${esc(faceOf(who))}" alt=""><div><b>${esc(who.name)}</b><span>${under}</span><span><time datetime="${new Date(at).toISOString()}">${esc(shortAge(at, world.now()))}</time>${note}</span></div></header>`
}

const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`

const seenBy: Record<string, string> = {
  PUBLIC: 'Anyone',
  CONNECTIONS: 'Connections only',
  LOGGED_IN: 'LinkedIn members',
}

const whole = (post: LedgerPost, p: Post, world: LinkedInWorld): string => {
  const content = (p.content ?? {}) as Content
  const n = numbersOf(world, p)
  const note = `${p.editedAt === null ? '' : ' · Edited'} · ${seenBy[p.visibility] ?? ''}`
  const text = p.commentary ? `<p class="text">${rich(read(p.commentary, nameOf(world)))}</p>` : ''
  const parent = p.parent ? world.state.posts.find((x) => x.urn === p.parent) : undefined
  const quoted = parent
    ? `<div class="quoted">${head(world, parent.author, parent.at, '')}<p class="text">${rich(read(parent.commentary, nameOf(world)))}</p></div>`
    : ''
  return `${head(world, p.author, p.at, note)}${text}${files(post, content, world)}${card(content, world)}${quoted}
<div class="counts"><span>${plural(n.likes, 'reaction')}</span><span>${plural(n.comments, 'comment')} · ${plural(n.shares, 'repost')} · ${n.impressions} impressions</span></div>
<footer><span>Like</span><span>Comment</span>${p.reshareDisabled ? '' : '<span>Repost</span>'}<span>Send</span></footer>`
}

/** Inner HTML of one post or comment. */
export const render = (post: LedgerPost, world: LinkedInWorld): string => {
  const own = world.state.posts.find((p) => p.urn === post.id)
  if (own) return whole(post, own, world)
  return `<div class="comment">${head(world, post.account, post.at, '')}<p class="text">${words(post.text)}</p></div>`
}

export const css = `
.feed{--line:#dfdeda;--card:#fff;--soft:#666;--accent:#0a66c2;background:#f4f2ee;color:#191919;font-size:14px}
@media(prefers-color-scheme:dark){.feed{--line:#38434f;--card:#1b1f23;--soft:#a8b0b8;--accent:#71b7fb;background:#000;color:#e9e9ea}}
.feed article.post{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:.5rem 0;padding:.75rem 0 0;overflow:hidden}
.feed header{display:flex;gap:.5rem;padding:0 1rem;line-height:1.25}.feed header div{display:grid}
.feed header span{color:var(--soft);font-size:.8rem}.feed .face{width:48px;height:48px;border-radius:50%}.feed .face.square{border-radius:2px}
.feed .text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.75rem 1rem;line-height:1.4}.feed .text a,.feed .tag{color:var(--accent);font-weight:600;text-decoration:none}
.feed .media{display:grid;gap:2px}.feed .media img,.feed .media video{display:block;width:100%;max-height:34rem;object-fit:cover}
.feed .n2,.feed .n3,.feed .n4{grid-template-columns:1fr 1fr}.feed .n3 img:first-child{grid-column:1/-1}
.feed .doc{display:grid;gap:.25rem;padding:2.5rem 1rem;background:#e8eef5;color:#123;text-decoration:none;text-align:center}
.feed .card{display:flex;gap:.75rem;align-items:center;margin:0 1rem .5rem;border:1px solid var(--line);border-radius:8px;overflow:hidden}
.feed .card img{width:128px;height:72px;object-fit:cover}.feed .card div{display:grid;padding:.5rem}.feed .card a{color:inherit;text-decoration:none}.feed .card span{color:var(--soft);font-size:.8rem}
.feed .poll{margin:0 1rem .5rem;border:1px solid var(--line);border-radius:8px;padding:.75rem}.feed .poll ul{list-style:none;margin:.5rem 0;padding:0;display:grid;gap:.4rem}
.feed .poll li{border:1px solid var(--accent);border-radius:999px;color:var(--accent);font-weight:600;text-align:center;padding:.3rem}.feed .poll span{color:var(--soft);font-size:.8rem}
.feed .quoted{border:1px solid var(--line);border-radius:8px;margin:0 1rem .75rem;padding:.75rem 0 0}
.feed .comment{padding:0 1rem .75rem 3rem}.feed .comment .text{background:#8882;border-radius:8px;padding:.5rem .75rem}
.feed .counts{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);font-size:.8rem;padding:.5rem 1rem;border-bottom:1px solid var(--line)}
.feed footer{display:flex;justify-content:space-around;color:var(--soft);font-weight:600;padding:.7rem}
`
