/** YouTube Data API v3, typed thin. Each call names what it takes from the daily budgets (fact sheet §7). */
import { z } from 'zod'
import type { Http } from '#kit/client/http.ts'
import type { Json } from '#kit/client/steps.ts'

export const base = 'https://www.googleapis.com/youtube/v3'
export const uploadBase = 'https://www.googleapis.com/upload/youtube/v3'

export type Access = { http: Http; access: string }
export const auth = (c: Access) => ({ authorization: `Bearer ${c.access}` })
export const units = (n: number) => ({ bucket: 'units', units: n })

const text = z.coerce.string()
const picture = z.object({ url: z.string() }).optional()
const thumbnails = z.object({ default: picture, medium: picture, high: picture }).optional()
const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item).default([]), nextPageToken: z.string().optional() })

const get = async <T>(
  c: Access,
  path: string,
  query: Record<string, string | number | boolean | undefined>,
  expect: z.ZodType<T>,
): Promise<T> =>
  (await c.http({ method: 'GET', url: `${base}/${path}`, query, headers: auth(c), expect, charge: units(1) })).body

const channel = z.object({
  id: z.string(),
  snippet: z.object({
    title: z.string(),
    customUrl: z.string().optional(),
    country: z.string().optional(),
    thumbnails,
  }),
  contentDetails: z.object({ relatedPlaylists: z.object({ uploads: z.string() }) }).optional(),
  statistics: z
    .object({
      subscriberCount: text.optional(),
      viewCount: text.optional(),
      videoCount: text.optional(),
      hiddenSubscriberCount: z.boolean().optional(),
    })
    .optional(),
  status: z.object({ longUploadsStatus: z.string().optional() }).optional(),
})

/** The channel of this grant; undefined when the account has none. */
export const myChannel = async (c: Access) =>
  (await get(c, 'channels', { part: 'snippet,contentDetails,statistics,status', mine: true }, page(channel))).items[0]

const status = z.object({
  uploadStatus: z.string().optional(),
  failureReason: z.string().optional(),
  rejectionReason: z.string().optional(),
  privacyStatus: z.string().optional(),
})
const snippet = z.object({
  title: z.string(),
  description: z.string().default(''),
  publishedAt: z.string().optional(),
  tags: z.array(z.string()).optional(),
  categoryId: text.optional(),
  defaultLanguage: z.string().optional(),
  defaultAudioLanguage: z.string().optional(),
})
export const video = z.object({
  id: z.string().min(1),
  snippet: snippet.optional(),
  status: status.optional(),
  processingDetails: z.object({ processingStatus: z.string().optional() }).optional(),
  fileDetails: z.object({ fileSize: text.optional() }).optional(),
  statistics: z
    .object({ viewCount: text.optional(), likeCount: text.optional(), commentCount: text.optional() })
    .optional(),
})
export type Video = z.output<typeof video>

/** At most 50 videos; those that do not exist (any more) are left out. */
export const videos = async (c: Access, ids: readonly string[], part: string): Promise<Video[]> =>
  (await get(c, 'videos', { part, id: ids.join(), maxResults: 50 }, page(video))).items

const playlistItem = z.object({
  id: z.string(),
  snippet: z.object({
    title: z.string().default(''),
    description: z.string().default(''),
    publishedAt: z.string().optional(),
    resourceId: z.object({ videoId: z.string() }),
  }),
})

/** One page of a playlist, 50 items; of the uploads playlist newest first, private ones too. */
export const playlistItems = (c: Access, playlistId: string, o: { page?: string; videoId?: string } = {}) =>
  get(
    c,
    'playlistItems',
    { part: 'snippet', playlistId, maxResults: 50, pageToken: o.page, videoId: o.videoId },
    page(playlistItem),
  )

export const addToPlaylist = async (c: Access, playlistId: string, videoId: string): Promise<void> => {
  await c.http({
    method: 'POST',
    url: `${base}/playlistItems`,
    query: { part: 'snippet' },
    headers: auth(c),
    json: { snippet: { playlistId, resourceId: { kind: 'youtube#video', videoId } } },
    expect: z.object({ id: z.string() }),
    charge: units(50),
  })
}

const playlist = z.object({
  id: z.string(),
  snippet: z.object({ title: z.string(), thumbnails }),
  status: z.object({ privacyStatus: z.string().optional() }).optional(),
  contentDetails: z.object({ itemCount: z.number().optional() }).optional(),
})
export const myPlaylists = (c: Access, pageToken?: string) =>
  get(c, 'playlists', { part: 'snippet,status,contentDetails', mine: true, maxResults: 50, pageToken }, page(playlist))

const category = z.object({
  id: text,
  snippet: z.object({ title: z.string(), assignable: z.boolean().default(false) }),
})
export const categories = async (c: Access, regionCode: string) =>
  (await get(c, 'videoCategories', { part: 'snippet', regionCode }, page(category))).items

