/** What the networks of many questions ask of a person: ways and accounts, compliance, video, numbers, editing. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleFile } from '#kit/testing/media.ts'
import { type Clarion, call, freshContext, openBrowser, setUp, startClarion, watch } from './harness.ts'

type Ledger = { posts: { text: string | null; deleted?: boolean; kind?: string; media: unknown[] }[] }
const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
let clarion: Clarion
let browser: Browser
let context: BrowserContext
let page: Page
let problems: { errors: string[] }
let ws = ''

const file = (media: Parameters<typeof sampleFile>[0]) => {
  const { bytes, mime, name } = sampleFile(media, 7)
  return { buffer: bytes, mimeType: mime, name }
}
const posts = async (platform: string, text: string) => {
  const r = await call<Ledger | Ledger['posts']>(context, 'GET', `/sandbox/_desk/${platform}/posts`)
  return (Array.isArray(r) ? r : r.posts).filter((p) => !p.deleted && p.text?.includes(text))
}
const choose = (network: RegExp) =>
  page.getByRole('group', { name: 'Where to' }).getByRole('button', { name: network }).first().click()
const write = (text: string) => page.getByLabel('Text', { exact: true }).fill(text)
const saved = () => page.locator('[data-save="saved"]').waitFor()
const publishNow = async () => {
  await page.getByRole('button', { name: 'Publish now' }).click()
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.waitForURL('**/posts/*')
  await page.locator('article[data-state="published"]').waitFor({ timeout: 300_000 })
}

beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
  context = await freshContext(browser, clarion.url)
  ;({ ws } = await setUp(context, { connect: false }))
  page = await context.newPage()
  page.setDefaultTimeout(120_000)
  problems = watch(page)
})
afterAll(async () => {
  await browser?.close()
  await clarion?.stop()
})

describe.skipIf(!chromium)('a person with many networks', () => {
  it('connects by a second way, and chooses among the accounts it offers', async () => {
    await page.goto('/channels')
    await page.getByRole('button', { name: 'Connect a channel' }).click()
    await page.getByRole('button', { name: /^Instagram/ }).click()
    await page.getByRole('radio', { name: /Sandbox/ }).check()
    await page.getByRole('radio', { name: /Sign in with Facebook/ }).check()
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByRole('button', { name: /Allow|Continue/ }).click()
    const dialog = page.getByRole('dialog')
    const offers = dialog.getByRole('checkbox')
    await offers.first().waitFor()
    expect(await offers.count()).toBeGreaterThan(1)
    // Nothing is connected that nobody chose.
    expect(await dialog.getByRole('checkbox', { checked: true }).count()).toBe(0)
    expect(await dialog.getByRole('button', { name: /^Connect 0/ }).isDisabled()).toBe(true)
    await offers.nth(1).check()
    await dialog.getByRole('button', { name: 'Connect 1 account' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('article').getByText('Healthy').waitFor()
    expect(await page.getByRole('article').count()).toBe(1)
  })

  it('finds the webhook address and the verify word where the console of the network is prepared', async () => {
    const { items } = await call<{ items: { id: string; name: string; webhookUrl: string; webhookSecret: string }[] }>(
      context,
      'GET',
      `/api/v1/workspaces/${ws}/platforms`,
    )
    const facebook = items.find((p) => p.id === 'facebook')
    await page.goto('/settings/platforms?open=facebook')
    const section = page.getByRole('region', { name: `To paste into the console of ${facebook?.name}` })
    expect(new URL(facebook?.webhookUrl ?? '').pathname).toBe('/webhooks/facebook')
    await section.getByText(facebook?.webhookUrl ?? '-').waitFor()
    expect(await section.getByText(facebook?.webhookSecret ?? '-').count()).toBe(0)
    await section.getByRole('button', { name: 'Show' }).click()
    await section.getByText(facebook?.webhookSecret ?? '-').waitFor()
  })

  it('cannot skip what TikTok asks: it is led to the settings, chooses, and the video is published once', async () => {
    await call(context, 'POST', `/api/v1/workspaces/${ws}/sandbox/connect-all`)
    await page.goto('/compose')
    await choose(/TikTok/)
    await write('The first loaf of the day')
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(file({ kind: 'video', width: 720, height: 1280, ms: 6000 }))
    await page
      .getByLabel('Alt text')
      .or(page.getByRole('list', { name: 'Media' }))
      .first()
      .waitFor()
    await saved()
    await page.getByRole('button', { name: 'Schedule…' }).click()
    await page.getByRole('alert').getByText('Choose who can view this post').waitFor()
    expect(await page.getByRole('dialog').count()).toBe(0)
    // The panel is open, and nothing is chosen beforehand.
    const privacy = page.getByLabel('Who can view this post')
    expect(await privacy.inputValue()).toBe('')
    await privacy.selectOption({ label: 'Everyone' })
    await page.getByRole('button', { name: 'Schedule…' }).click()
    await page.getByRole('alert').getByText('Music Usage Confirmation').waitFor()
    await page.getByRole('switch', { name: /I agree, and want this to be posted/ }).click()
    await saved()
    await publishNow()
    const [post, ...more] = await posts('tiktok', 'The first loaf of the day')
    expect([post?.media.length, more.length]).toEqual([1, 0])
  })

  it('cannot send a pin to no board', async () => {
    await page.goto('/compose')
    await choose(/Pinterest/)
    await write('Rye on Sunday')
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(file({ kind: 'image', type: 'image/jpeg', width: 1000, height: 1500 }))
    await saved()
    await page.getByRole('button', { name: 'Pinterest settings' }).first().click()
    const board = page.getByLabel('Board', { exact: true })
    expect(await board.inputValue()).toBe('')
    await board.selectOption({ index: 1 })
    await page.locator('[data-rule="pinterest.settings.boardId"]').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Schedule…' }).click()
    await page.getByRole('dialog').getByText('Schedule').first().waitFor()
    await page.keyboard.press('Escape')
  })

  it('reads the numbers of a published post, and changes its words on the network', async () => {
    await page.goto('/compose')
    await choose(/Facebook/)
    await write('Open at eigth on Sunday')
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(file({ kind: 'image', type: 'image/jpeg', width: 1200, height: 900 }))
    await saved()
    await publishNow()
    // People react in the course of hours: the sandbox's clock goes on.
    await call(context, 'POST', '/sandbox/_desk/clock', { advanceMs: 6 * 3_600_000 })
    const numbers = page.getByRole('region', { name: 'Numbers' })
    await numbers.getByRole('button', { name: 'Ask now' }).click()
    await numbers.getByText('Likes').waitFor()
    expect(Number((await numbers.locator('dd').first().innerText()).replace(/\D/g, ''))).toBeGreaterThan(0)

    await page.getByRole('button', { name: 'Edit text' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Text', { exact: true }).fill('Open at eight on Sunday')
    await dialog.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('Changed on Facebook Pages.').waitFor()
    expect((await posts('facebook', 'Open at eight on Sunday')).length).toBe(1)
    expect((await posts('facebook', 'Open at eigth')).length).toBe(0)
  })

  it('met no script error on the way', () => {
    expect(problems.errors).toEqual([])
  })
})
