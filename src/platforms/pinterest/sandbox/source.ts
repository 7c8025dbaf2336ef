/** `media_source` of a pin, in its five forms (fact sheet pinterest.md §3, §10): what is in it is really looked at, addresses are really fetched. */
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { type FieldTable, is } from '#kit/sandbox/fields.ts'
import { sniff } from '#kit/sandbox/sniff.ts'
import { httpsOrHome } from '#kit/sandbox/this-machine.ts'
import { pull } from '#kit/sandbox/uploads.ts'
import { type Caller, stop } from './answers.ts'
import { statusOf } from './media.ts'
import { media as n, text as textLimits } from './numbers.ts'
import { schemaProblems } from './schema.ts'
import type { Item, Media, Pin, PinterestWorld } from './state.ts'

const contentType = { required: true, check: is.oneOf(...n.inCallTypes) }
const data = { required: true, check: is.match(/^[a-zA-Z0-9+/=]+$/) }
const upTo = (max: number) => (v: unknown) =>
  typeof v === 'string' && [...v].length <= max ? null : `is longer than maxLength=${max}`
const words: FieldTable = {
  title: { check: upTo(textLimits.title) },
  description: { check: upTo(textLimits.description) },
  link: { check: upTo(textLimits.link) },
}
const kind = { required: true, check: is.string }
const items = { required: true, check: (v: unknown) => (Array.isArray(v) ? null : 'is not of type array') }
const standard = { check: is.boolean }
const index = { check: is.integer(0, n.carousel.max - 1) }

const tables: Record<string, FieldTable> = {
  image_base64: { source_type: kind, content_type: contentType, data, is_standard: standard },
  image_url: { source_type: kind, url: { required: true, check: is.string }, is_standard: standard },
  multiple_image_base64: { source_type: kind, items, index },
  multiple_image_urls: { source_type: kind, items, index },
  video_id: {
    source_type: kind,
    media_id: { required: true, check: is.match(/^\d+$/) },
    cover_image_url: { check: is.string },
    cover_image_content_type: { check: is.oneOf(...n.inCallTypes) },
    cover_image_data: { check: is.match(/^[a-zA-Z0-9+/=]+$/) },
    cover_image_key_frame_time: { check: is.integer(0, 100_000) },
    is_standard: standard,
  },
}
const itemTables: Record<string, FieldTable> = {
  multiple_image_base64: { content_type: contentType, data, ...words },
  multiple_image_urls: { url: { required: true, check: is.string }, ...words },
}

type Picture = Omit<Item, 'title' | 'description' | 'link'>

const judged = (world: PinterestWorld, c: Caller, bytes: Buffer, types: readonly string[]): Picture => {
  if (bytes.length > n.imageBytes) stop(400, 1, 'Image is too large.', c.headers)
  const seen = sniff(bytes)
  if (!types.includes(seen.mime) || !seen.width || !seen.height) stop(400, 1, 'Invalid image', c.headers)
  return {
    blob: world.blobs.put(bytes, seen.mime),
    mime: seen.mime,
    width: seen.width!,
    height: seen.height!,
  }
}

const inCall = (world: PinterestWorld, c: Caller, type: string, base64: string): Picture => {
  const picture = judged(world, c, Buffer.from(base64, 'base64'), n.inCallTypes)
  if (picture.mime !== type) stop(400, 1, `Invalid image: it is not ${type}`, c.headers)
  return picture
}

const fetched = async (world: PinterestWorld, c: Caller, address: string): Promise<Picture> => {
  const url = URL.canParse(address) ? new URL(address) : null
  if (!url || !httpsOrHome(url))
    stop(400, 1, `Invalid request: '${address.slice(0, 80)}' is not a public https address`, c.headers)
  const got = await pull(world, address, n.imageBytes + 1)
  if ('problem' in got) {
    if (got.problem === 'too-big') stop(400, 1, 'Image is too large.', c.headers)
    return stop(400, 1, 'Unable to reach the URL. Please check the URL is correct and try again.', c.headers)
  }
  return judged(world, c, world.blobs.get(got.key)!.bytes, n.imageTypes)
}

