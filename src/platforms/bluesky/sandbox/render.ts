/** A post as Bluesky shows it: only what facets mark is a link, one embed below. */
import { isObject } from '#kit/sandbox/body.ts'
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { avatarOf, type BskyWorld, type StoredRecord } from './state.ts'
import { countsAt } from './view.ts'

type Facet = { start: number; end: number; feature: Record<string, unknown> }

const facetsOf = (value: Record<string, unknown>): Facet[] =>
  (Array.isArray(value.facets) ? value.facets : [])
    .flatMap((f: unknown) => {
      if (!isObject(f) || !isObject(f.index) || !Array.isArray(f.features) || !isObject(f.features[0])) return []
      return [{ start: Number(f.index.byteStart), end: Number(f.index.byteEnd), feature: f.features[0] }]
    })
    .sort((a, b) => a.start - b.start)

/** Cuts by UTF-8 bytes, as facets count. Facets that overlap or leave the text are dropped, as the app does. */
const rich = (value: Record<string, unknown>): string => {
  const bytes = Buffer.from(String(value.text ?? ''))
  let out = ''
  let at = 0
  for (const f of facetsOf(value)) {
    if (f.start < at || f.end > bytes.length || f.end <= f.start) continue
    const inner = esc(bytes.subarray(f.start, f.end).toString())
    out += esc(bytes.subarray(at, f.start).toString())
    const type = String(f.feature.$type)
    if (type.endsWith('#link')) out += link(String(f.feature.uri), inner)
    else out += `<span class="tag">${inner}</span>`
    at = f.end
  }
  return out + esc(bytes.subarray(at).toString())
}

const keyOf = (world: BskyWorld, blob: unknown): string | undefined => {
  const cid = isObject(blob) && isObject(blob.ref) ? String(blob.ref.$link) : ''
  return Object.hasOwn(world.state.blobs, cid) ? world.state.blobs[cid]!.key : undefined
}

const pictures = (world: BskyWorld, post: LedgerPost): string => {
  if (post.media.length === 0) return ''
  const one = (m: LedgerPost['media'][number]) =>
    m.mime.startsWith('video/')
      ? `<video controls preload="metadata" src="${esc(world.blobs.url(m.key))}" aria-label="${esc(m.alt)}"></video>`
      : `<figure><img src="${esc(world.blobs.url(m.key))}" alt="${esc(m.alt)}" loading="lazy">${m.alt ? '<figcaption>ALT</figcaption>' : ''}</figure>`
  return `<div class="pictures n${Math.min(4, post.media.length)}">${post.media.map(one).join('')}</div>`
}

const card = (world: BskyWorld, external: unknown): string => {
  if (!isObject(external)) return ''
  const thumb = keyOf(world, external.thumb)
  const uri = String(external.uri)
  const host = URL.canParse(uri) ? new URL(uri).host : uri
  const inner = `${thumb ? `<img src="${esc(world.blobs.url(thumb))}" alt="">` : ''}<b>${esc(external.title || uri)}</b><span>${esc(external.description)}</span><small>${esc(host)}</small>`
  return `<div class="card">${link(uri, inner)}</div>`
}

const quote = (world: BskyWorld, strong: unknown): string => {
  const uri = isObject(strong) ? String(strong.uri) : ''
  const r: StoredRecord | undefined = Object.hasOwn(world.state.records, uri) ? world.state.records[uri] : undefined
  const author = r && world.state.accounts.find((a) => a.did === r.did)
  if (!r || !author) return '<div class="quote soft">Post not found</div>'
  return `<div class="quote"><header><img class="small" src="${esc(avatarOf(author))}" alt=""><b>${esc(author.name)}</b> <span class="soft">@${esc(author.handle)}</span></header><p class="text">${rich(r.value)}</p></div>`
}

const embedded = (world: BskyWorld, post: LedgerPost, embed: unknown): string => {
  if (!isObject(embed)) return pictures(world, post)
  const type = String(embed.$type)
  if (type === 'app.bsky.embed.external') return card(world, embed.external)
  if (type === 'app.bsky.embed.record') return quote(world, embed.record)
  if (type !== 'app.bsky.embed.recordWithMedia' || !isObject(embed.record)) return pictures(world, post)
  const media =
    isObject(embed.media) && embed.media.$type === 'app.bsky.embed.external'
      ? card(world, embed.media.external)
      : pictures(world, post)
  return media + quote(world, embed.record.record)
}

