/** A post as a card of Reddit's feed: community, title, flair, body or media, votes; comments stand alone below. */
import { avatar } from '#kit/sandbox/avatar.ts'
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import type { RedditWorld, Submission } from './state.ts'
import { countsAt, postView } from './view.ts'

const nameOf = (world: RedditWorld, id: string) => world.state.users.find((u) => u.id === id)?.name ?? '[deleted]'

const shown = (p: Submission, world: RedditWorld): string => {
  const film = p.kind === 'video' || p.kind === 'videogif'
  const url = (asset: string | null) => {
    const blob = asset === null ? null : world.state.leases[asset]?.blob
    return blob ? esc(world.blobs.url(blob)) : ''
  }
  if (film)
    return `<video controls preload="metadata" poster="${url(p.poster)}" src="${url(p.assets[0]!.assetId)}"${p.kind === 'videogif' ? ' loop muted' : ''}></video>`
  return p.assets
    .map(
      (a) =>
        `<figure><img src="${url(a.assetId)}" alt="${esc(a.caption)}" loading="lazy">${a.caption ? `<figcaption>${esc(a.caption)}${a.outbound ? ` ${link(a.outbound, esc(new URL(a.outbound).hostname))}` : ''}</figcaption>` : ''}</figure>`,
    )
    .join('')
}

const poll = (p: Submission): string =>
  p.poll
    ? `<div class="poll"><p>Open Poll · closes in ${p.poll.days} ${p.poll.days === 1 ? 'day' : 'days'}</p>${p.poll.options.map((o) => `<span>${esc(o)}</span>`).join('')}</div>`
    : ''

/** Inner HTML of one post or comment. */
export const render = (post: LedgerPost, world: RedditWorld): string => {
  const who = nameOf(world, post.account)
  if (post.replyTo)
    return `<div class="reply"><header><img src="${esc(avatar(who, 200))}" alt=""><b>${esc(who)}</b> · ${esc(shortAge(post.at, world.now()))}</header><p class="text">${esc(post.text)}</p></div>`
  const p = world.state.posts.find((x) => `t3_${x.id}` === post.id)
  if (!p) return ''
  const sub = world.state.subs.find((s) => s.name === p.sub)
  const place = p.sub.startsWith('u_') ? `u/${p.sub.slice(2)}` : `r/${p.sub}`
  const n = countsAt(p, world.now())
  const view = postView(world, p)
  const marks = [
    p.flairText ? `<span class="flair">${esc(p.flairText)}</span>` : '',
    p.nsfw ? '<span class="mark nsfw">NSFW</span>' : '',
    p.spoiler ? '<span class="mark">Spoiler</span>' : '',
  ].join('')
  return `<header><img src="${esc(avatar(p.sub, sub?.hue ?? 16))}" alt=""><b>${esc(place)}</b> · ${esc(shortAge(p.at, world.now()))}<br><small>u/${esc(who)}</small></header>
<h2>${esc(p.title)}</h2>${marks ? `<p>${marks}</p>` : ''}
${p.kind === 'link' && p.url ? `<p class="link">${link(p.url, esc(new URL(p.url).hostname))}</p>` : ''}
${p.assets.length > 0 ? `<div class="shown ${p.assets.length > 1 ? 'many' : ''}">${shown(p, world)}</div>` : ''}
${p.text ? `<p class="text">${esc(p.text)}</p>` : ''}${poll(p)}
<footer><span>⇧ ${n.score} ⇩</span><span>${esc(view.num_comments)} comments</span><span>Share</span>${p.removedBy ? `<span class="gone">Removed by ${esc(p.removedBy)}</span>` : ''}</footer>`
}

export const css = `
.feed{--line:#d7dde0;--card:#fff;--soft:#5c6c74;--accent:#b13000;max-width:46rem;color:#181c1f;font-size:15px;padding-inline:1rem}
@media(prefers-color-scheme:dark){.feed{--line:#2a3236;--card:#0e1113;--soft:#8ba2ad;--accent:#ff8659;color:#eef1f3}}
.feed article.post{margin:0 0 .75rem;padding:.75rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:16px}
.feed header{font-size:.8rem;line-height:1.25;color:var(--soft);overflow-wrap:anywhere}.feed header b{color:inherit}
.feed header img{float:left;width:32px;height:32px;border-radius:50%;margin-right:.5rem}
.feed h2{font-size:1.15rem;line-height:1.3;margin:.6rem 0 .35rem;overflow-wrap:anywhere;clear:both}
.feed p{margin:.35rem 0}.feed .text{white-space:pre-wrap;line-height:1.45;overflow-wrap:anywhere}
.feed .flair{background:#e5ebee;color:#181c1f;border-radius:999px;padding:.1rem .6rem;font-size:.75rem;margin-right:.4rem}
.feed .mark{font-size:.75rem;font-weight:700;margin-right:.4rem;color:var(--soft)}.feed .mark.nsfw{color:#c40066}
@media(prefers-color-scheme:dark){.feed .mark.nsfw{color:#ff7ab8}}
.feed .link a{color:var(--accent)}
.feed .shown{border-radius:16px;overflow:hidden;background:#0b0d0e}.feed .shown.many{display:grid;grid-auto-flow:column;grid-auto-columns:88%;gap:4px;overflow-x:auto;scroll-snap-type:x mandatory}
.feed figure{margin:0;scroll-snap-align:center}.feed .shown img,.feed .shown video{display:block;width:100%;max-height:32rem;object-fit:contain}
.feed figcaption{background:var(--card);padding:.4rem .2rem;font-size:.85rem}
.feed .poll{border:1px solid var(--line);border-radius:16px;padding:.75rem}.feed .poll span{display:block;border:1px solid var(--line);border-radius:8px;padding:.45rem .75rem;margin-top:.4rem;overflow-wrap:anywhere}
.feed footer{display:flex;gap:.6rem;flex-wrap:wrap;margin-top:.6rem;font-size:.8rem}.feed footer span{background:#e5ebee;color:#181c1f;border-radius:999px;padding:.3rem .75rem}
.feed footer .gone{background:#ffd7d7;color:#7a0000}
.feed .reply{border-left:2px solid var(--line);padding-left:.75rem}.feed .reply img{width:24px;height:24px}
`
