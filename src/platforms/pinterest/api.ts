/** Pinterest's calls, typed thin (API v5.23). Ids are decimal strings. The host is the grant's: production or Pinterest's sandbox. */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Grant, Json } from '#kit/client/steps.ts'

/** `sandbox` is Pinterest's own test host, for apps with Trial access; not Clarion's sandbox realm. */
export type Environment = 'production' | 'sandbox'
const bases: Record<Environment, string> = {
  production: 'https://api.pinterest.com/v5',
  sandbox: 'https://api-sandbox.pinterest.com/v5',
}

export type Access = { http: Http; access: string; environment: Environment }
/** A token opens only the host that gave it, so the grant remembers which one that was. */
export const accessOf = (t: { http: Http; grant: Grant }): Access => ({
  http: t.http,
  access: t.grant.access,
  environment: t.grant.extra?.environment === 'sandbox' ? 'sandbox' : 'production',
})

const base = (c: Access) => bases[c.environment]
const auth = (c: Access) => ({ authorization: `Bearer ${c.access}` })

const id = z.coerce.string().regex(/^\d+$/)
const text = z.string().nullish()
const count = z.number().nullish()

const account = z.object({
  id,
  username: z.string(),
  account_type: z.string().optional(),
  business_name: text,
  profile_image: text,
  board_count: count,
  pin_count: count,
  follower_count: count,
  monthly_views: count,
})
export type Account = z.output<typeof account>

/** Category org_read. */
export const userAccount = async (c: Access): Promise<Account> =>
  (await c.http({ method: 'GET', url: `${base(c)}/user_account`, headers: auth(c), expect: account })).body

const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), bookmark: text })

const board = z.object({
  id,
  name: z.string(),
  privacy: z.string().optional(),
  is_ads_only: z.boolean().nullish(),
  pin_count: count,
  media: z.object({ image_cover_url: text }).nullish(),
})

/** One page of at most 250 boards; `bookmark` null: the last. */
export const boards = async (c: Access, bookmark?: string) =>
  (
    await c.http({
      method: 'GET',
      url: `${base(c)}/boards`,
      query: { page_size: 250, bookmark },
      headers: auth(c),
      expect: page(board),
    })
  ).body

export const sections = async (c: Access, boardId: string, bookmark?: string) =>
  (
    await c.http({
      method: 'GET',
      url: `${base(c)}/boards/${encodeURIComponent(boardId)}/sections`,
      query: { page_size: 250, bookmark },
      headers: auth(c),
      expect: page(z.object({ id, name: z.string() })),
    })
  ).body

const pin = z.object({
  id,
  created_at: text,
  title: text,
  description: text,
  link: text,
  alt_text: text,
  board_id: id.nullish(),
  board_section_id: id.nullish(),
  is_owner: z.boolean().nullish(),
  media: z.object({ media_type: z.string().optional(), items: z.array(z.unknown()).nullish() }).nullish(),
  pin_metrics: z.record(z.string(), z.record(z.string(), z.number().nullish()).nullish()).nullish(),
})
export type Pin = z.output<typeof pin>

/** Pins of a board, or of one of its sections; newest first, a page of 25. `at`: the network's own clock (epoch ms), when it says. */
export const boardPins = async (c: Access, where: { boardId: string; sectionId?: string }, bookmark?: string) => {
  const { body, headers } = await c.http({
    method: 'GET',
    url: `${base(c)}/boards/${where.boardId}${where.sectionId ? `/sections/${where.sectionId}` : ''}/pins`,
    query: { page_size: 25, bookmark },
    headers: auth(c),
    expect: page(pin),
  })
  const at = Date.parse(headers.date ?? '')
  return { ...body, at: Number.isNaN(at) ? null : at }
}

/** With the counts of its whole life. Pinterest's sandbox knows the pin but no counts. */
export const pinById = async (c: Access, pinId: string): Promise<Pin> =>
  (
    await c.http({
      method: 'GET',
      url: `${base(c)}/pins/${pinId}`,
      query: { pin_metrics: true },
      headers: auth(c),
      expect: pin,
    })
  ).body

