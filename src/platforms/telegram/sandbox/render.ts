/** A message as Telegram shows it in a channel: a bubble with picture, text, views and time. */
import { esc, link } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import type { Entity } from './markup.ts'
import { avatarOf, type Message, type TgWorld } from './state.ts'

const wrap = (e: Entity, inner: string, plain: string): string => {
  switch (e.type) {
    case 'bold':
      return `<b>${inner}</b>`
    case 'italic':
      return `<i>${inner}</i>`
    case 'underline':
      return `<u>${inner}</u>`
    case 'strikethrough':
      return `<s>${inner}</s>`
    case 'code':
      return `<code>${inner}</code>`
    case 'pre':
      return `<pre>${inner}</pre>`
    case 'spoiler':
      return `<span class="spoiler" tabindex="0">${inner}</span>`
    case 'blockquote':
    case 'expandable_blockquote':
      return `<blockquote>${inner}</blockquote>`
    case 'text_link':
      return link(e.url ?? '', inner)
    case 'url':
      return link(/^https?:/i.test(plain) ? plain : `http://${plain}`, inner)
    case 'hashtag':
    case 'mention':
    case 'bot_command':
      return `<span class="tag">${inner}</span>`
    default:
      return inner
  }
}

/** Entities nest; each level wraps what lies inside it. Offsets are UTF-16, as JS strings. */
export const rich = (text: string, entities: readonly Entity[], from = 0, to = text.length): string => {
  let out = ''
  let at = from
  for (let i = 0; i < entities.length; i++) {
    const e = entities[i]!
    if (e.offset < at || e.offset >= to) continue
    const end = Math.min(to, e.offset + e.length)
    const inside = entities.slice(i + 1).filter((x) => x.offset >= e.offset && x.offset + x.length <= end)
    out += esc(text.slice(at, e.offset)) + wrap(e, rich(text, inside, e.offset, end), text.slice(e.offset, end))
    at = end
  }
  return out + esc(text.slice(at, to))
}

const clock = (at: number) => new Date(at).toISOString().slice(11, 16)

const pictures = (post: LedgerPost, m: Message, world: TgWorld): string => {
  if (post.media.length === 0) return ''
  const one = (x: LedgerPost['media'][number]) => {
    const src = esc(world.blobs.url(x.key))
    if (x.mime.startsWith('image/')) return `<img src="${src}" alt="${esc(x.alt)}" loading="lazy">`
    if (x.mime.startsWith('video/')) return `<video controls preload="metadata" src="${src}"></video>`
    return `<a class="file" href="${src}" download>File (${esc(x.mime)})</a>`
  }
  return `<div class="pictures n${Math.min(4, post.media.length)}${m.spoiler ? ' veiled' : ''}">${post.media.map(one).join('')}</div>`
}

/** Inner HTML of one post; an album is one. */
export const render = (post: LedgerPost, world: TgWorld): string => {
  const { state } = world
  const c = state.chats.find((x) => String(x.id) === post.account)
  const m = state.messages.find((x) => `${x.chat}:${x.id}` === post.id)
  if (!c || !m) return ''
  const parent = m.replyTo === null ? undefined : state.messages.find((x) => x.chat === m.chat && x.id === m.replyTo)
  const poll = m.poll
    ? `<div class="poll"><b>${esc(m.poll.question)}</b><small>${m.poll.anonymous ? 'Anonymous ' : ''}${m.poll.quiz ? 'Quiz' : 'Poll'}</small><ul>${m.poll.options.map((o) => `<li>${esc(o)}</li>`).join('')}</ul></div>`
    : ''
  const views =
    c.type === 'channel'
      ? `<span><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7z"/><circle cx="12" cy="12" r="3"/></svg><span class="sr">Views: </span>${Math.floor(c.members * (1 - Math.exp(-Math.max(0, world.now() - post.at) / 7_200_000)))}</span>`
      : ''
  const author = c.type === 'channel' ? c.title : state.bot.name
  return `<img class="face" src="${esc(avatarOf(c))}" alt=""><div class="bubble">
<header><b>${esc(author)}</b>${c.type === 'channel' ? '' : ` <span class="soft">in ${esc(c.title)}</span>`}${c.pinned === m.id ? '<span class="soft pin">Pinned</span>' : ''}</header>
${parent ? `<div class="reply">${esc(parent.text.slice(0, 80) || 'Media')}</div>` : ''}
${pictures(post, m, world)}${poll}${post.text && !m.poll ? `<div class="text">${rich(post.text, m.entities)}</div>` : ''}
<footer>${m.silent ? '<span>silent</span>' : ''}${views}${m.editedAt === null ? '' : '<span>edited</span>'}<time datetime="${new Date(post.at).toISOString()}">${clock(post.at)}</time></footer></div>`
}

