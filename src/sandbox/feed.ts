/** A network's feed: newest thread first, each thread joined and in order, drawn by the imitation. */
import { esc, page } from '#kit/sandbox/html.ts'
import type { LedgerPost } from '#kit/sandbox/imitation.ts'
import { bar, baseCss } from './page-frame.ts'
import type { Member } from './types.ts'

const css = `${baseCss}
.feed{max-width:38rem;margin:0 auto;padding:0 0 4rem}
.feed h1{font-size:1.25rem;margin:0;padding:1rem}
.feed .empty{padding:3rem 1.5rem;text-align:center;color:var(--soft)}
.feed article{position:relative}.feed img{max-width:100%}
.feed .gone{opacity:.55}.feed .gone-note{margin:0;padding:.35rem 1rem 0;font-size:.8rem;color:var(--bad)}
`

/** Threads, newest activity first; inside a thread parents before replies, in time order. */
export const threads = (posts: readonly LedgerPost[]): LedgerPost[][] => {
  const byId = new Map(posts.map((p) => [p.id, p]))
  const rootOf = (p: LedgerPost): string => {
    const been = new Set<string>()
    let at = p
    while (at.replyTo !== null && !been.has(at.id)) {
      been.add(at.id)
      const parent = byId.get(at.replyTo)
      if (!parent) break
      at = parent
    }
    return at.id
  }
  const groups = new Map<string, LedgerPost[]>()
  for (const p of posts) {
    const root = rootOf(p)
    groups.set(root, [...(groups.get(root) ?? []), p])
  }
  const newest = (g: LedgerPost[]) => Math.max(...g.map((p) => p.at))
  // Same instant: the later one in the ledger is the newer one.
  return [...groups.values()].reverse().sort((a, b) => newest(b) - newest(a))
}

/** The page. Everything from requests is escaped by the imitation's `render` or here. */
export const feedPage = ({ imitation, world }: Member, o: { base: string; now: number }): string => {
  const groups = threads(imitation.posts(world))
  const article = (p: LedgerPost, i: number, g: LedgerPost[]) => {
    const place = g.length === 1 ? 'single' : i === 0 ? 'first' : i === g.length - 1 ? 'last' : 'middle'
    return `<article class="post ${place}${p.deleted ? ' gone' : ''}" id="p-${esc(p.id)}">${p.deleted ? '<p class="gone-note">Deleted on the network</p>' : ''}${imitation.render(p, world)}</article>`
  }
  const list = groups.map((g) => `<section class="thread">${g.map(article).join('')}</section>`).join('')
  return page({
    title: `${imitation.name} (sandbox)`,
    css: css + (imitation.css ?? ''),
    body: `${bar(o.base, [{ id: imitation.platform, name: esc(imitation.name) }], imitation.platform)}<main class="feed"><h1>${esc(imitation.name)}</h1>${list || '<p class="empty">Nothing here yet. What Clarion publishes to this sandbox network shows up on this page.</p>'}</main>`,
  })
}
