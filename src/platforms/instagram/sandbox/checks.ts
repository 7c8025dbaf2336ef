/** Instagram's refusals in its own words and codes (§8), and what it checks of captions, tags and files (§3.2, §10). */
import type { Sniffed } from '#kit/sandbox/sniff.ts'
import { badParam, graphRefuse } from '../../families/meta/sandbox/envelope.ts'
import * as n from './numbers.ts'
import type { Tag } from './state.ts'

/** 400 with code and subcode. */
export const refuse = (code: number, subcode: number, message: string, transient = false): never =>
  graphRefuse(400, code, message, { subcode, transient })

/** Hashtags and mentions, counted as the imitation sees them: its own reading of the rule. */
const countWords = (text: string, sign: '#' | '@') =>
  text.split(/[\s,;:!?()"']+/u).reduce((sum, word) => {
    if (sign === '#')
      return (
        sum +
        (word.startsWith('#')
          ? word
              .slice(1)
              .split('#')
              .filter((w) => /\p{L}/u.test(w)).length
          : 0)
      )
    return sum + (/^@[\w.]/u.test(word) ? 1 : 0)
  }, 0)

export const checkCaption = (text: string): void => {
  if (text.length > n.caption.max) refuse(36004, 2207010, `The caption is too long: ${n.caption.max} characters`)
  if (countWords(text, '#') > n.caption.hashtags)
    refuse(36004, 2207010, `The caption has too many hashtags: ${n.caption.hashtags}`)
  if (countWords(text, '@') > n.caption.mentions)
    refuse(36004, 2207010, `The caption has too many mentions: ${n.caption.mentions}`)
}

/** [3.5]; the documented limits, whose error code is not documented. */
export const checkComment = (text: string): void => {
  if (text.trim() === '') badParam('The parameter message is required')
  if (text.length > n.comment.max) badParam(`The comment is longer than ${n.comment.max} characters`)
  if (countWords(text, '#') > n.comment.hashtags) badParam('The comment contains too many hashtags')
  if ((text.match(/https?:\/\/|www\./giu)?.length ?? 0) > n.comment.links)
    badParam('The comment contains too many URLs')
  if (text.length > 1 && text === text.toUpperCase() && text !== text.toLowerCase())
    badParam('The comment must not be all capital letters')
}

/** A JSON list in a parameter. */
export const list = (name: string, value: string | undefined): unknown[] => {
  if (value === undefined) return []
  let parsed: unknown
  try {
    parsed = JSON.parse(value)
  } catch {
    return badParam(`Param ${name} must be an array`)
  }
  return Array.isArray(parsed) ? parsed : badParam(`Param ${name} must be an array`)
}

export const checkCollaborators = (value: string | undefined): string[] => {
  const names = list('collaborators', value)
  if (names.length > n.collaboratorsMax) badParam(`Param collaborators must have at most ${n.collaboratorsMax} items`)
  return names.map((x) =>
    typeof x === 'string' && /^[\w.]{1,30}$/.test(x)
      ? x
      : badParam('Param collaborators must be an array of usernames'),
  )
}

/** `where`: pictures need x and y, reels take none, stories may have them. */
export const checkTags = (value: string | undefined, where: 'needed' | 'none' | 'free'): Tag[] => {
  const tags = list('user_tags', value)
  if (tags.length > n.tagsMax) refuse(100, 2207040, `Too many user tags: ${n.tagsMax} at most`)
  return tags.map((x) => {
    const tag = x as Partial<Tag> | null
    if (typeof tag?.username !== 'string' || !/^[\w.]{1,30}$/.test(tag.username))
      return badParam('Param user_tags[0] username is required')
    const inside = (v: unknown) => typeof v === 'number' && v >= 0 && v <= 1
    const placed = tag.x !== undefined || tag.y !== undefined
    if (placed && !(inside(tag.x) && inside(tag.y))) badParam('Param user_tags[0] x and y must be from 0 to 1')
    if (where === 'needed' && !placed) badParam('Param user_tags[0] x and y are required for photos')
    if (where === 'none' && placed) badParam('Param user_tags[0] x and y are not allowed for reels')
    return tag as Tag
  })
}

export const checkImage = (file: { bytes: number; sniffed: Sniffed }, feed: boolean): void => {
  const { mime, width, height } = file.sniffed
  if (!mime.startsWith('image/') && !mime.startsWith('video/'))
    refuse(9004, 2207052, 'Only photo or video can be accepted as media type.')
  if (mime !== 'image/jpeg') refuse(36001, 2207005, `The image format ${mime} is not supported: JPEG only`)
  if (file.bytes > n.image.maxBytes) refuse(36000, 2207004, 'The image is too large to download: 8 MiB at most')
  if (feed && width && height) {
    const ratio = width / height
    if (ratio < n.image.minRatio - 0.005 || ratio > n.image.maxRatio + 0.005)
      refuse(36003, 2207009, `The aspect ratio ${ratio.toFixed(2)} is not supported: 4:5 to 1.91:1`)
  }
}

/** The 22070xx code a video fails its processing with, or null. */
export const videoProblem = (
  kind: 'REELS' | 'STORIES' | 'VIDEO',
  file: { bytes: number; sniffed: Sniffed },
): number | null => {
  const { sniffed: s } = file
  const limit = n.video[kind]
  if (!n.video.types.includes(s.mime)) return 2207026
  const ratio = s.width && s.height ? s.width / s.height : null
  const bad =
    file.bytes > limit.maxBytes ||
    (s.codec !== undefined && !n.video.codecs.includes(s.codec)) ||
    (s.durationMs !== undefined && (s.durationMs < n.video.minMs || s.durationMs > limit.maxMs)) ||
    (s.fps !== undefined && (s.fps < n.video.minFps - 0.5 || s.fps > n.video.maxFps + 0.5)) ||
    (s.width !== undefined && s.width > n.video.maxWidth) ||
    (ratio !== null && (ratio < limit.minRatio || ratio > limit.maxRatio))
  return bad ? 2207026 : null
}
