/** A post as Threads shows it, and the feed's colours. */
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { readPoll } from './checks.ts'
import { countsAt } from './insights.ts'
import { accountById, avatarOf, type ThWorld } from './state.ts'

const icons = {
  like: 'M12 20C3 14 3 6 8 6c2 0 3 1 4 3 1-2 2-3 4-3 5 0 5 8-4 14z',
  reply: 'M4 12a8 7.5 0 1 1 4 6.5L4 20l1-4a7 7 0 0 1-1-4z',
  repost: 'M7 7h9a3 3 0 0 1 3 3v3M17 17H8a3 3 0 0 1-3-3v-3M9 4 6 7l3 3M15 20l3-3-3-3',
  share: 'M4 5l16 0-8 15-2-9z',
}
const icon = (name: keyof typeof icons, n: number) =>
  `<span><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icons[name]}"/></svg>${n > 0 ? n.toLocaleString('en') : ''}</span>`
const rich = (text: string) => esc(text).replace(/(^|[^\w&])(@[\w.]+|#[^\s#]+)/g, '$1<span class="tag">$2</span>')

/** Hidden words as bars; offsets are code points. */
const withSpoilers = (text: string, entities: string | undefined): string => {
  if (entities === undefined) return rich(text)
  const points = [...text]
  let at = 0
  let out = ''
  for (const { offset, length } of JSON.parse(entities) as { offset: number; length: number }[]) {
    out += rich(points.slice(at, offset).join(''))
    out += `<span class="spoiler" title="spoiler">${esc(points.slice(offset, offset + length).join(''))}</span>`
    at = offset + length
  }
  return out + rich(points.slice(at).join(''))
}

const audience: Record<string, string> = {
  accounts_you_follow: 'Profiles you follow can reply',
  mentioned_only: 'Mentioned only can reply',
  parent_post_author_only: 'Only the author can reply',
  followers_only: 'Your followers can reply',
}

/** Inner HTML of one post or reply. */
export const render = (post: LedgerPost, world: ThWorld): string => {
  const account = accountById(world, post.account)
  const p = world.state.posts.find((x) => x.id === post.id)
  if (!account || !p) return ''
  const f = p.params
  const n = countsAt(world, p)
  const hidden = f.is_spoiler_media === 'true' ? ' veil' : ''
  const items = post.media
    .map((m) =>
      m.mime.startsWith('video/')
        ? `<video controls preload="none" src="${esc(world.blobs.url(m.key))}"></video>`
        : `<img src="${esc(world.blobs.url(m.key))}" alt="${esc(m.alt)}" loading="lazy">`,
    )
    .join('')
  const poll =
    f.poll_attachment === undefined
      ? ''
      : `<ul class="poll">${readPoll(f.poll_attachment)
          .map((x) => `<li>${esc(x)}</li>`)
          .join('')}</ul>`
  const card =
    f.link_attachment === undefined
      ? ''
      : `<p class="card">${link(f.link_attachment, `<b>${esc(new URL(f.link_attachment).hostname)}</b><br>${esc(f.link_attachment)}`)}</p>`
  const long =
    f.text_attachment === undefined
      ? ''
      : `<p class="card">${esc((JSON.parse(f.text_attachment) as { plaintext: string }).plaintext.slice(0, 300))}…</p>`
  const notes = [
    f.is_ghost_post === 'true' ? 'Ghost post' : '',
    f.quote_post_id ? `Quotes ${esc(f.quote_post_id)}` : '',
    f.gif_attachment ? 'GIF from GIPHY' : '',
    audience[f.reply_control ?? ''] ?? '',
  ].filter(Boolean)
  const topic = f.topic_tag ? ` <span class="soft">› ${esc(f.topic_tag)}</span>` : ''
  return `<div class="line"><img class="face" src="${esc(avatarOf(account))}" alt=""><div>
<p class="who"><b>${esc(account.username)}</b>${topic} <span class="soft">${esc(shortAge(post.at, world.now()))}</span></p>
${post.text ? `<p class="text">${withSpoilers(post.text, f.text_entities)}</p>` : ''}
${items ? `<div class="strip${hidden}">${items}</div>` : ''}${poll}${card}${long}
${notes.length > 0 ? `<p class="soft">${notes.join(' · ')}</p>` : ''}
<div class="row">${icon('like', n.likes)}${icon('reply', n.replies)}${icon('repost', n.reposts)}${icon('share', n.shares)}</div></div></div>`
}

export const css = `
.feed{--line:#e3e3e3;--card:#fff;--soft:#767676;--accent:#0a5fb4;background:var(--card);min-height:100vh;color:#000;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#2d2d2d;--card:#101010;--soft:#9a9a9a;--accent:#7fb7f0;color:#f3f5f7}}
.feed .thread{border-bottom:1px solid var(--line);padding:.75rem 1rem;max-width:38rem;margin:0 auto}
.feed .line{display:flex;gap:.75rem;padding:.35rem 0}.feed .line>div{min-width:0;flex:1}
.feed .face{width:36px;height:36px;border-radius:50%}.feed .soft{color:var(--soft)}
.feed .who{margin:0}.feed .text{margin:.15rem 0 .4rem;white-space:pre-wrap;line-height:1.4;overflow-wrap:anywhere}
.feed .tag{color:var(--accent)}.feed .spoiler{background:currentColor;border-radius:3px}
.feed .strip{display:flex;gap:.4rem;overflow-x:auto;scroll-snap-type:x proximity}
.feed .strip img,.feed .strip video{height:18rem;max-width:100%;border-radius:8px;border:1px solid var(--line);object-fit:cover;scroll-snap-align:start}
.feed .veil img,.feed .veil video{filter:blur(24px)}
.feed .poll{list-style:none;margin:.3rem 0;padding:0;display:grid;gap:.35rem}.feed .poll li{border:1px solid var(--line);border-radius:10px;padding:.45rem .75rem;font-weight:600}
.feed .card{border:1px solid var(--line);border-radius:10px;padding:.6rem .75rem;margin:.3rem 0;overflow-wrap:anywhere}
.feed .row{display:flex;gap:1.1rem;padding-top:.4rem}.feed .row span{display:flex;gap:.3rem;align-items:center;color:var(--soft);font-size:13px}
.feed .row svg{width:19px;height:19px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
`
