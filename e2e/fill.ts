/** Something to look at, made through the API: channels, a draft, posts on the calendar, one published. */
import type { BrowserContext } from 'playwright-core'
import { Temporal } from 'temporal-polyfill'
import { call, setUp } from './harness.ts'
import { picture } from './picture.ts'

const zone = 'Europe/Warsaw'
type Made = { id: string }

export const fill = async (context: BrowserContext): Promise<{ ws: string; draft: string; published: string }> => {
  const { ws } = await setUp(context)
  const base = `/api/v1/workspaces/${ws}`
  const { items: channels } = await call<{ items: Made[] }>(context, 'GET', `${base}/channels`)
  const sent = await context.request.post(`${base}/media`, {
    headers: { 'idempotency-key': 'media' },
    multipart: { alt: 'Sunrise over blue hills', file: await picture() },
  })
  if (!sent.ok()) throw new Error(`upload: ${sent.status()} ${await sent.text()}`)
  const media = (await sent.json()) as Made
  const write = async (text: string, of: Made[] = channels, mediaIds: string[] = []) =>
    (
      await call<Made>(context, 'POST', `${base}/posts`, {
        content: { segments: [{ text, mediaIds }] },
        publications: of.map((c) => ({ channelId: c.id })),
      })
    ).id
  const plan = (id: string, at: Temporal.PlainDateTime) =>
    call(context, 'POST', `${base}/posts/${id}/schedule`, {
      wallTime: at.toString({ smallestUnit: 'minute' }),
      timeZone: zone,
    })
  const published = await write(
    'Doors open at eight: fresh rye, cardamom buns and the first light of the day. #bakery',
    channels,
    [media.id],
  )
  await call(context, 'POST', `${base}/posts/${published}/schedule`, { now: true })
  const today = Temporal.Now.plainDateISO(zone)
  const later: [number, number, string, number][] = [
    [1, 9, 'Monday is for sourdough. Come early, it goes fast.', 3],
    [1, 17, 'How we fold a croissant in seven moves, in pictures.', 2],
    [2, 12, 'Lunch: roast pumpkin on toasted rye, until it is gone.', 3],
    [3, 8, 'We are hiring a second baker. Mornings, warm hands, warm oven.', 1],
    [5, 10, 'Five years on Canal Street this week. Thank you.', 3],
    [6, 9, 'Saturday class: your first loaf. Two places left.', 2],
  ]
  for (const [days, hour, text, count] of later) {
    await plan(await write(text, channels.slice(0, count)), today.add({ days }).toPlainDateTime({ hour }))
  }
  const draft = await write(
    'A calm morning above the valley. We walked up before the bakery opened, and brought the first loaves with us. clarion.example/hills #slowmorning',
    channels,
    [media.id],
  )
  return { ws, draft, published }
}
