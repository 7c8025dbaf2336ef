/** Channels: connecting by each of the three ways in the browser, what goes wrong on the way, pause and resume. First in Polish. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clarion, call, freshContext, openBrowser, setUp, signIn, startClarion, watch } from './harness.ts'

const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
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

describe.skipIf(!chromium)('a person who speaks Polish', () => {
  it('finds every screen in Polish, with no key shown as it is', async () => {
    const other = await freshContext(browser, clarion.url, { language: 'pl' })
    try {
      const first = await other.newPage()
      first.setDefaultTimeout(120_000)
      await first.goto('/')
      await first.getByRole('button', { name: 'Utwórz konto' }).waitFor()
      await setUp(other, { locale: 'pl' })
      for (const [path, word] of [
        ['/calendar', 'Kalendarz'],
        ['/posts', 'Nie ma jeszcze postów'],
        ['/channels', 'Działa'],
        ['/compose', 'Dodaj multimedia'],
        ['/settings/workspace', 'Strefa czasowa'],
        ['/settings/members', 'Dodaj osobę'],
        ['/settings/keys', 'Utwórz klucz'],
        ['/settings/platforms', 'Każda sieć wymaga'],
      ] as const) {
        await first.goto(path)
        await first.getByText(word).first().waitFor()
        const text = await first.locator('body').innerText()
        expect(
          text.match(
            /\b(action|nav|state|post|posts|composer|calendar|channels|settings|when|save|media|connect|keys|members|platforms|shell)\.[a-z][A-Za-z.]+/g,
          ) ?? [],
          path,
        ).toEqual([])
        expect(await first.evaluate(() => document.documentElement.lang)).toBe('pl')
      }
    } finally {
      await other.close()
    }
  })
})

describe.skipIf(!chromium)('an admin', () => {
  let context: BrowserContext
  let page: Page
  let problems: { errors: string[] }
  const article = (name: string) => page.getByRole('article', { name })
  const begin = async (network: string, sandbox = 'Sandbox') => {
    await page.goto('/channels')
    await page.getByRole('button', { name: 'Connect a channel' }).click()
    await page.getByRole('button', { name: new RegExp(`^${network}`) }).click()
    await page.getByRole('radio', { name: new RegExp(sandbox) }).check()
  }
  const connect = () => page.getByRole('button', { name: 'Connect', exact: true }).click()

  beforeAll(async () => {
    context = await freshContext(browser, clarion.url)
    // The workspace speaks Polish; this person chose English.
    await context.addInitScript(() => localStorage.setItem('clarion.language', 'en'))
    await signIn(context)
    page = await context.newPage()
    page.setDefaultTimeout(120_000)
    problems = watch(page)
  })
  afterAll(() => context?.close())

  it('is told that nothing was connected after saying no on the consent page, and connects after saying yes', async () => {
    await begin('X')
    await connect()
    await page.getByRole('heading', { name: /wants to access your X account/ }).waitFor()
    await page.getByRole('button', { name: 'Deny' }).click()
    await page.getByRole('dialog').getByText('You did not allow Clarion on X. Nothing was connected.').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await article('Harbor Field Notes').count()).toBe(0)

    await begin('X')
    await connect()
    await page.getByRole('radio', { name: /Harbor Field Notes/ }).check()
    await page.getByRole('button', { name: 'Allow' }).click()
    const choose = page.getByRole('button', { name: 'Connect 1 account' })
    await choose.or(article('Harbor Field Notes')).first().waitFor()
    if (await choose.isVisible()) await choose.click()
    await article('Harbor Field Notes').getByText('Healthy').waitFor()
  })

  it('is told when the app password is wrong, keeps what was typed, and connects with the right one', async () => {
    const { form } = await call<{ form: Record<string, string> }>(context, 'POST', '/sandbox/_desk/bluesky/tokens', {
      account: 'newcomer.bsky.social',
    })
    await begin('Bluesky')
    await page.getByLabel('Handle').fill(form.identifier ?? '')
    await page.getByLabel('App password', { exact: true }).fill('aaaa-bbbb-cccc-dddd')
    await connect()
    await page.getByRole('dialog').getByRole('alert').waitFor()
    expect(await page.getByRole('dialog').getByRole('alert').innerText()).toMatch(/password/i)
    expect(await page.getByLabel('Handle').inputValue()).toBe(form.identifier)
    await page.getByLabel('App password', { exact: true }).fill(form.appPassword ?? '')
    await connect()
    const choose = page.getByRole('button', { name: 'Connect 1 account' })
    const done = page.getByText('1 channel connected')
    await choose.or(done).first().waitFor()
    if (await choose.isVisible()) await choose.click()
    await page.getByRole('article').filter({ hasText: 'newcomer.bsky.social' }).getByText('Healthy').waitFor()
  })

  it('posts the shown code in the channel, and the dialog goes on by itself', async () => {
    await begin('Telegram')
    await connect()
    await page.getByText('Waiting for the code to appear').waitFor()
    const code = await page.getByRole('dialog').locator('code').first().textContent()
    await call(context, 'POST', '/sandbox/_desk/telegram/act', {
      do: 'prove',
      code,
      chat: '-1002200000003',
    })
    const choose = page.getByRole('button', { name: 'Connect 1 account' })
    await choose.or(article('Studio Drafts')).first().waitFor()
    if (await choose.isVisible()) await choose.click()
    await article('Studio Drafts').getByText('Healthy').waitFor()
  })

  it('pauses a channel and lets it publish again', async () => {
    const one = article('Studio Drafts')
    await one.getByRole('button', { name: 'Actions for Studio Drafts · Telegram' }).click()
    await page.getByRole('menuitem', { name: 'Pause' }).click()
    await one.getByText('Nothing goes out here until you resume.').waitFor()
    await one.getByRole('button', { name: 'Resume' }).click()
    await one.getByText('Nothing goes out here until you resume.').waitFor({ state: 'detached' })
    await page.getByText('Studio Drafts · Telegram publishes again').waitFor()
  })

  it('met no script error on the way', () => {
    expect(problems.errors).toEqual([])
  })
})
