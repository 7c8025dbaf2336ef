/**
 * Markdown to a page. Marked does the reading; raw HTML in a source is shown as text, and a link that is not the web's or ours
 * is none, so that a document can bring nothing but words into a browser that is signed in.
 */
import { Marked, type Tokens } from 'marked'
import { escaped } from '../html.ts'
import { linkFrom, type Page } from './pages.ts'

export type Rendered = {
  title: string
  html: string /** Second headings, for the list at the side. */
  parts: Heading[]
}
type Heading = { id: string; text: string }

/** As code hosts make them, so that one link is right on both: lower case, signs away, blanks to hyphens, a number when taken. */
const slugs = () => {
  const taken = new Map<string, number>()
  return (text: string): string => {
    const slug = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-')
    const times = taken.get(slug) ?? 0
    taken.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  }
}

const plain = (html: string) =>
  html
    .replace(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

export const render = (source: string, page: Page, pages: readonly Page[]): Rendered => {
  const slug = slugs()
  const parts: Heading[] = []
  let title = ''
  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => (text.startsWith('<!--') ? '' : escaped(text)),
      heading({ tokens, depth }: Tokens.Heading) {
        const html = this.parser.parseInline(tokens)
        const text = plain(html)
        const id = slug(text)
        if (depth === 1 && title === '') title = text
        if (depth === 2) parts.push({ id, text })
        return `<h${depth} id="${escaped(id)}">${html}</h${depth}>\n`
      },
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens)
        const to = linkFrom(page, pages, href)
        return to === null ? words : `<a href="${escaped(to)}">${words}</a>`
      },
      // Pictures of the README are for code hosts; a page of ours has their description.
      image: ({ text }: Tokens.Image) => escaped(text),
      // A table may be wider than a telephone; then it scrolls, and must be reachable by keyboard for that.
      table(token: Tokens.Table) {
        const row = (cells: Tokens.TableCell[], tag: string) =>
          `<tr>${cells.map((c) => `<${tag}>${this.parser.parseInline(c.tokens)}</${tag}>`).join('')}</tr>`
        return `<div class="wide" tabindex="0" role="region" aria-label="Table"><table><thead>${row(token.header, 'th')}</thead><tbody>${token.rows.map((r) => row(r, 'td')).join('')}</tbody></table></div>\n`
      },
      code: ({ text }: Tokens.Code) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`,
    },
  })
  const html = marked.parse(source, { async: false })
  return { title: title || page.slug, html, parts }
}
