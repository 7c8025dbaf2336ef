/** What a person does day after day: tidying drafts, reading the calendar, leaving a half-made change, signing out. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clarion, freshContext, openBrowser, owner, setUp, startClarion, watch } from './harness.ts'

const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
let clarion: Clarion
let browser: Browser
let context: BrowserContext
let page: Page
let problems: { errors: string[] }

beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
  context = await freshContext(browser, clarion.url)
  await setUp(context)
  page = await context.newPage()
  page.setDefaultTimeout(15_000)
  problems = watch(page)
})
afterAll(async () => {
  await browser?.close()
  await clarion?.stop()
})

describe.skipIf(!chromium)('a person, day after day', () => {
  it('signs out and leaves nothing of the own screens: not there, not one step back, not after a session ended elsewhere', async () => {
    const scripts: (string | undefined)[] = []
    page.on('response', (r) => {
      if (/assets\/index-.*\.js$/.test(r.url())) scripts.push(r.headers()['content-encoding'])
    })
    const signInAgain = async () => {
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await page.getByText(owner.workspace).count()).toBe(0)
      await page.getByLabel('Email').fill(owner.email)
      await page.getByLabel('Password').fill(owner.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
    }
    await page.goto('/posts')
    await page.getByRole('link', { name: 'Channels' }).click()
    await page.getByText('Healthy').first().waitFor()
    expect(scripts).toEqual(['br'])
    await page.getByRole('button', { name: /Account and workspace/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
    await page.goBack()
    await signInAgain()
    await page.getByRole('link', { name: 'Posts' }).click()
    await page.getByText('No posts yet').waitFor()
    // Elsewhere: the cookie is worth nothing any more, and the next thing asked of the server shows it.
    const { cookies } = await context.storageState()
    await context.clearCookies()
    await page.getByRole('button', { name: 'Scheduled' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.getByText(owner.workspace).count()).toBe(0)
    await context.addCookies(cookies)
  })

  it('met no script error on the way', () => {
    expect(problems.errors).toEqual([])
  })
})
