/** A post as X shows it, and the feed's colours. */
import { esc, link, shortAge } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { avatarOf, type XWorld } from './state.ts'
import { findUrls } from './text.ts'
import { metricsAt } from './view.ts'

const rich = (text: string): string => {
  let out = ''
  let at = 0
  const words = (part: string) => esc(part).replace(/(^|[^\w&])([@#]\w+)/g, '$1<span class="tag">$2</span>')
  for (const u of findUrls(text)) {
    const shown = u.url.replace(/^https?:\/\//i, '')
    out +=
      words(text.slice(at, u.start)) +
      link(
        /^https?:/i.test(u.url) ? u.url : `http://${u.url}`,
        esc(shown.length > 34 ? `${shown.slice(0, 33)}…` : shown),
      )
    at = u.end
  }
  return out + words(text.slice(at))
}

const short = (n: number) => (n >= 10_000 ? `${Math.round(n / 1000)}K` : String(n))

const icons: Record<string, string> = {
  reply: 'M4 12a8 7 0 1 1 4 6l-4 2 1-4a7 7 0 0 1-1-4z',
  repost: 'M5 14V8h10M12 5l3 3-3 3M19 10v6H9M12 19l-3-3 3-3',
  like: 'M12 20C3 14 3 6 8 6c2 0 3 1 4 3 1-2 2-3 4-3 5 0 5 8-4 14z',
  views: 'M5 19v-6M10 19V7M15 19v-9M20 19V4',
}

const count = (name: string, label: string, n: number) =>
  `<span title="${label}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="${icons[name]}"/></svg><span class="sr">${label}: </span>${short(n)}</span>`

/** Inner HTML of one post. */
export const render = (post: LedgerPost, world: XWorld): string => {
  const user = world.state.users.find((u) => u.id === post.account)
  const own = world.state.posts.find((p) => p.id === post.id)
  if (!user || !own) return ''
  const pictures = post.media
    .map((m) =>
      m.mime.startsWith('video/')
        ? `<video controls preload="metadata" src="${esc(world.blobs.url(m.key))}" aria-label="${esc(m.alt)}"></video>`
        : `<img src="${esc(world.blobs.url(m.key))}" alt="${esc(m.alt)}" loading="lazy">`,
    )
    .join('')
  const badge = post.media.some((m) => m.alt) ? '<span class="alt">ALT</span>' : ''
  const poll = own.poll ? `<ul class="poll">${own.poll.options.map((o) => `<li>${esc(o)}</li>`).join('')}</ul>` : ''
  const m = metricsAt(world, own)
  const verified = user.premium
    ? '<svg class="check" viewBox="0 0 24 24" role="img" aria-label="Verified"><circle cx="12" cy="12" r="10"/><path d="M7.5 12.5l3 3 6-6.5"/></svg>'
    : ''
  return `<div class="side"><img class="face" src="${esc(avatarOf(user))}" alt=""><i></i></div><div class="main">
<header><b>${esc(user.name)}</b>${verified} <span class="soft">@${esc(user.username)} · <time datetime="${new Date(post.at).toISOString()}">${esc(shortAge(post.at, world.now()))}</time></span></header>
${post.text ? `<p class="text">${rich(post.text)}</p>` : ''}${poll}
${pictures ? `<div class="pictures n${Math.min(4, post.media.length)}">${pictures}${badge}</div>` : ''}
<footer>${count('reply', 'Replies', m.reply_count)}${count('repost', 'Reposts', m.repost_count)}${count('like', 'Likes', m.like_count)}${count('views', 'Views', m.impression_count)}</footer></div>`
}

export const css = `
.feed{--line:#e3e9ee;--card:#fff;--soft:#536471;--accent:#0a6fbd;border-inline:1px solid var(--line);background:var(--card);min-height:100vh;color:#0f1419;font-size:15px}
@media(prefers-color-scheme:dark){.feed{--line:#2f3336;--card:#000;--soft:#8b98a5;--accent:#4aa8f0;color:#e7e9ea}}
.feed h1{border-bottom:1px solid var(--line)}
.feed .thread{border-bottom:1px solid var(--line);padding:.75rem 1rem}
.feed article.post{display:grid;grid-template-columns:40px minmax(0,1fr);gap:.75rem}
.feed article.gone{display:grid}.feed .gone-note{grid-column:1/-1;padding:0}
.feed .side{display:flex;flex-direction:column;align-items:center}.feed .face{width:40px;height:40px;border-radius:50%}
.feed .side i{flex:1;width:2px;background:var(--line);margin:.25rem 0;display:none}
.feed .first .side i,.feed .middle .side i{display:block}
.feed .main{padding-bottom:.75rem;min-width:0}.feed .last .main,.feed .single .main{padding-bottom:0}
.feed header{line-height:1.3}.feed .soft{color:var(--soft)}
.feed .check{width:1.1em;height:1.1em;vertical-align:-.2em;fill:#1d9bf0;stroke:none}.feed .check path{fill:none;stroke:#fff;stroke-width:2.4}
.feed .text{margin:.1rem 0 0;white-space:pre-wrap;line-height:1.4}.feed .text a,.feed .tag{color:var(--accent);text-decoration:none}.feed .text a:hover{text-decoration:underline}
.feed .pictures{position:relative;display:grid;gap:2px;margin-top:.7rem;border:1px solid var(--line);border-radius:16px;overflow:hidden;background:var(--line)}
.feed .pictures img,.feed .pictures video{display:block;width:100%;object-fit:cover;max-height:32rem}
.feed .n2,.feed .n3,.feed .n4{grid-template-columns:1fr 1fr}.feed .n2 img,.feed .n3 img,.feed .n4 img{height:13rem}
.feed .n3 img:first-child{grid-row:span 2;height:100%}
.feed .alt{position:absolute;left:.6rem;bottom:.6rem;background:#000c;color:#fff;border-radius:4px;padding:0 .4rem;font-size:.75rem;font-weight:700}
.feed .poll{list-style:none;margin:.7rem 0 0;padding:0;display:grid;gap:.4rem}.feed .poll li{border:1px solid var(--accent);color:var(--accent);border-radius:999px;padding:.3rem 1rem;text-align:center;font-weight:600}
.feed footer{display:flex;justify-content:space-between;max-width:24rem;margin-top:.6rem;color:var(--soft);font-size:.82rem}
.feed footer>span{display:inline-flex;align-items:center;gap:.3rem}.feed footer svg{width:1.15rem;height:1.15rem;fill:none;stroke:currentColor;stroke-width:1.7;stroke-linejoin:round;stroke-linecap:round}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`
