/** What a person does day after day: tidying drafts, reading the calendar, leaving a half-made change, signing out. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Clarion, call, freshContext, openBrowser, owner, setUp, signIn, startClarion, watch } from './harness.ts'
import { picture } from './picture.ts'

const chromium = existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')
let clarion: Clarion
let browser: Browser
let context: BrowserContext
let page: Page
let problems: { errors: string[] }
let ws = ''
const zone = 'Europe/Warsaw'

type Made = { id: string }
type Channel = Made & { name: string; platform: string }
const channels = async () =>
  (await call<{ items: Channel[] }>(context, 'GET', `/api/v1/workspaces/${ws}/channels`)).items
const draft = (text: string, to: Made[] = []) =>
  call<Made>(context, 'POST', `/api/v1/workspaces/${ws}/posts`, {
    content: { segments: [{ text }] },
    publications: to.map((c) => ({ channelId: c.id })),
  })
const plan = (id: string, wallTime: string) =>
  call(context, 'POST', `/api/v1/workspaces/${ws}/posts/${id}/schedule`, { wallTime, timeZone: zone })
const texts = async () =>
  (
    await call<{ items: { content: { segments: { text: string }[] } }[] }>(
      context,
      'GET',
      `/api/v1/workspaces/${ws}/posts`,
    )
  ).items.map((p) => p.content.segments[0]?.text)

beforeAll(async () => {
  if (!chromium) return
  clarion = await startClarion()
  browser = await openBrowser()
  context = await freshContext(browser, clarion.url)
  ;({ ws } = await setUp(context))
  page = await context.newPage()
  page.setDefaultTimeout(120_000)
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

  it('duplicates a draft and deletes the first one, from the list and from the composer', async () => {
    await draft('Bread on Friday')
    await page.goto('/posts')
    await page.getByRole('button', { name: 'Actions for the post “Bread on Friday”' }).click()
    await page.getByRole('menuitem', { name: 'Duplicate' }).click()
    await page.waitForURL('**/compose/*')
    await page.getByLabel('Text', { exact: true }).fill('Bread on Saturday')
    await page.locator('[data-save="saved"]').waitFor()
    await page.getByRole('button', { name: /^Actions for the post/ }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL('**/posts')
    await expect.poll(texts).toEqual(['Bread on Friday'])
    // Loaded anew: the list of before may still show for a moment.
    await page.goto('/posts')
    await page.getByRole('button', { name: /^Actions for the post/ }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No posts yet').waitFor()
    expect(await texts()).toEqual([])
  })

  it('reads a week: each card stands at its time, none covers another, and no channel is kept silent', async () => {
    const all = await channels()
    const five = ['bluesky', 'x-com', 'telegram', 'facebook', 'linkedin'].flatMap(
      (p) => all.find((c) => c.platform === p) ?? [],
    )
    // Monday of the week after next: never past.
    const today = Temporal.Now.plainDateISO(zone)
    const monday = today.add({ days: 15 - today.dayOfWeek }).toString()
    const at: Record<string, string> = {}
    for (const [time, to] of [
      ['10:00', five],
      ['10:10', five.slice(0, 1)],
      ['10:20', five.slice(0, 1)],
      ['11:45', five.slice(0, 2)],
      ['23:50', five.slice(0, 1)],
    ] as const) {
      const { id } = await draft(`Week ${time}`, to)
      await plan(id, `${monday}T${time}`)
      at[id] = time
    }
    await page.goto(`/calendar?view=week&day=${monday}`)
    await page.locator('[data-post]').first().waitFor()
    const seen = await page.evaluate(() => {
      const box = (e: Element) => {
        const { left, right, top, bottom } = e.getBoundingClientRect()
        return { left, right, top, bottom }
      }
      const line = (time: string) => document.querySelector(`[data-time="${time}"]`)?.getBoundingClientRect().top ?? 0
      return {
        midnight: line('00:00:00'),
        hour: line('01:00:00') - line('00:00:00'),
        cards: [...document.querySelectorAll('[data-post]')].map((e) => ({
          id: e.getAttribute('data-post') ?? '',
          text: e.textContent,
          ...box(e),
        })),
      }
    })
    // Two beside each other; the third of that quarter hour is behind "+1".
    expect(seen.cards.length).toBe(4)
    for (const card of seen.cards) {
      const [h = 0, m = 0] = (at[card.id] ?? '').split(':').map(Number)
      const due = seen.midnight + seen.hour * (h + m / 60)
      expect([at[card.id], Math.abs(card.top - due) < 3], `${card.top} for ${due}`).toEqual([at[card.id], true])
    }
    const covered = seen.cards.filter((a) =>
      seen.cards.some(
        (b) => a !== b && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1,
      ),
    )
    expect(covered.map((c) => at[c.id])).toEqual([])
    await page.goto(`/calendar?day=${monday}`)
    const busy = page.locator('[data-post]', { hasText: 'Week 10:00' })
    await busy.getByText('+2').waitFor()
    // Every channel of the filter tells its network.
    const options = await page.getByLabel('Show channel').locator('option').allInnerTexts()
    expect(options.slice(1).filter((o) => !o.includes(' · '))).toEqual([])
    expect(new Set(options).size).toBe(all.length + 1)
  })

  it('is asked before unsaved changes of a scheduled post are left, and saves what was kept with one press', async () => {
    const [channel] = await channels()
    const { id } = await draft('Old words', channel ? [channel] : [])
    const today = Temporal.Now.plainDateISO(zone)
    await plan(id, `${today.add({ days: 5 })}T09:00`)
    const stored = async () =>
      (
        await call<{ content: { segments: { text: string }[] } }>(
          context,
          'GET',
          `/api/v1/workspaces/${ws}/posts/${id}`,
        )
      ).content.segments[0]?.text
    const box = page.getByLabel('Text', { exact: true })
    await page.goto(`/compose/${id}`)
    await box.fill('New words')
    await page.getByRole('link', { name: 'Posts', exact: true }).click()
    await page.getByRole('dialog').getByText('the old text goes out').waitFor()
    await page.keyboard.press('Escape')
    expect(await box.inputValue()).toBe('New words')
    await page.getByRole('link', { name: 'Posts', exact: true }).click()
    await page.getByRole('button', { name: 'Leave without saving' }).click()
    await page.getByRole('link', { name: /Old words.*Unsaved changes/ }).click()
    await page.getByText('You changed this post and did not save it').waitFor()
    expect(await stored()).toBe('Old words')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByText('You changed this post and did not save it').waitFor({ state: 'detached' })
    expect(await stored()).toBe('New words')
    await page.getByRole('link', { name: 'Edit' }).click()
    await box.fill('Newest words')
    await page.getByRole('link', { name: 'Calendar' }).click()
    await page.getByRole('button', { name: 'Save and leave' }).click()
    await page.getByRole('heading', { name: 'Calendar' }).waitFor()
    expect(await stored()).toBe('Newest words')
  })

  it('meets each problem once, is led to its field, and sees on a tab what that channel has', async () => {
    await page.goto('/compose')
    const where = page.getByRole('group', { name: 'Where to' })
    for (const name of [/Bluesky/, / X$/, /Pinterest/]) await where.getByRole('button', { name }).click()
    await page.getByLabel('Text', { exact: true }).fill('A calm morning')
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles(await picture())
    const wall = page.getByRole('region', { name: 'Before it goes out' })
    const alt = wall.getByRole('listitem').filter({ hasText: 'No alt text' })
    await alt.getByText('3 channels').waitFor()
    expect(await alt.count()).toBe(1)
    // The count in the bar leads to the list, the list to the field, and writing there ends it.
    await page.getByRole('button', { name: /1 thing to correct, \d things? to know/ }).click()
    expect(await wall.evaluate((e) => e === document.activeElement)).toBe(true)
    await alt.getByRole('button', { name: 'Describe' }).click()
    await page.keyboard.type('Blue hills')
    expect(await page.getByLabel('Alt text').inputValue()).toBe('Blue hills')
    await alt.waitFor({ state: 'detached' })
    // A choice among settings: its own control has the focus.
    await wall.getByRole('button', { name: 'Pinterest settings' }).first().click()
    expect(await page.getByLabel('Board', { exact: true }).evaluate((e) => e === document.activeElement)).toBe(true)
    await page.getByRole('tab', { name: 'Bluesky' }).click()
    await wall.waitFor({ state: 'detached' })
    await page.locator('[data-save="saved"]').waitFor()
    // An answer of a poll is what was typed, comma and all.
    await page.getByRole('tab', { name: 'X', exact: true }).click()
    await page.getByText('X settings', { exact: true }).click()
    const answers = page.getByRole('group', { name: 'Poll' })
    await answers.getByRole('textbox').first().fill('Yes, please')
    await answers.getByRole('textbox').nth(1).fill('No')
    await page.locator('[data-save="saved"]').waitFor()
    const saved = await call<{ publications: { platform: string; settings: { poll?: { options: string[] } } }[] }>(
      context,
      'GET',
      `/api/v1/workspaces/${ws}/posts/${page.url().split('/').at(-1)}`,
    )
    expect(saved.publications.find((p) => p.platform === 'x-com')?.settings.poll?.options).toEqual([
      'Yes, please',
      'No',
    ])
    // The slot picked in the calendar outlives the first save and a reload.
    const today = Temporal.Now.plainDateISO(zone)
    await page.goto(`/compose?at=${today.add({ days: 3 })}T11:15`)
    await page.getByText(/Picked in the calendar: .*11:15/).waitFor()
    await page.getByLabel('Text', { exact: true }).fill('For that slot')
    await page.locator('[data-save="saved"]').waitFor()
    await page.waitForURL(/compose\/[0-9a-f-]+\?at=/)
    await page.reload()
    await where.getByRole('button', { name: /Bluesky/ }).click()
    await page.getByRole('button', { name: 'Schedule…' }).click()
    expect(await page.getByLabel('Time', { exact: true }).inputValue()).toBe('11:15')
    await page.keyboard.press('Escape')
    await page.locator('[data-save="saved"]').waitFor()
  })

  it('finds posts by network and kind of content, and reads what a channel was granted and when it changed', async () => {
    const all = await channels()
    const [feed, short] = ['facebook', 'bluesky'].map((id) => all.filter((c) => c.platform === id).slice(0, 1))
    await draft('only on Facebook', feed)
    await call(context, 'POST', `/api/v1/workspaces/${ws}/posts`, {
      content: { segments: [{ text: 'a thread begins' }, { text: 'and ends' }] },
      publications: short?.map((c) => ({ channelId: c.id })),
    })
    await page.goto('/posts')
    const rows = page.getByRole('main').getByRole('listitem')
    await page.getByLabel('Network').selectOption('facebook')
    await rows.filter({ hasText: 'a thread begins' }).waitFor({ state: 'detached' })
    await rows.filter({ hasText: 'only on Facebook' }).waitFor()
    expect(await rows.filter({ hasText: 'a thread begins' }).count()).toBe(0)
    await page.getByLabel('Kind of content').selectOption('thread')
    await page.getByText('Nothing matches').waitFor()
    await page.getByLabel('Network').selectOption('bluesky')
    await rows.filter({ hasText: 'a thread begins' }).waitFor()
    // Another filter leaves these as they are.
    await page.getByRole('button', { name: 'Draft', exact: true }).click()
    expect(new URL(page.url()).searchParams.toString()).toBe('platform=bluesky&type=thread&state=draft')
    await page.goto('/channels')
    const card = page.getByRole('article').filter({ hasText: 'Facebook' }).first()
    await card.getByText(/granted permissions?$/).click()
    await card.getByText('pages_manage_posts').waitFor()
    await card.getByText('Last changed').waitFor()
  })

  it('reads as a viewer, and is offered nothing to write with', async () => {
    await call(context, 'POST', `/api/v1/workspaces/${ws}/members`, {
      email: 'vera@example.test',
      name: 'Vera',
      password: 'only looks at things',
      role: 'viewer',
    })
    const { id } = await draft(
      'Only to be read',
      (await channels()).filter((c) => c.platform === 'bluesky'),
    )
    await plan(id, Temporal.Now.plainDateTimeISO(zone).add({ hours: 1 }).toString({ smallestUnit: 'minute' }))
    const other = await freshContext(browser, clarion.url)
    try {
      await signIn(other, { email: 'vera@example.test', password: 'only looks at things' })
      const seen = await other.newPage()
      seen.setDefaultTimeout(120_000)
      // The first password is only for getting in.
      await seen.goto('/')
      await seen.getByLabel('Present password').fill('only looks at things')
      await seen.getByLabel('New password', { exact: true }).fill('and chose this herself')
      await seen.getByLabel('New password, again').fill('and chose this herself')
      await seen.getByRole('button', { name: 'Change password' }).click()
      await seen.getByRole('heading', { name: 'Calendar' }).waitFor()
      await seen.goto('/compose')
      await seen.getByRole('heading', { name: 'Posts' }).waitFor()
      const row = seen.getByRole('link', { name: /Only to be read/ })
      await row.waitFor()
      expect(await seen.getByRole('link', { name: /New post|^New$/ }).count()).toBe(0)
      expect(await seen.getByRole('button', { name: /^Actions for the post/ }).count()).toBe(0)
      const address = seen.url()
      await seen.goto('/calendar')
      await seen.locator('[data-post]').first().waitFor()
      expect(await seen.getByText(/^Drag a scheduled post/).count()).toBe(0)
      await seen.goto(address)
      await row.click()
      await seen.waitForURL('**/posts/*')
      await seen.getByRole('heading', { name: 'Where it goes' }).waitFor()
      expect(await seen.getByRole('link', { name: 'Edit', exact: true }).count()).toBe(0)
    } finally {
      await other.close()
    }
  })

  it('met no script error on the way', () => {
    expect(problems.errors).toEqual([])
  })
})
