/** HTML by hand: escaping, the page around everything the sandbox shows, and times as feeds write them. */

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes for element text and for quoted attribute values. Everything that came from a request goes through here. */
export const esc = (text: unknown): string => String(text).replace(/[&<>"']/g, (c) => entities[c]!)

/** An escaped link when the address is http(s), else escaped text: `javascript:` never becomes an href. */
export const link = (href: string, innerHtml: string): string =>
  /^https?:\/\//i.test(href) ? `<a href="${esc(href)}" rel="noreferrer noopener">${innerHtml}</a>` : innerHtml

/** `14:05 · 22 Nov 2026`, in UTC. */
export const feedTime = (at: number): string => {
  const d = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][d.getUTCMonth()]
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())} · ${d.getUTCDate()} ${month} ${d.getUTCFullYear()}`
}

/** `<time>` with the machine-readable instant. */
export const timeTag = (at: number): string => `<time datetime="${new Date(at).toISOString()}">${feedTime(at)}</time>`

/** Age as feeds write it: `now`, `5m`, `3h`, `2d`, then the date. */
export const shortAge = (at: number, now: number): string => {
  const s = Math.max(0, Math.floor((now - at) / 1000))
  if (s < 60) return 'now'
  if (s < 3600) return `${Math.floor(s / 60)}m`
  if (s < 86_400) return `${Math.floor(s / 3600)}h`
  if (s < 7 * 86_400) return `${Math.floor(s / 86_400)}d`
  return feedTime(at).split(' · ')[1]!
}

/** A whole page. `head` and `body` are HTML made by the caller; `title` is escaped here. */
export const page = (o: { title: string; css: string; body: string; lang?: string }): string => `<!doctype html>
<html lang="${o.lang ?? 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${esc(o.title)}</title>
<link rel="icon" href="data:,">
<style>${o.css}</style>
</head>
<body>
${o.body}
</body>
</html>
`
