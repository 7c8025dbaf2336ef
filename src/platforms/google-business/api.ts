/**
 * Thin calls of the five APIs that make up Business Profile; each answer is parsed, nothing is decided. Locations are named
 * `locations/2` by the newer APIs and `accounts/1/locations/2` by v4, which alone knows posts (fact sheet §2, §3, §6).
 */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'

export type Access = { http: Http; access: string }

const hosts = {
  accounts: 'https://mybusinessaccountmanagement.googleapis.com/v1',
  locations: 'https://mybusinessbusinessinformation.googleapis.com/v1',
  standing: 'https://mybusinessverifications.googleapis.com/v1',
  posts: 'https://mybusiness.googleapis.com/v4',
  numbers: 'https://businessprofileperformance.googleapis.com/v1',
} as const

const auth = (c: Access) => ({ authorization: `Bearer ${c.access}` })

const account = z.object({
  name: z.string().regex(/^accounts\/[^/]+$/),
  accountName: z.string().optional(),
  type: z.string().optional(),
  role: z.string().optional(),
})

/** At most 20 a page, which is all the API gives. */
export const listAccounts = async (c: Access, pageToken?: string) =>
  (
    await c.http({
      method: 'GET',
      url: `${hosts.accounts}/accounts`,
      query: { pageSize: 20, pageToken },
      headers: auth(c),
      expect: z.object({ accounts: z.array(account).default([]), nextPageToken: z.string().optional() }),
    })
  ).body

const location = z.object({
  name: z.string().regex(/^locations\/[^/]+$/),
  title: z.string().default(''),
  storeCode: z.string().optional(),
  languageCode: z.string().optional(),
  storefrontAddress: z
    .object({ addressLines: z.array(z.string()).optional(), locality: z.string().optional() })
    .optional(),
  websiteUri: z.string().optional(),
  phoneNumbers: z.object({ primaryPhone: z.string().optional() }).optional(),
  categories: z.object({ primaryCategory: z.object({ name: z.string().optional() }).optional() }).optional(),
  // A false member is left out of the answer, and so is one Google no longer fills (`canOperateLocalPost`).
  metadata: z.object({ hasVoiceOfMerchant: z.boolean().optional(), mapsUri: z.string().optional() }).optional(),
})
export type Location = z.output<typeof location>

const readMask =
  'name,title,storeCode,languageCode,storefrontAddress,websiteUri,phoneNumbers,categories,metadata' as const

/** Locations of one account (`accounts/1`), 100 a page. */
export const listLocations = async (c: Access, parent: string, pageToken?: string) =>
  (
    await c.http({
      method: 'GET',
      url: `${hosts.locations}/${parent}/locations`,
      query: { readMask, pageSize: 100, pageToken },
      headers: auth(c),
      expect: z.object({ locations: z.array(location).default([]), nextPageToken: z.string().optional() }),
    })
  ).body

export const readLocation = async (c: Access, id: string): Promise<Location> =>
  (
    await c.http({
      method: 'GET',
      url: `${hosts.locations}/locations/${id}`,
      query: { readMask },
      headers: auth(c),
      expect: location,
    })
  ).body

const part = z.object({ recommendationReason: z.string().optional() }).optional()
const voice = z.object({
  hasVoiceOfMerchant: z.boolean().optional(),
  waitForVoiceOfMerchant: part,
  verify: part,
  resolveOwnershipConflict: part,
  complyWithGuidelines: part,
})

/** Why a location is not shown, if it is not. */
export const voiceOfMerchant = async (c: Access, id: string): Promise<z.output<typeof voice>> =>
  (
    await c.http({
      method: 'GET',
      url: `${hosts.standing}/locations/${id}/VoiceOfMerchantState`,
      headers: auth(c),
      expect: voice,
    })
  ).body

const mediaItem = z.object({
  googleUrl: z.string().optional(),
  thumbnailUrl: z.string().optional(),
  locationAssociation: z.object({ category: z.string().optional() }).optional(),
})

/** Pictures of the profile. `parent`: `accounts/1/locations/2`. */
export const listMedia = async (c: Access, parent: string) =>
  (
    await c.http({
      method: 'GET',
      url: `${hosts.posts}/${parent}/media`,
      headers: auth(c),
      expect: z.object({ mediaItems: z.array(mediaItem).default([]) }),
    })
  ).body.mediaItems

