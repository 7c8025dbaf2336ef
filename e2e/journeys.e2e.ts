/** What a person does, from the first visit on, against a started Clarion with its sandbox networks. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clarion, call, freshContext, openBrowser, owner, startClarion, watch } from './harness.ts'
import { picture } from './picture.ts'

type Ledger = { posts: { text: string; deleted?: boolean; media: { alt: string }[] }[] }
const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
const zone = 'Europe/Warsaw'
/** Wall time some seconds from now, as the form takes it. */
const soon = (seconds: number) =>
  Temporal.Now.zonedDateTimeISO(zone)
    .add({ seconds })
    .toPlainDateTime()
    .toString({ smallestUnit: 'second' })
    .split('T') as [string, string]

let clarion: Clarion
let browser: Browser
let context: BrowserContext
let page: Page
let problems: { errors: string[] }
let ws = ''

const posts = async (platform: string, text: string) => {
  const r = await call<Ledger | Ledger['posts']>(context, 'GET', `/sandbox/_desk/${platform}/posts`)
  return (Array.isArray(r) ? r : r.posts).filter((p) => !p.deleted && p.text.includes(text))
}
const card = (name: string) => page.locator('article[data-publication]').filter({ hasText: name })
/** The three networks these journeys tell of: they take words and pictures and ask nothing more. */
const chooseThree = async () => {
  const where = page.getByRole('group', { name: 'Where to' })
  for (const name of [/Bluesky/, /Telegram/, / X$/]) await where.getByRole('button', { name }).click()
}
/** Moves the focus as a person without a mouse does. */
const tabTo = async (to: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') => {
  for (let n = 0; n < 40; n++) {
    if (await to.evaluate((e) => e === document.activeElement)) return
    await page.keyboard.press(key)
  }
  throw new Error(`the keyboard cannot reach ${to}`)
}
const press = async (button: Locator, key: 'Enter' | 'Space' = 'Enter') => {
  await tabTo(button)
  await page.keyboard.press(key)
}
const saved = () => page.locator('[data-save="saved"]').waitFor()

beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
  context = await freshContext(browser, clarion.url)
  page = await context.newPage()
  page.setDefaultTimeout(120_000)
  problems = watch(page)
})
afterAll(async () => {
  await browser?.close()
  await clarion?.stop()
})

