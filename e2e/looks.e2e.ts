/** Every screen: readable by everyone (axe, WCAG A and AA, light and dark) and on a phone (no sideways scroll at 360 px). */
import { existsSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fill } from './fill.ts'
import { type Clarion, freshContext, openBrowser, signIn, startClarion } from './harness.ts'

const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
let clarion: Clarion
let browser: Browser
let screens: (readonly [name: string, path: string, ready: string])[] = []

beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
  const first = await freshContext(browser, clarion.url)
  const made = await fill(first)
  screens = [
    ['calendar, month', '/calendar', '[data-post]'],
    ['calendar, week', '/calendar?view=week', '[data-post]'],
    ['calendar, list', '/calendar?view=agenda', 'main li button'],
    ['posts', '/posts', 'main li a'],
    ['composer', `/compose/${made.draft}`, 'textarea'],
    ['post', `/posts/${made.published}`, 'article[data-publication] details'],
    ['channels', '/channels', 'article'],
    ['settings: workspace', '/settings/workspace', 'form'],
    ['settings: members', '/settings/members', 'form'],
    ['settings: API keys', '/settings/keys', 'form'],
    ['settings: platforms', '/settings/platforms', 'details'],
    ['welcome', '/welcome', 'section'],
  ]
  await first.close()
})
afterAll(async () => {
  await browser?.close()
  await clarion?.stop()
})

/** All rules in the light scheme; in the dark one only the colours differ, so only contrast is asked again. */
const problemsOf = async (page: Page, name: string, path: string, ready: string): Promise<string[]> => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto(path)
  await page.locator(ready).first().waitFor()
  const light = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze()
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.locator('html.dark').waitFor()
  // The new colours are there once they have been painted.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  const dark = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze()
  const told = (scheme: string, list: typeof light.violations) =>
    list.map((v) => `${name}, ${scheme}: ${v.id} ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3)}`)
  return [...told('light', light.violations), ...told('dark', dark.violations)]
}

describe.skipIf(!chromium)('every screen', () => {
  it('has no WCAG A or AA violation, light or dark', { timeout: 1_200_000 }, async () => {
    const context = await freshContext(browser, clarion.url, { width: 1280 })
    const page = await context.newPage()
    page.setDefaultTimeout(120_000)
    const found = await problemsOf(page, 'sign-in', '/', 'form')
    await signIn(context)
    for (const screen of screens) found.push(...(await problemsOf(page, ...screen)))
    await context.close()
    expect(found).toEqual([])
  })

  it('fits a phone of 360 px without sideways scroll', async () => {
    const context = await freshContext(browser, clarion.url, { width: 360, height: 740 })
    await signIn(context)
    const page = await context.newPage()
    const wide: string[] = []
    for (const [name, path] of screens) {
      await page.goto(path)
      await page.locator('main h1').first().waitFor()
      await page.waitForTimeout(250)
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (over > 0) wide.push(`${name}: ${over} px`)
    }
    await context.close()
    expect(wide).toEqual([])
  })

  it('brings the open tab of the settings into view on a phone', async () => {
    const context = await freshContext(browser, clarion.url, { width: 360, height: 740 })
    await signIn(context)
    const page = await context.newPage()
    await page.goto('/settings/account')
    const box = async () => page.locator('main nav [aria-current]').boundingBox()
    await expect.poll(async () => ((await box())?.x ?? 360) + ((await box())?.width ?? 0)).toBeLessThanOrEqual(360)
    await context.close()
  })
})
