/**
 * Makes docs/screenshots/*.png from a running Clarion filled with examples: `node e2e/screenshots.ts [folder] [--all]`.
 * `--all` takes every screen at 360 and 1440 px, light and dark, for looking at them.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fill } from './fill.ts'
import { buildWeb, call, freshContext, type Look, openBrowser, signIn, startClarion } from './harness.ts'

const args = process.argv.slice(2)
const all = args.includes('--all')
const folder = args.find((a) => !a.startsWith('--')) ?? join(import.meta.dirname, '../docs/screenshots')
await mkdir(folder, { recursive: true })
await buildWeb()
const clarion = await startClarion()
const browser = await openBrowser()
try {
  const first = await freshContext(browser, clarion.url)
  const made = await fill(first)
  await call(first, 'POST', '/sandbox/_desk/clock', { advanceMs: 5 * 3_600_000 })
  await first.close()
  const shots: Record<string, string> = {
    composer: `/compose/${made.draft}`,
    calendar: '/calendar',
    post: `/posts/${made.published}`,
  }
  const more: Record<string, string> = {
    week: '/calendar?view=week',
    agenda: '/calendar?view=agenda',
    posts: '/posts',
    channels: '/channels',
    workspace: '/settings/workspace',
    members: '/settings/members',
    keys: '/settings/keys',
    platforms: '/settings/platforms',
    welcome: '/welcome',
  }
  const looks: [string, Look][] = all
    ? [
        ['-light', { width: 1440 }],
        ['-dark', { width: 1440, dark: true }],
        ['-phone', { width: 360, height: 740 }],
        ['-phone-dark', { width: 360, height: 740, dark: true }],
      ]
    : [['', { width: 1440 }]]
  for (const [suffix, look] of looks) {
    const context = await freshContext(browser, clarion.url, look)
    if (all) {
      const out = await context.newPage()
      await out.goto('/')
      await out.locator('form').waitFor()
      await out.screenshot({ path: join(folder, `signin${suffix}.png`) })
      await out.close()
    }
    await signIn(context)
    const page = await context.newPage()
    for (const [name, path] of Object.entries(all ? { ...shots, ...more } : shots)) {
      await page.goto(path)
      await page.locator('main h1').waitFor()
      await page.waitForLoadState('load')
      await page.waitForTimeout(900)
      if (name === 'post') {
        // Hours later, as the sandbox counts them: people have seen it.
        const numbers = page.getByRole('region', { name: 'Numbers' }).first()
        await numbers.getByRole('button', { name: 'Ask now' }).click()
        await numbers.getByText('Likes').waitFor()
        await page.evaluate(() => window.scrollTo(0, 0))
      }
      await page.screenshot({ path: join(folder, `${name}${suffix}.png`), fullPage: all })
      console.log(`${name}${suffix}.png`)
    }
    await context.close()
  }
} finally {
  await browser.close()
  await clarion.stop()
}