describe.skipIf(!chromium)('a person', () => {
  it('sets Clarion up and connects every sandbox network with one click', async () => {
    await page.goto('/')
    await page.getByLabel('Your name').fill(owner.name)
    await page.getByLabel('Email').fill(owner.email)
    await page.getByLabel('Password').fill(owner.password)
    await page.getByLabel('Workspace').fill(owner.workspace)
    expect(await page.getByLabel('Time zone').inputValue()).toBe(zone)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByRole('button', { name: 'Connect them all' }).click()
    await page.getByRole('heading', { name: 'New post' }).waitFor({ timeout: 300_000 })
    const me = await call<{ workspaces: { id: string }[] }>(context, 'GET', '/api/v1/me')
    ws = me.workspaces[0]?.id ?? ''
    await page.getByRole('link', { name: 'Channels' }).click()
    // One card a channel, each well; some networks connect more than one account.
    const { items } = await call<{ items: { platform: string }[] }>(context, 'GET', `/api/v1/workspaces/${ws}/channels`)
    const { items: networks } = await call<{ items: { id: string }[] }>(
      context,
      'GET',
      `/api/v1/workspaces/${ws}/platforms`,
    )
    expect(new Set(items.map((c) => c.platform))).toEqual(new Set(networks.map((n) => n.id)))
    await page
      .getByText('Healthy')
      .nth(items.length - 1)
      .waitFor()
    expect(await page.getByText('Healthy').count()).toBe(items.length)
  })

  it('writes a post with a picture, shapes it for one channel, schedules it, and sees it published once everywhere', async () => {
    await page.goto('/compose')
    await chooseThree()
    await page.getByLabel('Text', { exact: true }).fill('A calm morning above the valley.')
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(await picture())
    await page.getByLabel('Alt text').fill('Sunrise over blue hills')
    await page.getByRole('tab', { name: 'Telegram' }).click()
    await page.getByRole('button', { name: 'Write its own version' }).click()
    await page.getByLabel('Text', { exact: true }).fill('A calm morning, told longer for the channel.')
    await saved()
    await page.getByRole('button', { name: 'Schedule…' }).click()
    const [day, time] = soon(6)
    await page.getByLabel('Day').fill(day)
    await page.getByLabel('Time', { exact: true }).fill(time)
    await page.getByRole('button', { name: 'Schedule', exact: true }).click()
    await page.waitForURL('**/posts/*')
    // No reload: the page follows by itself.
    await page.locator('article[data-state="published"]').nth(2).waitFor({ timeout: 300_000 })
    const [blue, x, tele] = await Promise.all([
      posts('bluesky', 'above the valley'),
      posts('x-com', 'above the valley'),
      posts('telegram', 'told longer'),
    ])
    expect([blue.length, x.length, tele.length]).toEqual([1, 1, 1])
    expect(blue[0]?.media[0]?.alt).toBe('Sunrise over blue hills')
    for (const platform of ['bluesky', 'x-com', 'telegram']) {
      const feed = await context.newPage()
      await feed.goto(`/sandbox/_feed/${platform}`)
      expect(await feed.getByText('A calm morning').count(), platform).toBe(1)
      await feed.close()
    }
    await card('Bluesky').getByText('What happened').click()
    await card('Bluesky')
      .getByText(/confirmed it/)
      .first()
      .waitFor()
  })

  it('settles what nobody can know: the answer was lost on a network without read-back', async () => {
    await call(context, 'POST', '/sandbox/_desk/faults', { platform: 'telegram', route: 'create', do: 'drop-after' })
    await page.goto('/compose')
    await page
      .getByRole('group', { name: 'Where to' })
      .getByRole('button', { name: /Telegram/ })
      .click()
    await page.getByLabel('Text', { exact: true }).fill('Only you can tell whether this arrived.')
    await saved()
    await page.getByRole('button', { name: 'Publish now' }).click()
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.waitForURL('**/posts/*')
    const there = page.getByRole('button', { name: 'It is there' })
    await there.waitFor({ timeout: 300_000 })
    await page.getByText('If it was there after all, it will appear twice.').waitFor()
    await there.click()
    await page.locator('article[data-state="published"]').waitFor()
    expect((await posts('telegram', 'Only you can tell')).length).toBe(1)
  })

  it('drags a scheduled post to another day, and sees it put back when the server refuses', async () => {
    const channels = await call<{ items: { id: string }[] }>(context, 'GET', `/api/v1/workspaces/${ws}/channels`)
    const post = await call<{ id: string }>(context, 'POST', `/api/v1/workspaces/${ws}/posts`, {
      content: { segments: [{ text: 'Moves around' }] },
      publications: [{ channelId: channels.items[0]?.id }],
    })
    // The 10th to the 20th of next month: always in the shown month, never past.
    const month = Temporal.Now.plainDateISO(zone).with({ day: 1 }).add({ months: 1 })
    const at = (d: number) => month.with({ day: d }).toString()
    await call(context, 'POST', `/api/v1/workspaces/${ws}/posts/${post.id}/schedule`, {
      wallTime: `${at(10)}T14:15`,
      timeZone: zone,
    })
    await page.goto(`/calendar?day=${at(10)}`)
    const event = page.locator(`[data-post="${post.id}"]`)
    await event.waitFor()
    const cell = (day: string) => page.locator(`[data-date="${day}"]`).first()
    const drag = async (to: string) => {
      const from = await event.boundingBox()
      const target = await cell(to).boundingBox()
      if (!from || !target) throw new Error('nothing to drag')
      await page.mouse.move(from.x + 20, from.y + 8)
      await page.mouse.down()
      await page.mouse.move(from.x + 30, from.y + 20, { steps: 4 })
      await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 8 })
      await page.mouse.up()
    }
    const read = () => call<{ wallTime: string }>(context, 'GET', `/api/v1/workspaces/${ws}/posts/${post.id}`)
    await drag(at(12))
    await page
      .getByText(/^Moved to/)
      .first()
      .waitFor()
    expect((await read()).wallTime.slice(0, 16)).toBe(`${at(12)}T14:15`)

    await page.route('**/schedule', (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: JSON.stringify({ type: 'about:blank', code: 'conflict', title: 'x', status: 409, fix: 'Reload.' }),
      }),
    )
    await drag(at(18))
    await page.getByText('The state does not allow this now').waitFor()
    await page.unroute('**/schedule')
    expect((await read()).wallTime.slice(0, 16)).toBe(`${at(12)}T14:15`)
    await expect.poll(() => cell(at(12)).locator(`[data-post="${post.id}"]`).or(event).count()).toBeGreaterThan(0)
  })

  it('does the main job by keyboard alone: channels, text, picture, time, and on to the post', async () => {
    await page.goto('/posts')
    await page.getByRole('heading', { name: 'Posts' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    await page.goto('/compose')
    const where = page.getByRole('group', { name: 'Where to' })
    await where.getByRole('button').first().waitFor()
    await press(where.getByRole('button', { name: /Bluesky/ }), 'Space')
    await tabTo(page.getByLabel('Text', { exact: true }))
    await page.keyboard.type('Written without a mouse.')
    const picker = page.waitForEvent('filechooser')
    await press(page.getByRole('button', { name: 'Add media' }))
    await (await picker).setFiles(await picture())
    // The uploaded picture's field stands before the button; a person goes back to it.
    await page.getByLabel('Alt text').waitFor()
    await tabTo(page.getByLabel('Alt text'), 'Shift+Tab')
    await page.keyboard.type('Hills')
    await saved()
    await press(page.getByRole('button', { name: 'Schedule…' }))
    await page.getByRole('dialog').waitFor()
    await press(page.getByRole('button', { name: 'Tomorrow at 09:00' }))
    await press(page.getByRole('button', { name: 'Schedule', exact: true }))
    await page.waitForURL('**/posts/*')
    await page.locator('article[data-state="scheduled"]').waitFor()
    await page.locator('main img[alt="Hills"]').waitFor()
  })

  it('cancels one channel, publishes it after all, and takes it down again', async () => {
    const one = card('Bluesky')
    await one.getByRole('button', { name: 'Cancel' }).click()
    await page.locator('article[data-state="cancelled"]').waitFor()
    await one.getByRole('button', { name: 'Publish now' }).click()
    await page.locator('article[data-state="published"]').waitFor({ timeout: 300_000 })
    expect((await posts('bluesky', 'without a mouse')).length).toBe(1)
    await one.getByRole('button', { name: 'Take down' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take down' }).click()
    await expect.poll(async () => (await posts('bluesky', 'without a mouse')).length).toBe(0)
    await one.getByRole('button', { name: 'Take down' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Duplicate' }).click()
    await page.waitForURL('**/compose/*')
    expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('Written without a mouse.')
  })

  it('changes the time of a scheduled post by keyboard', async () => {
    const month = Temporal.Now.plainDateISO(zone).add({ months: 1 })
    await page.goto(`/calendar?view=agenda&day=${month.toString()}`)
    const row = page.getByRole('button', { name: /Moves around/ })
    await row.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await press(page.getByRole('dialog').getByRole('button', { name: 'Change time' }))
    await page.getByLabel('Time', { exact: true }).fill('16:45')
    await press(page.getByRole('dialog').getByRole('button', { name: 'Change time' }))
    await page
      .getByText(/^Moved to/)
      .first()
      .waitFor()
    await page.getByText('16:45').first().waitFor()
  })

  it('loses nothing: typed text survives a lost connection and a reload', async () => {
    await page.goto('/compose')
    await page.route('**/api/v1/**/posts', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    )
    await page.getByLabel('Text', { exact: true }).fill('Written in a tunnel')
    await page.locator('[data-save="offline"]').waitFor()
    await page.reload()
    expect(await page.getByLabel('Text', { exact: true }).inputValue()).toBe('Written in a tunnel')
    await page.unroute('**/api/v1/**/posts')
    await saved()
    const found = await call<{ items: unknown[] }>(
      context,
      'GET',
      `/api/v1/workspaces/${ws}/posts?q=Written%20in%20a%20tunnel`,
    )
    expect(found.items.length).toBe(1)
  })

  it('is told of a change by somebody else, and chooses', async () => {
    await page.goto('/compose')
    await page.getByLabel('Text', { exact: true }).fill('Mine, first')
    await saved()
    const id = page.url().split('/').at(-1) ?? ''
    const path = `/api/v1/workspaces/${ws}/posts/${id}`
    const other = await context.request.get(path)
    const put = await context.request.put(path, {
      headers: { 'idempotency-key': `put-${id}`, 'if-match': other.headers().etag ?? '' },
      data: { content: { segments: [{ text: 'Theirs' }] }, publications: [] },
    })
    expect(put.status()).toBe(200)
    await page.getByLabel('Text', { exact: true }).fill('Mine, second')
    await page.getByText('Somebody changed this post meanwhile').waitFor()
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await saved()
    const after = await call<{ content: { segments: { text: string }[] } }>(context, 'GET', path)
    expect(after.content.segments[0]?.text).toBe('Mine, second')
  })

  it('sees what a network would refuse before it does, and repairs it with one click', async () => {
    await page.goto('/compose')
    await page
      .getByRole('group', { name: 'Where to' })
      .getByRole('button', { name: /Bluesky/ })
      .click()
    await page.getByLabel('Text', { exact: true }).fill('All work and no play makes a long post. '.repeat(12))
    await page.locator('[data-rule="bluesky.text.length"]').waitFor()
    await page.getByRole('button', { name: 'Split for Bluesky' }).click()
    await page.getByLabel('Text of part 2 of 2').waitFor()
    expect(await page.locator('[data-rule="bluesky.text.length"]').count()).toBe(0)
  })

  it('met no script error on the way', () => {
    expect(problems.errors).toEqual([])
  })
})
