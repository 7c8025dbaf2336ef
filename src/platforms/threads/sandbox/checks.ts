/** What Threads checks of texts, attachments and files (§3.1, §10), in its own words and codes (§8). */
import type { Sniffed } from '#kit/sandbox/sniff.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import * as n from './numbers.ts'

/** 100 as Threads' own exceptions look. */
export const refuse = (message: string, subcode?: number): never =>
  graphRefuse(400, 100, message, { type: 'THApiException', ...(subcode ? { subcode } : {}) })

const clusters = new Intl.Segmenter('und', { granularity: 'grapheme' })
/** Pictures, flags and keycaps among characters; its own reading of "emojis are counted by their UTF-8 bytes". */
const pictorial = (cluster: string): boolean => {
  if (/^[\u{1F1E6}-\u{1F1FF}]/u.test(cluster) || cluster.includes('\u{20E3}')) return true
  if (/^\p{Emoji_Presentation}/u.test(cluster)) return true
  return cluster.length > 1 && /^\p{Emoji}/u.test(cluster) && /[\u{FE0F}\u{200D}]/u.test(cluster)
}

/** How long a text is to Threads. */
export const lengthOf = (source: string): number =>
  Array.from(clusters.segment(source), (c) => c.segment).reduce(
    (sum, c) => sum + (pictorial(c) ? Buffer.byteLength(c, 'utf8') : 1),
    0,
  )

/** Different addresses of a text and of its attachments. */
const addresses = (source: string, attached: readonly string[]): number => {
  const found = source.split(/[\s<>"']+/u).flatMap((word) => /(?:https?:\/\/|www\.).+/iu.exec(word)?.[0] ?? [])
  const same = (url: string) =>
    url
      // The look behind lets a run be tried once, not from each of its marks.
      .replace(/(?<![.,;:!?)\]])[.,;:!?)\]]+$/u, '')
      .replace(/^https?:\/\//iu, '')
      .replace(/(?<!\/)\/+$/u, '')
  return new Set([...found, ...attached].map(same)).size
}

export const checkText = (source: string, attached: readonly string[]): void => {
  if (lengthOf(source) > n.text.max) refuse(`Param text must be at most ${n.text.max} characters long.`)
  if (addresses(source, attached) > n.text.links)
    graphRefuse(400, 100, 'THREADS_API__LINK_LIMIT_EXCEEDED', { said: 'The post has too many links.' })
}

export const checkTopic = (tag: string): void => {
  if (tag.length < 1 || tag.length > n.topic.max || n.topic.forbidden.test(tag))
    badParam(`Param topic_tag must be 1 to ${n.topic.max} characters without . and &`)
  if (n.bannedTopics.includes(tag.toLowerCase())) refuse('Invalid parameter', 4279071)
}

/** A JSON object in a parameter. */
const object = (name: string, value: string): Record<string, unknown> => {
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return badParam(`Param ${name} must be an object`)
  }
  return parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)
    ? (parsed as Record<string, unknown>)
    : badParam(`Param ${name} must be an object`)
}
const only = (name: string, o: Record<string, unknown>, keys: readonly string[]) => {
  const stray = Object.keys(o).find((k) => !keys.includes(k))
  if (stray) badParam(`Param ${name} has an unknown field: ${stray}`)
}

/** The options, in order. */
export const readPoll = (value: string): string[] => {
  const o = object('poll_attachment', value)
  const names = ['option_a', 'option_b', 'option_c', 'option_d']
  only('poll_attachment', o, names)
  const options = names.flatMap((k) => (o[k] === undefined ? [] : [o[k]]))
  if (o.option_a === undefined || o.option_b === undefined)
    badParam('Param poll_attachment must have at least 2 options')
  return options.map((x) =>
    typeof x === 'string' && x.length >= 1 && x.length <= n.poll.option
      ? x
      : badParam(`Param poll_attachment options must be 1 to ${n.poll.option} characters long`),
  )
}

/** The link of a long text, if it has one. */
export const readLongText = (value: string): string | undefined => {
  const o = object('text_attachment', value)
  only('text_attachment', o, ['plaintext', 'link_attachment_url', 'text_with_styling_info'])
  if (typeof o.plaintext !== 'string' || o.plaintext.length < 1 || o.plaintext.length > n.longTextMax)
    badParam(`Param text_attachment plaintext must be 1 to ${n.longTextMax} characters long`)
  if (o.link_attachment_url === undefined) return undefined
  return typeof o.link_attachment_url === 'string' && URL.canParse(o.link_attachment_url)
    ? o.link_attachment_url
    : badParam('Param text_attachment link_attachment_url should represent a valid URL')
}

export type Spoiler = { offset: number; length: number }

export const readSpoilers = (value: string, source: string): Spoiler[] => {
  let list: unknown
  try {
    list = JSON.parse(value)
  } catch {
    return badParam('Param text_entities must be an array')
  }
  if (!Array.isArray(list)) return badParam('Param text_entities must be an array')
  if (list.length > n.spoilersMax) badParam(`Param text_entities must have at most ${n.spoilersMax} items`)
  const end = [...source].length
  return list.map((x: Record<string, unknown>) => {
    const { entity_type: type, offset, length } = x ?? {}
    const inside =
      Number.isInteger(offset) &&
      Number.isInteger(length) &&
      (offset as number) >= 0 &&
      (length as number) > 0 &&
      (offset as number) + (length as number) <= end
    if (!/^spoiler$/i.test(String(type)) || !inside)
      badParam('Param text_entities[0] must be a spoiler within the text')
    return { offset: offset as number, length: length as number }
  })
}

export const checkGif = (value: string): void => {
  const o = object('gif_attachment', value)
  only('gif_attachment', o, ['gif_id', 'provider'])
  if (typeof o.gif_id !== 'string' || o.gif_id === '') badParam('Param gif_attachment gif_id is required')
  if (o.provider !== 'GIPHY') badParam('Param gif_attachment provider must be one of {GIPHY}')
}

export const checkImage = (file: { bytes: number; sniffed: Sniffed }): void => {
  const { mime, width, height } = file.sniffed
  if (!n.image.types.includes(mime))
    graphRefuse(400, 36001, `The image format ${mime} is not supported: JPEG and PNG`, { subcode: 2207005 })
  if (file.bytes > n.image.maxBytes)
    graphRefuse(400, 36000, 'The image is too large to download: 8 MiB at most', { subcode: 2207004 })
  if (width && height && Math.max(width / height, height / width) > n.image.maxRatio + 0.005)
    graphRefuse(400, 36003, 'The aspect ratio is not supported: 10:1 at most', { subcode: 2207009 })
}

/** The word a video fails its processing with, or null. */
export const videoProblem = (file: { bytes: number; sniffed: Sniffed }): string | null => {
  const { sniffed: s } = file
  const v = n.video
  if (!v.types.includes(s.mime) || file.bytes > v.maxBytes) return 'FAILED_PROCESSING_VIDEO'
  if (s.codec !== undefined && !v.codecs.includes(s.codec)) return 'FAILED_PROCESSING_VIDEO'
  if (s.durationMs !== undefined && (s.durationMs <= 0 || s.durationMs > v.maxMs)) return 'INVALID_DURATION'
  if (s.fps !== undefined && (s.fps < v.minFps - 0.5 || s.fps > v.maxFps + 0.5)) return 'INVALID_FRAME_RATE'
  if (s.width && s.height) {
    if (s.width / s.height < v.minRatio || s.width / s.height > v.maxRatio) return 'INVALID_ASPEC_RATIO'
    if (s.width > v.maxWidth) return 'FAILED_PROCESSING_VIDEO'
  }
  return null
}