export const updateVideo = async (c: Access, body: Json, part: string): Promise<void> => {
  await c.http({
    method: 'PUT',
    url: `${base}/videos`,
    query: { part },
    headers: auth(c),
    json: body,
    expect: video,
    charge: units(50),
  })
}

export const deleteVideo = async (c: Access, id: string): Promise<void> => {
  await c.http({ method: 'DELETE', url: `${base}/videos`, query: { id }, headers: auth(c), charge: units(50) })
}

const comment = z.object({
  id: z.string(),
  snippet: z.object({
    textOriginal: z.string().optional(),
    textDisplay: z.string().optional(),
    publishedAt: z.string().optional(),
    // Closed accounts have none, or an empty one.
    authorChannelId: z.object({ value: z.string().optional() }).optional(),
  }),
})
const thread = z.object({ id: z.string(), snippet: z.object({ topLevelComment: comment }) })

export const addComment = async (c: Access, videoId: string, textOriginal: string): Promise<string> =>
  (
    await c.http({
      method: 'POST',
      url: `${base}/commentThreads`,
      query: { part: 'snippet' },
      headers: auth(c),
      json: { snippet: { videoId, topLevelComment: { snippet: { textOriginal } } } },
      expect: z.object({ id: z.string() }),
      charge: units(50),
    })
  ).body.id

/** The newest 100 comments under a video. */
export const comments = (c: Access, videoId: string, pageToken?: string) =>
  get(
    c,
    'commentThreads',
    { part: 'snippet', videoId, order: 'time', textFormat: 'plainText', maxResults: 100, pageToken },
    page(thread),
  )

export const deleteComment = async (c: Access, id: string): Promise<void> => {
  await c.http({ method: 'DELETE', url: `${base}/comments`, query: { id }, headers: auth(c), charge: units(50) })
}

/** JPEG or PNG, at most 50 MB, sent raw. Setting it again replaces it. */
export const setThumbnail = async (c: Access, videoId: string, bytes: Blob, mime: string): Promise<void> => {
  await c.http({
    method: 'POST',
    url: `${uploadBase}/thumbnails/set`,
    query: { videoId, uploadType: 'media' },
    headers: { ...auth(c), 'content-type': mime },
    bytes,
    timeoutMs: 120_000,
    charge: units(50),
  })
}

export type Captions = { language: string; name: string; text: string }

/** Metadata and file in one `multipart/related` body (RFC 2387), which is not the form encoding. */
export const addCaptions = async (c: Access, videoId: string, o: Captions): Promise<void> => {
  const mark = `clarion-${crypto.randomUUID()}`
  const meta = JSON.stringify({ snippet: { videoId, language: o.language, name: o.name, isDraft: false } })
  const body = [
    `--${mark}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${meta}\r\n`,
    `--${mark}\r\nContent-Type: application/octet-stream\r\n\r\n${o.text}\r\n--${mark}--\r\n`,
  ]
  await c.http({
    method: 'POST',
    url: `${uploadBase}/captions`,
    query: { uploadType: 'multipart', part: 'snippet' },
    headers: { ...auth(c), 'content-type': `multipart/related; boundary=${mark}` },
    bytes: new Blob(body),
    timeoutMs: 120_000,
    expect: z.object({ id: z.string() }),
    charge: units(400),
  })
}

const stats = z.object({ id: z.string(), statistics: video.shape.statistics })

/** Views, likes, comments; from a budget of its own, so that reading numbers never eats what publishing needs. */
export const batchStats = async (c: Access, ids: readonly string[]) =>
  (
    await c.http({
      method: 'GET',
      url: `${base}/videos:batchGetStats`,
      query: { part: 'id,statistics', id: ids.join() },
      headers: auth(c),
      expect: page(stats),
      charge: { bucket: 'stats', units: 1 },
    })
  ).body.items

const report = z.object({
  columnHeaders: z.array(z.object({ name: z.string() })),
  rows: z.array(z.array(z.union([z.string(), z.number()]))).optional(),
})

/** Sums over days, `YYYY-MM-DD` inclusive; null when YouTube has no numbers yet (they lag two to three days). */
export const analytics = async (
  c: Access,
  o: { from: string; to: string; metrics: readonly string[]; video?: string },
): Promise<Record<string, number> | null> => {
  const { body } = await c.http({
    method: 'GET',
    url: 'https://youtubeanalytics.googleapis.com/v2/reports',
    query: {
      ids: 'channel==MINE',
      startDate: o.from,
      endDate: o.to,
      metrics: o.metrics.join(),
      dimensions: 'day',
      sort: 'day',
      filters: o.video ? `video==${o.video}` : undefined,
    },
    headers: auth(c),
    expect: report,
  })
  if (!body.rows?.length) return null
  return Object.fromEntries(
    o.metrics.map((name) => {
      const column = body.columnHeaders.findIndex((h) => h.name === name)
      return [name, body.rows!.reduce((sum, row) => sum + Number(row[column] ?? 0), 0)]
    }),
  )
}