const str = (v: unknown): string | null => (typeof v === 'string' && v !== '' ? v : null)

const carousel = async (world: PinterestWorld, c: Caller, type: string, list: unknown[]): Promise<Item[]> => {
  if (list.length < n.carousel.min) stop(400, 1, `Invalid request: [...] minItems=${n.carousel.min}`, c.headers)
  if (list.length > n.carousel.max) stop(400, 1, `Invalid request: [...] maxItems=${n.carousel.max}`, c.headers)
  const out: Item[] = []
  for (const item of list) {
    if (!isObject(item)) return stop(400, 1, 'Invalid request: an item is not of type object', c.headers)
    schemaProblems(item, itemTables[type]!, c)
    const picture =
      type === 'multiple_image_urls'
        ? await fetched(world, c, String(item.url))
        : inCall(world, c, String(item.content_type), String(item.data))
    out.push({ ...picture, title: str(item.title), description: str(item.description), link: str(item.link) })
  }
  if (out.some((p) => p.width !== out[0]!.width || p.height !== out[0]!.height))
    stop(400, 1, 'All images of a carousel must have the same dimensions.', c.headers)
  return out
}

const bare = (p: Picture): Item => ({ ...p, title: null, description: null, link: null })

const videoOf = (world: PinterestWorld, c: Caller, mediaId: string): Media => {
  const m = Object.hasOwn(world.state.media, mediaId) ? world.state.media[mediaId] : undefined
  if (!m || m.owner !== c.user.id || m.environment !== c.environment)
    return stop(400, 1, `Media not found: ${mediaId}`, c.headers)
  if (statusOf(world, m) !== 'succeeded')
    stop(400, 1, `Media not ready: its status is ${statusOf(world, m)}`, c.headers)
  return m
}

/** The cover must be there in one of its three ways. */
const coverOf = async (world: PinterestWorld, c: Caller, s: JsonObject): Promise<Item[]> => {
  if (typeof s.cover_image_url === 'string') return [bare(await fetched(world, c, s.cover_image_url))]
  if (typeof s.cover_image_content_type === 'string' && typeof s.cover_image_data === 'string')
    return [bare(inCall(world, c, s.cover_image_content_type, s.cover_image_data))]
  if (s.cover_image_key_frame_time !== undefined) return []
  return stop(
    400,
    1,
    'One of cover_image_url or cover_image_content_type and cover_image_data or cover_image_key_frame_time is required.',
    c.headers,
  )
}

export type Source = Pick<Pin, 'kind' | 'items' | 'mediaId'>

/** What the pin shows; refuses what is broken. */
export const sourceOf = async (world: PinterestWorld, c: Caller, given: unknown): Promise<Source> => {
  if (!isObject(given)) return stop(400, 1, "Invalid request: 'media_source' is not of type object", c.headers)
  const type = String(given.source_type)
  const table = Object.hasOwn(tables, type) ? tables[type]! : null
  if (!table)
    return stop(400, 1, `Invalid request: '${type}' is not one of ${JSON.stringify(Object.keys(tables))}`, c.headers)
  schemaProblems(given, table, c)
  if (type === 'video_id')
    return {
      kind: 'video',
      mediaId: videoOf(world, c, String(given.media_id)).id,
      items: await coverOf(world, c, given),
    }
  if (type === 'image_base64')
    return {
      kind: 'image',
      mediaId: null,
      items: [bare(inCall(world, c, String(given.content_type), String(given.data)))],
    }
  if (type === 'image_url')
    return { kind: 'image', mediaId: null, items: [bare(await fetched(world, c, String(given.url)))] }
  return {
    kind: 'multiple_images',
    mediaId: null,
    items: await carousel(world, c, type, given.items as unknown[]),
  }
}