export const css = `
body{--paper:#c9dcc0}
.feed{--bubble:#fff;--soft:#5d6b76;--accent:#1d6fb8;background:linear-gradient(160deg,#dfe9c9,#bcd6cf);min-height:100vh;color:#0c0f12;font-size:15px;padding-inline:.75rem}
@media(prefers-color-scheme:dark){.feed{--bubble:#1d2a36;--soft:#93a5b5;--accent:#74b8f5;background:linear-gradient(160deg,#0d1720,#12202a);color:#f2f5f7}}
.feed h1{padding-inline:.25rem}.feed .empty{color:inherit}
.feed article.post{display:grid;grid-template-columns:36px minmax(0,1fr);gap:.5rem;align-items:end;margin-bottom:.7rem}
.feed .gone-note{grid-column:1/-1;padding:0 0 0 3rem}
.feed .face{width:36px;height:36px;border-radius:50%}
.feed .bubble{background:var(--bubble);border-radius:14px 14px 14px 4px;overflow:hidden;width:fit-content;max-width:100%;min-width:min(100%,15rem);box-shadow:0 1px 2px #0003}
.feed header{padding:.45rem .75rem .1rem;color:var(--accent)}.feed .soft{color:var(--soft);font-weight:400}.feed .pin{float:right;font-size:.8rem}
.feed .text{margin:.1rem .75rem .2rem;white-space:pre-wrap;line-height:1.4}.feed .text a,.feed .tag{color:var(--accent);text-decoration:none}.feed .text a:hover{text-decoration:underline}
.feed .text pre,.feed .text code{font:.9em ui-monospace,monospace;background:#8882;border-radius:4px;padding:0 .2em;white-space:pre-wrap}.feed .text pre{padding:.4em .6em;margin:.2em 0}
.feed blockquote{margin:.2em 0;padding:.1em .6em;border-left:3px solid var(--accent);background:#3a87c522;border-radius:4px}
.feed .spoiler{background:currentColor;border-radius:4px}.feed .spoiler:hover,.feed .spoiler:focus{background:#8883}
.feed .reply{margin:.2rem .75rem;padding:.1rem .5rem;border-left:3px solid var(--accent);font-size:.88rem;color:var(--soft);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.feed .pictures{display:grid;gap:2px;margin-top:.25rem}.feed .pictures img,.feed .pictures video{display:block;width:100%;object-fit:cover;max-height:30rem}
.feed .veiled img{filter:blur(22px)}.feed .veiled:hover img{filter:none}
.feed .n2,.feed .n3,.feed .n4{grid-template-columns:1fr 1fr}.feed .n2 img,.feed .n3 img,.feed .n4 img{height:12rem}.feed .n3 img:first-child{grid-column:1/-1}
.feed .file{padding:.6rem .75rem;color:var(--accent)}
.feed .poll{padding:.2rem .75rem}.feed .poll small{display:block;color:var(--soft)}.feed .poll ul{list-style:none;margin:.4rem 0;padding:0}.feed .poll li{padding:.35rem 0 .35rem 1.7rem;position:relative;border-bottom:1px solid #8883}
.feed .poll li::before{content:"";position:absolute;left:0;top:.55rem;width:1rem;height:1rem;border:2px solid var(--soft);border-radius:50%}
.feed footer{display:flex;gap:.6rem;justify-content:flex-end;align-items:center;padding:0 .6rem .35rem .75rem;color:var(--soft);font-size:.78rem}
.feed footer span{display:inline-flex;gap:.25rem;align-items:center}.feed footer svg{width:1rem;height:1rem;fill:none;stroke:currentColor;stroke-width:1.8}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
`
