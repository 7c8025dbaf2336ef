/** What needs a person, as a person meets it: the bell counts, the list says what and leads to where it is ended. */
import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clarion, call, freshContext, openBrowser, setUp, signIn, startClarion, watch } from './harness.ts'

const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
const shots = process.env.CLARION_SHOTS

let clarion: Clarion
let browser: Browser
beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await clarion?.stop()
})

describe.skipIf(!chromium)('the bell', () => {
  it('tells of a lost answer and a revoked token, leads to the remedy, and is quiet when both are over', async () => {
    const context = await freshContext(browser, clarion.url)
    const { ws } = await setUp(context)
    const page = await context.newPage()
    page.setDefaultTimeout(120_000)
    const problems = watch(page)
    await page.goto('/calendar')
    await page.getByRole('button', { name: 'Nothing needs a person' }).waitFor()

    const base = `/api/v1/workspaces/${ws}`
    const { items: channels } = await call<{ items: { id: string; platform: string }[] }>(
      context,
      'GET',
      `${base}/channels`,
    )
    const on = (platform: string) => channels.find((c) => c.platform === platform)!.id
    await call(context, 'POST', '/sandbox/_desk/faults', { platform: 'telegram', route: 'create', do: 'drop-after' })
    const post = await call<{ id: string }>(context, 'POST', `${base}/posts`, {
      content: { segments: [{ text: 'Doors open at nine' }] },
      publications: [{ channelId: on('telegram') }],
    })
    await call(context, 'POST', `${base}/posts/${post.id}/schedule`, { at: new Date(Date.now() + 1_000).toISOString() })
    // The page was told, and nobody loaded it anew.
    const one = page.getByRole('button', { name: '1 thing needs a person' })
    await one.waitFor()

    await call(context, 'POST', '/sandbox/_desk/bluesky/revoke', {})
    await call(context, 'POST', `${base}/channels/${on('bluesky')}/check`)
    await page.getByRole('button', { name: '2 things need a person' }).click()
    const list = page.getByRole('dialog')
    await list.locator('[data-attention="channel-reconnect"]').getByRole('link', { name: 'Connect again' }).waitFor()
    const lost = list.locator('[data-attention="unconfirmed"]')
    expect(await lost.textContent()).toContain('Doors open at nine')
    if (shots) await page.screenshot({ path: `${shots}/bell-1280.png` })
    await lost.getByRole('link', { name: 'Say what happened' }).click()
    await page.getByRole('button', { name: 'It is there' }).click()
    await page.getByRole('button', { name: '1 thing needs a person' }).waitFor()

    if (shots)
      for (const width of [360, 768, 1440]) {
        const small = await freshContext(browser, clarion.url, {
          width,
          height: 800,
          dark: width < 1000,
          language: 'pl',
        })
        await signIn(small)
        const p = await small.newPage()
        await p.addInitScript(() => localStorage.setItem('clarion.language', 'pl'))
        await p.goto('/calendar')
        await p.getByRole('button', { name: /wymaga człowieka/ }).click()
        await p.locator('[data-attention]').first().waitFor()
        await p.screenshot({ path: `${shots}/bell-pl-${width}.png` })
        await small.close()
      }

    await call(context, 'POST', `${base}/sandbox/connect-all`)
    await page.getByRole('button', { name: 'Nothing needs a person' }).waitFor()
    expect(problems.errors).toEqual([])
  })
})