/** Only the id is wanted: anything odd beside it must not turn a made pin into a doubt. */
const made = z.object({ id })

/** A call with pictures in it may be 140 MB long. */
const createTimeout = 180_000

/** No idempotency key and no guard against doubles: a lost answer is answered by looking (fact sheet §4). */
export const createPin = async (c: Access, body: Json): Promise<{ id: string }> =>
  (
    await c.http({
      method: 'POST',
      url: `${base(c)}/pins`,
      headers: auth(c),
      json: body,
      timeoutMs: createTimeout,
      expect: made,
    })
  ).body

/** Beta: only apps Pinterest has let in may edit (fact sheet §5). */
export const updatePin = async (c: Access, pinId: string, body: Json): Promise<void> => {
  await c.http({ method: 'PATCH', url: `${base(c)}/pins/${pinId}`, headers: auth(c), json: body, expect: pin })
}

export const deletePin = async (c: Access, pinId: string): Promise<void> => {
  await c.http({ method: 'DELETE', url: `${base(c)}/pins/${pinId}`, headers: auth(c) })
}

const registration = z.object({
  media_id: id,
  upload_url: z.url(),
  upload_parameters: z.record(z.string(), z.string()),
})
export type Registration = z.output<typeof registration>

/** Single use; asking again is harmless. */
export const registerVideo = async (c: Access): Promise<Registration> =>
  (
    await c.http({
      method: 'POST',
      url: `${base(c)}/media`,
      headers: auth(c),
      json: { media_type: 'video' },
      expect: registration,
    })
  ).body

/** A gigabyte over a slow line. */
const uploadTimeout = 60 * 60_000

/**
 * The file goes to S3 as a form: every given field under its own name, the file last, and no token of ours. The form's
 * length is known (its blob is a file on disk), which S3 wants; the blob is streamed, never read whole.
 */
export const uploadVideo = async (http: Http, to: Registration, file: Blob): Promise<void> => {
  const multipart = new FormData()
  for (const [name, value] of Object.entries(to.upload_parameters)) multipart.set(name, value)
  multipart.set('file', file, 'video')
  await http({ method: 'POST', url: to.upload_url, multipart, timeoutMs: uploadTimeout })
}

const mediaStatus = z.object({ media_id: id, status: z.enum(['registered', 'processing', 'succeeded', 'failed']) })

export const mediaById = async (c: Access, mediaId: string) =>
  (await c.http({ method: 'GET', url: `${base(c)}/media/${mediaId}`, headers: auth(c), expect: mediaStatus })).body

const numbers = z.record(z.string(), z.number().nullish()).nullish()
const analytics = z.record(
  z.string(),
  z.object({
    daily_metrics: z.array(z.object({ date: z.string().optional(), data_status: z.string().optional() })).nullish(),
    summary_metrics: numbers,
    lifetime_metrics: numbers,
  }),
)
export type Analytics = z.output<typeof analytics>

export type Period = { start: string; end: string }

/** Category org_analytics. Days are UTC, at most 90 back. */
export const pinAnalytics = async (c: Access, pinId: string, period: Period, metrics: readonly string[]) =>
  (
    await c.http({
      method: 'GET',
      url: `${base(c)}/pins/${pinId}/analytics`,
      query: { start_date: period.start, end_date: period.end, metric_types: metrics.join(), app_types: 'ALL' },
      headers: auth(c),
      expect: analytics,
    })
  ).body

/** Needs a business account. */
export const accountAnalytics = async (c: Access, period: Period, metrics: readonly string[]) =>
  (
    await c.http({
      method: 'GET',
      url: `${base(c)}/user_account/analytics`,
      query: { start_date: period.start, end_date: period.end, metric_types: metrics.join() },
      headers: auth(c),
      expect: analytics,
    })
  ).body
