/** A pin as Pinterest shows it opened: the picture on one side, title, words and board on the other. */
import { avatar } from '#kit/sandbox/avatar.ts'
import { esc, link, timeTag } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import type { Pin, PinterestWorld } from './state.ts'
import { countsAt } from './view.ts'

const short = (n: number) => (n >= 10_000 ? `${Math.round(n / 1000)}k` : String(n))

const pictures = (post: LedgerPost, pin: Pin, world: PinterestWorld): string => {
  const film = pin.mediaId === null ? undefined : world.state.media[pin.mediaId]
  if (pin.kind === 'video' && film?.blob) {
    const poster = pin.items[0] ? ` poster="${esc(world.blobs.url(pin.items[0].blob))}"` : ''
    return `<video controls preload="metadata"${poster} src="${esc(world.blobs.url(film.blob))}" aria-label="${esc(pin.alt ?? '')}"></video>`
  }
  return pin.items
    .map(
      (item, i) =>
        `<figure><img src="${esc(world.blobs.url(item.blob))}" alt="${esc(post.media[i]?.alt ?? '')}" loading="lazy">${item.title || item.description ? `<figcaption><b>${esc(item.title ?? '')}</b> ${esc(item.description ?? '')}</figcaption>` : ''}</figure>`,
    )
    .join('')
}

/** Inner HTML of one pin. */
export const render = (post: LedgerPost, world: PinterestWorld): string => {
  const pin = world.state.pins.find((p) => p.id === post.id)
  const user = world.state.users.find((u) => u.id === post.account)
  if (!pin || !user) return ''
  const board = world.state.boards.find((b) => b.id === pin.boardId)
  const section = board?.sections.find((s) => s.id === pin.sectionId)
  const n = countsAt(pin, world.now())
  const host = pin.link ? new URL(pin.link).hostname.replace(/^www\./, '') : ''
  return `<div class="pin"><div class="shown ${pin.items.length > 1 ? 'many' : ''}">${pictures(post, pin, world)}</div><div class="told">
<header><span class="board">${esc(board?.name ?? '')}${section ? ` › ${esc(section.name)}` : ''}</span><span class="save" aria-hidden="true">Save</span></header>
${pin.link ? `<p class="host">${link(pin.link, esc(host))}</p>` : ''}
${pin.title ? `<h2>${esc(pin.title)}</h2>` : ''}
${pin.description ? `<p class="text">${esc(pin.description)}</p>` : ''}
<p class="who"><img src="${esc(avatar(user.username, user.hue))}" alt=""><span><b>${esc(user.business ?? user.username)}</b><br><small>${short(user.followers)} followers</small></span></p>
<footer>${timeTag(post.at)} · ${short(n.IMPRESSION)} views · ${short(n.SAVE)} saves · ${short(n.TOTAL_REACTIONS)} reactions${pin.environment === 'sandbox' ? ' · <b>Pinterest’s own sandbox</b>' : ''}</footer></div></div>`
}

export const css = `
.feed{--line:#e2e2dc;--card:#fff;--soft:#62625b;--accent:#bd081c;max-width:52rem;color:#211922;font-size:15px;padding-inline:1rem}
@media(prefers-color-scheme:dark){.feed{--line:#3a3a37;--card:#1b1b1a;--soft:#b0b0a8;--accent:#ff6b78;color:#f3f1ef}}
.feed article.post{margin:0 0 1.5rem;background:var(--card);border-radius:24px;box-shadow:0 1px 16px #0002;overflow:hidden}
.feed .pin{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.feed .shown{background:#efefe9;display:grid;align-content:center}
@media(prefers-color-scheme:dark){.feed .shown{background:#262624}}
.feed .shown.many{grid-auto-flow:column;grid-auto-columns:88%;overflow-x:auto;scroll-snap-type:x mandatory;gap:4px}.feed .many figure{scroll-snap-align:center}
.feed figure{margin:0}.feed .shown img,.feed .shown video{display:block;width:100%;max-height:34rem;object-fit:contain}
.feed figcaption{padding:.5rem .75rem;font-size:.85rem}
.feed .told{padding:1.25rem;display:flex;flex-direction:column;gap:.6rem;min-width:0}
.feed .told header{display:flex;justify-content:space-between;align-items:center;gap:.5rem}.feed .board{font-weight:600;overflow-wrap:anywhere}
.feed .save{background:#bd081c;color:#fff;border-radius:999px;padding:.45rem 1rem;font-weight:700}
.feed h2{font-size:1.5rem;line-height:1.2;margin:0;overflow-wrap:anywhere}.feed .text{margin:0;white-space:pre-wrap;line-height:1.45;overflow-wrap:anywhere}
.feed .host{margin:0;font-size:.85rem}.feed .host a{color:inherit}
.feed .who{display:flex;align-items:center;gap:.6rem;margin:auto 0 0}.feed .who img{width:40px;height:40px;border-radius:50%}.feed small{color:var(--soft)}
.feed footer{color:var(--soft);font-size:.82rem}
@media(max-width:38rem){.feed .pin{grid-template-columns:1fr}}
`
