import { readdirSync, readFileSync } from 'node:fs'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { Markdown } from './markdown.tsx'

const draw = (source: string) => renderToStaticMarkup(<Markdown source={source} />)
const platforms = new URL('../../platforms/', import.meta.url)
const guides = readdirSync(platforms, { withFileTypes: true })
  .filter((d) => d.isDirectory() && !['families', 'registry'].includes(d.name))
  .map((d) => [d.name, readFileSync(new URL(`${d.name}/README.md`, platforms), 'utf8')] as const)

describe('a guide', () => {
  it('has emphasis, bold with code inside, and numbers that go on after bullets', () => {
    const html = draw('1. Copy it into *Valid URIs*.\n   - **Set `https`** first\n2. Save 3 * 4 = 12')
    expect(html).toContain('<em>Valid URIs</em>')
    expect(html).toMatch(/<strong>Set <code[^>]*>https<\/code><\/strong>/)
    expect(html).toContain('<ol start="2"')
    expect(html).toContain('3 * 4 = 12')
  })

  it.each(guides)('of %s shows no mark of its source', (_, source) => {
    const text = draw(source)
      .replace(/<(code|pre)[^>]*>.*?<\/\1>/gs, '')
      .replace(/<[^>]+>/g, '')
    expect(text.match(/.{0,30}(?:\*|`|\]\().{0,30}/g) ?? []).toEqual([])
  })
})
