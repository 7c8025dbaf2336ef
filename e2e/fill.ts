/** Something to look at, made through the API: channels, a draft, posts on the calendar, one published. */
import type { BrowserContext } from 'playwright-core'
import { Temporal } from 'temporal-polyfill'
import { call, setUp } from './harness.ts'
import { picture } from './picture.ts'

const zone = 'Europe/Warsaw'
type Made = { id: string }
type Connected = Made & { platform: string; kind: string }

export const fill = async (context: BrowserContext): Promise<{ ws: string; draft: string; published: string }> => {
  const { ws } = await setUp(context)
  const base = `/api/v1/workspaces/${ws}`
  const { items: all } = await call<{ items: Connected[] }>(context, 'GET', `${base}/channels`)
  const of = (...platforms: string[]) => platforms.flatMap((platform) => all.find((c) => c.platform === platform) ?? [])
  // Networks that take words alone; those of the feed take a picture with no more questions.
  const channels = of('bluesky', 'x-com', 'telegram', 'facebook', 'linkedin')
  const feeds = [...channels, ...of('instagram')]
  const sent = await context.request.post(`${base}/media`, {
    headers: { 'idempotency-key': 'media' },
    multipart: { alt: 'Sunrise over blue hills', file: await picture() },
  })
  if (!sent.ok()) throw new Error(`upload: ${sent.status()} ${await sent.text()}`)
  const media = (await sent.json()) as Made
  const write = async (
    text: string,
    to: Made[] = channels,
    mediaIds: string[] = [],
    settings: Record<string, Record<string, unknown>> = {},
  ) =>
    (
      await call<Made>(context, 'POST', `${base}/posts`, {
        content: { segments: [{ text, mediaIds }] },
        publications: to.map((c) => ({ channelId: c.id, settings: settings[c.id] ?? {} })),
      })
    ).id
  const plan = (id: string, at: Temporal.PlainDateTime) =>
    call(context, 'POST', `${base}/posts/${id}/schedule`, {
      wallTime: at.toString({ smallestUnit: 'minute' }),
      timeZone: zone,
    })
  const published = await write(
    'Doors open at eight: fresh rye, cardamom buns and the first light of the day. #bakery',
    feeds,
    [media.id],
  )
  await call(context, 'POST', `${base}/posts/${published}/schedule`, { now: true })
  const today = Temporal.Now.plainDateISO(zone)
  const later: [number, number, string, number][] = [
    [1, 9, 'Monday is for sourdough. Come early, it goes fast.', 5],
    [1, 17, 'How we fold a croissant in seven moves, in pictures.', 4],
    [2, 12, 'Lunch: roast pumpkin on toasted rye, until it is gone.', 5],
    [3, 8, 'We are hiring a second baker. Mornings, warm hands, warm oven.', 2],
    [5, 10, 'Five years on Canal Street this week. Thank you.', 5],
    [6, 9, 'Saturday class: your first loaf. Two places left.', 3],
  ]
  for (const [days, hour, text, count] of later) {
    await plan(await write(text, channels.slice(0, count)), today.add({ days }).toPlainDateTime({ hour }))
  }
  const [pins] = of('pinterest')
  const boards = pins
    ? await call<{ items: { value: string }[] }>(context, 'GET', `${base}/channels/${pins.id}/options/boards`)
    : null
  const pinned = { boardId: boards?.items[0]?.value, title: 'A calm morning', link: 'https://clarion.example/hills' }
  const draft = await write(
    'A calm morning above the valley. We walked up before the bakery opened, and brought the first loaves with us. clarion.example/hills #slowmorning',
    [...feeds, ...of('pinterest')],
    [media.id],
    pins ? { [pins.id]: pinned } : {},
  )
  return { ws, draft, published }
}
