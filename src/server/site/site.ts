/** The documents as a site: every page with its navigation, made when first asked for and kept, some 300 kB in all. */
import { readFile } from 'node:fs/promises'
import { problems } from '#contract/problems.ts'
import { escaped } from '../html.ts'
import { findPages, type Page, reading } from './pages.ts'
import { type Rendered, render } from './render.ts'

/** `code` in backticks. */
const inline = (text: string) => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')

/** Drawn from the table: one section a code. */
const problemSections = (): string =>
  Object.entries(problems)
    .map(
      ([code, p]) =>
        `<section id="${code}"><h2><a href="#${code}">${code}</a> <small>${p.status}</small></h2><p><strong>${inline(p.title)}.</strong> ${inline(p.fix)}</p></section>`,
    )
    .join('\n')

const style = `:root{color-scheme:light dark;--line:light-dark(#ddd9d2,#3a3733);--soft:light-dark(#f4f2ee,#262421);--ink:light-dark(#1f1d1a,#eceae6);--link:light-dark(#8a3a12,#f0a882);--back:light-dark(#fff,#191817)}
*{box-sizing:border-box}body{margin:0;font:16px/1.6 system-ui,sans-serif;color:var(--ink);background:var(--back)}a{color:var(--link);text-underline-offset:2px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:1rem;background:var(--back);padding:.5rem 1rem;z-index:2}
header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;padding:.75rem 1rem;border-bottom:1px solid var(--line)}header strong{font-size:1.1rem}
.frame{display:grid;grid-template-columns:minmax(0,1fr);max-width:76rem;margin:0 auto}nav ul{list-style:none;margin:0;padding:0}nav li{margin:.1rem 0}nav a{display:block;padding:.2rem .5rem;border-radius:.375rem;text-decoration:none}nav a:hover{background:var(--soft)}nav a[aria-current]{background:var(--soft);font-weight:600}nav summary{padding:.5rem;cursor:pointer;font-weight:600}
.pages{padding:.5rem 1rem;border-bottom:1px solid var(--line)}main{padding:1rem;min-width:0;max-width:52rem;overflow-wrap:break-word}main:focus{outline:none}
h1{line-height:1.2}h2{margin-top:2rem;line-height:1.3}code{font:.875em ui-monospace,monospace;background:var(--soft);padding:.1em .3em;border-radius:.25rem}pre{background:var(--soft);padding:.875rem;border-radius:.5rem;overflow:auto}pre code{padding:0;background:none}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9375rem}th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--line)}section h2{font-size:1.1rem;margin:1.5rem 0 .25rem}section h2 a{color:inherit;font-family:ui-monospace,monospace;text-decoration:none}section h2 small{font-weight:400;opacity:.8}section p{margin:0}section:target{outline:2px solid;outline-offset:.5rem;border-radius:2px}
footer{padding:2rem 1rem;opacity:.8}@media(min-width:64rem){.frame{grid-template-columns:16rem minmax(0,1fr)}.pages{border:0;border-right:1px solid var(--line);padding:1rem}main{padding:1rem 2rem}}`

type Made = Rendered & { page: Page }

const frame = (made: Made, all: readonly Made[]): string => {
  const entry = ({ page, title }: Made) =>
    `<li><a href="/docs/${page.slug}"${page.slug === made.page.slug ? ' aria-current="page"' : ''}>${escaped(title)}</a></li>`
  const list = (label: string, of: readonly Made[]) =>
    `<details${of.some((m) => m.page.slug === made.page.slug) ? ' open' : ''}><summary>${label}</summary><ul>${of.map(entry).join('')}</ul></details>`
  const starting = (beginning: string) => all.filter((m) => m.page.slug.startsWith(beginning))
  const first = reading.flatMap((slug) => all.filter((m) => m.page.slug === slug))
  const more = all.filter((m) => !m.page.slug.includes('/') && !first.includes(m))
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(made.title)} - Clarion</title><style>${style}</style></head>
<body><a class="skip" href="#main">To the text</a>
<header><strong>Clarion</strong><a href="/">Open Clarion</a><a href="/docs/api/">API reference</a></header>
<div class="frame"><nav class="pages" aria-label="Documents"><ul>${first.map(entry).join('')}</ul>${list('Each network', starting('networks/'))}${list('More', more)}${list('Decisions', starting('decisions/'))}</nav>
<main id="main" tabindex="-1">${made.html}</main></div></body></html>
`
}

/** Gives the page of a slug ('' is the first one) as HTML, or null. */
export const createSite = async () => {
  const pages = await findPages()
  const made: Made[] = []
  for (const page of pages) {
    const drawn = render(await readFile(page.file, 'utf8'), page, pages)
    made.push({ ...drawn, page, html: page.slug === 'problems' ? drawn.html + problemSections() : drawn.html })
  }
  return (slug: string): string | null => {
    const found = made.find((m) => m.page.slug === slug)
    return found ? frame(found, made) : null
  }
}
