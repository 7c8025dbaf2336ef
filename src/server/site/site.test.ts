import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { problems } from '#contract/problems.ts'
import { type TestApp, testApp } from '../testing.ts'
import { findPages, reading, sourceOf } from './pages.ts'
import { render } from './render.ts'

const pages = await findPages()
const drawn = new Map<string, string>()
let site: TestApp
beforeAll(async () => {
  site = await testApp()
  for (const { slug } of pages) {
    const answer = await site.app.inject({ method: 'GET', url: `/docs/${slug}` })
    expect([slug, answer.statusCode]).toEqual([slug, 200])
    drawn.set(`/docs/${slug}`, answer.body)
  }
})
afterAll(() => site.close())

const all = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].map((m) => m[1]!)

test('every page people read in order is there, a guide for each network, and every page is in the navigation', () => {
  const slugs = pages.map((p) => p.slug)
  for (const slug of reading) expect(slugs).toContain(slug)
  expect(slugs.filter((s) => s.startsWith('networks/'))).toHaveLength(12)
  const linked = all(drawn.get('/docs/')!, /href="\/docs\/([^"#]*)"/g)
  for (const slug of slugs) expect(linked).toContain(slug)
})

test('every link within Clarion leads to a page, and every fragment to a place on it', async () => {
  const dead: string[] = []
  const doors = new Map<string, number>()
  for (const [at, html] of drawn)
    for (const href of all(html, /href="([^"]*)"/g)) {
      if (/^https?:/.test(href)) continue
      const [path, hash] = href.replaceAll('&amp;', '&').split('#', 2)
      const target = path === '' ? at : path!
      const page = drawn.get(target)
      if (page === undefined) {
        if (!doors.has(target))
          doors.set(
            target,
            (await site.app.inject({ method: 'GET', url: target, headers: { accept: 'text/html' } })).statusCode,
          )
        if (doors.get(target) !== 200) dead.push(`${at} -> ${href}`)
      } else if (hash !== undefined && hash !== '' && !page.includes(` id="${decodeURIComponent(hash)}"`))
        dead.push(`${at} -> ${href}`)
    }
  expect(dead).toEqual([])
})

test('every relative link of a source names a file, so that it is right on a code host too', async () => {
  const dead: string[] = []
  for (const page of pages) {
    const source = (await readFile(page.file, 'utf8')).replace(/```[\s\S]*?```|`[^`\n]*`/g, '')
    for (const href of all(source, /\]\(([^)\s]+)\)/g)) {
      if (/^([a-z]+:|#|\/)/i.test(href)) continue
      if (!existsSync(sourceOf(page, href.split('#')[0]!))) dead.push(`${page.file} -> ${href}`)
    }
  }
  expect(dead).toEqual([])
})

test('every problem code has its section, and an unknown page is not found', async () => {
  for (const code of Object.keys(problems)) expect(drawn.get('/docs/problems')).toContain(`<section id="${code}">`)
  for (const url of ['/docs/no-such-page', '/docs/../package.json', '/docs/%2e%2e%2fpackage.json', '/docs/constructor'])
    expect([url, (await site.app.inject({ method: 'GET', url })).statusCode]).toEqual([url, 404])
})

test('a source brings words alone into the browser', () => {
  const page = pages[0]!
  const { html } = render(
    '# T <img src=x onerror=a>\n\n<script>a()</script>\n\n[a](javascript:a) [b](JaVaScRiPt:a) [c](data:text/html,a) [d](//x" onclick="a) <b onclick=a>w</b>',
    page,
    pages,
  )
  expect(html).not.toMatch(/<(img|script|b)\b|href="(?!\/\/x)[^"]*:|<[^>]*onclick=/i)
})