/** What a post says beside its name may be missing or odd: that must never make a post that is there look like none. */
const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined)
const said = maybe(z.string())

const localPost = z.object({
  name: z.string().regex(/^accounts\/[^/]+\/locations\/[^/]+\/localPosts\/[^/]+$/),
  summary: said,
  topicType: said,
  /** PROCESSING, LIVE, REJECTED, SCHEDULED, RECURRING. */
  state: said,
  createTime: said,
  searchUrl: said,
  callToAction: maybe(z.object({ actionType: said, url: said })),
  event: maybe(z.object({ title: said })),
  offer: maybe(z.object({ couponCode: said })),
  media: maybe(z.array(z.unknown())),
})
export type LocalPost = z.output<typeof localPost>

/** Google fetches the picture during the call. */
export const createPost = async (c: Access, parent: string, body: Json): Promise<LocalPost> =>
  (
    await c.http({
      method: 'POST',
      url: `${hosts.posts}/${parent}/localPosts`,
      headers: auth(c),
      json: body,
      timeoutMs: 60_000,
      expect: localPost,
      charge: { bucket: 'edits', units: 1 },
    })
  ).body

/** Newest first as far as anybody has seen. `at`: Google's own clock (epoch ms), null when it says none. */
export const listPosts = async (c: Access, parent: string, pageToken?: string) => {
  const { body, headers } = await c.http({
    method: 'GET',
    url: `${hosts.posts}/${parent}/localPosts`,
    query: { pageSize: 100, pageToken },
    headers: auth(c),
    expect: z.object({ localPosts: z.array(localPost).default([]), nextPageToken: z.string().optional() }),
  })
  const at = Date.parse(headers.date ?? '')
  return { ...body, at: Number.isNaN(at) ? null : at }
}

export const readPost = async (c: Access, name: string): Promise<LocalPost> =>
  (await c.http({ method: 'GET', url: `${hosts.posts}/${name}`, headers: auth(c), expect: localPost })).body

/** Without a mask Google answers a bare INVALID_ARGUMENT. */
export const patchPost = async (c: Access, name: string, change: { summary: string }): Promise<LocalPost> =>
  (
    await c.http({
      method: 'PATCH',
      url: `${hosts.posts}/${name}`,
      query: { updateMask: Object.keys(change).join(',') },
      headers: auth(c),
      json: change,
      expect: localPost,
      charge: { bucket: 'edits', units: 1 },
    })
  ).body

export const deletePost = async (c: Access, name: string): Promise<void> => {
  await c.http({
    method: 'DELETE',
    url: `${hosts.posts}/${name}`,
    headers: auth(c),
    charge: { bucket: 'edits', units: 1 },
  })
}

/** A day as the APIs spell it in a query: `dailyRange.startDate.year=2026`. */
const day = (prefix: string, at: number) => {
  const d = new Date(at)
  return {
    [`${prefix}.year`]: d.getUTCFullYear(),
    [`${prefix}.month`]: d.getUTCMonth() + 1,
    [`${prefix}.day`]: d.getUTCDate(),
  }
}

const series = z.object({
  dailyMetric: z.string(),
  // 64-bit numbers come as text; a day without anything has no value at all.
  timeSeries: z
    .object({ datedValues: z.array(z.object({ value: z.coerce.number().optional() })).default([]) })
    .optional(),
})
const report = z.object({
  multiDailyMetricTimeSeries: z.array(z.object({ dailyMetricTimeSeries: z.array(series).default([]) })).default([]),
})

/** Sums of the days from `from` to `to` (epoch ms, both included), by the network's names. */
export const dailyMetrics = async (
  c: Access,
  id: string,
  o: { metrics: readonly string[]; from: number; to: number },
): Promise<Record<string, number>> => {
  const { body } = await c.http({
    method: 'GET',
    url: `${hosts.numbers}/locations/${id}:fetchMultiDailyMetricsTimeSeries`,
    query: {
      dailyMetrics: o.metrics,
      ...day('dailyRange.startDate', o.from),
      ...day('dailyRange.endDate', o.to),
    },
    headers: auth(c),
    expect: report,
  })
  const all = body.multiDailyMetricTimeSeries.flatMap((m) => m.dailyMetricTimeSeries)
  return Object.fromEntries(
    all.map((m) => [m.dailyMetric, (m.timeSeries?.datedValues ?? []).reduce((sum, v) => sum + (v.value ?? 0), 0)]),
  )
}
