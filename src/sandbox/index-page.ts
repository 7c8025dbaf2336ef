/** The sandbox's front page: which networks there are, what is on them, and what the sandbox is. */
import { esc, page } from '#kit/sandbox/html.ts'
import { bar, baseCss } from './page-frame.ts'
import type { PageDeps } from './types.ts'

const css = `${baseCss}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem}h1{font-size:1.5rem;margin:0 0 .5rem}p{max-width:44rem}
ul{list-style:none;margin:1.25rem 0;padding:0;display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr))}
li{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1rem}
li h2{margin:0 0 .25rem;font-size:1.1rem}li p{margin:.25rem 0;color:var(--soft);font-size:.9rem}
.faces{display:flex;gap:.4rem;margin:.6rem 0 0}.faces img{width:34px;height:34px;border-radius:50%}
code{font-size:.85rem}`

export const indexPage = (d: PageDeps & { base: string }): string => {
  const members = [...d.members.values()]
  const networks = members.map((m) => ({ id: m.imitation.platform, name: esc(m.imitation.name) }))
  const card = (m: (typeof members)[number]) => {
    const posts = m.imitation.posts(m.world).filter((p) => !p.deleted)
    const accounts = m.imitation.accounts(m.world)
    const count = posts.length === 0 ? 'nothing posted yet' : `${posts.length} post${posts.length === 1 ? '' : 's'}`
    return `<li><h2><a href="${d.base}/_feed/${m.imitation.platform}">${esc(m.imitation.name)}</a></h2>
<p>${count} · ${accounts.length} account${accounts.length === 1 ? '' : 's'}</p><p><code>${m.imitation.hosts.map(esc).join(' ')}</code></p>
<div class="faces">${accounts
      .slice(0, 6)
      .map((a) =>
        a.avatar ? `<img src="${esc(a.avatar)}" alt="${esc(a.name)}" title="${esc(a.name)} ${esc(a.handle)}">` : '',
      )
      .join('')}</div></li>`
  }
  return page({
    title: 'Sandbox networks',
    css,
    body: `${bar(d.base, networks, '')}<main><h1>Sandbox networks</h1>
<p>Imitations of real networks, on this computer only. They take what the real ones take and refuse what the real ones refuse, so you can try everything before you have a developer key. Posts here reach nobody.</p>
<ul>${members.map(card).join('')}</ul>
<p>The <a href="${d.base}/_desk">fault desk</a> breaks things on purpose: lost answers, rate limits, dead tokens, time that jumps.</p></main>`,
  })
}