const icons = {
  Replies: 'M4 5h16v11H9l-4 4v-4H4z',
  Reposts: 'M5 14V8h10M12 5l3 3-3 3M19 10v6H9M12 19l-3-3 3-3',
  Likes: 'M12 20C3 14 3 6 8 6c2 0 3 1 4 3 1-2 2-3 4-3 5 0 5 8-4 14z',
}

/** Inner HTML of one post. */
export const render = (post: LedgerPost, world: BskyWorld): string => {
  const author = world.state.accounts.find((a) => a.did === post.account)
  if (!author || !isObject(post.raw)) return ''
  const counts = countsAt(world, post.id, post.at)
  const numbers = { Replies: counts.replyCount, Reposts: counts.repostCount, Likes: counts.likeCount }
  const footer = Object.entries(icons).map(
    ([label, path]) =>
      `<span><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg><span class="sr">${label}: </span>${numbers[label as keyof typeof numbers]}</span>`,
  )
  return `<div class="side"><img class="face" src="${esc(avatarOf(author))}" alt=""><i></i></div><div class="main">
<header><b>${esc(author.name)}</b> <span class="soft">@${esc(author.handle)} · <time datetime="${new Date(post.at).toISOString()}">${esc(shortAge(post.at, world.now()))}</time></span></header>
${post.text ? `<p class="text">${rich(post.raw)}</p>` : ''}${embedded(world, post, post.raw.embed)}
<footer>${footer.join('')}</footer></div>`
}

export const css = `
.feed{--line:#dce2ea;--card:#fff;--soft:#545f6f;--accent:#0a6ae6;border-inline:1px solid var(--line);background:var(--card);min-height:100vh;color:#0b0f14;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#2c3a4e;--card:#161e27;--soft:#a5b2c5;--accent:#5aa9ff;color:#f1f3f5}}
.feed h1{border-bottom:1px solid var(--line)}
.feed .thread{border-bottom:1px solid var(--line);padding:.85rem 1rem}
.feed article.post{display:grid;grid-template-columns:42px minmax(0,1fr);gap:.7rem}.feed .gone-note{grid-column:1/-1;padding:0}
.feed .side{display:flex;flex-direction:column;align-items:center}.feed .face{width:42px;height:42px;border-radius:50%}
.feed .side i{flex:1;width:2px;background:var(--line);margin-top:.25rem;display:none}.feed .first .side i,.feed .middle .side i{display:block}
.feed .main{padding-bottom:.85rem;min-width:0}.feed .last .main,.feed .single .main{padding-bottom:0}
.feed header{line-height:1.3}.feed .soft{color:var(--soft)}.feed .text{margin:.1rem 0 0;white-space:pre-wrap;line-height:1.4}
.feed .text a,.feed .tag{color:var(--accent);text-decoration:none}.feed .text a:hover{text-decoration:underline}
.feed .pictures{display:grid;gap:4px;margin-top:.6rem}.feed figure{margin:0;position:relative;min-width:0}
.feed .pictures img,.feed .pictures video{display:block;width:100%;border-radius:12px;border:1px solid var(--line);object-fit:cover;max-height:32rem}
.feed .n2,.feed .n3,.feed .n4{grid-template-columns:1fr 1fr}.feed .n2 img,.feed .n3 img,.feed .n4 img{height:12rem}
.feed .n3 figure:first-child{grid-row:span 2}.feed .n3 figure:first-child img{height:100%}
.feed figcaption{position:absolute;left:.5rem;bottom:.5rem;background:#000c;color:#fff;border-radius:6px;padding:0 .4rem;font-size:.7rem;font-weight:700}
.feed .card,.feed .quote{border:1px solid var(--line);border-radius:12px;margin-top:.6rem;overflow:hidden}
.feed .card a{display:grid;color:inherit;text-decoration:none;padding-bottom:.6rem}.feed .card a>*{padding:0 .8rem}.feed .card img{padding:0;width:100%;max-height:16rem;object-fit:cover;border-bottom:1px solid var(--line)}
.feed .card b{padding-top:.6rem}.feed .card span,.feed .card small{color:var(--soft)}
.feed .quote{padding:.7rem .8rem}.feed .small{width:18px;height:18px;border-radius:50%;vertical-align:-.25em;margin-right:.3rem}
.feed footer{display:flex;justify-content:space-between;max-width:17rem;margin-top:.55rem;color:var(--soft);font-size:.85rem}
.feed footer>span{display:inline-flex;gap:.3rem;align-items:center}.feed footer svg{width:1.15rem;height:1.15rem;fill:none;stroke:currentColor;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`
