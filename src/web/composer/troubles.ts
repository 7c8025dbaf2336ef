/**
 * Findings as a person meets them: one problem, where it is, and not one box for each network and file. "No alt text" on
 * six networks and two pictures is one thing to do.
 */
import type { Finding } from '#kit/facts/preflight.ts'
import { aboutContent } from '../lib/finding-kinds.ts'
import type { FindingText } from '../lib/findings.ts'
import { type Draft, segmentsFor } from './draft.ts'

/** A finding of one channel, in the person's words. */
export type Seen = { channelId: string; finding: Finding; text: FindingText }
/** One sentence, and everything it is said of. */
export type Sentence = { text: FindingText; seen: Seen[] }
export type Trouble = {
  key: string
  level: Finding['level']
  /** What it is in three words; null: the sentence says it. */
  title: string | null
  sentences: Sentence[]
  /** Channels it concerns, each once, in the order of the findings. */
  channelIds: string[]
  /** How many files it concerns; 0: none in particular. */
  files: number
}

/**
 * Groups findings by kind where `titleOf` has a title for it, else by what they say; those that must be corrected come
 * first, each list in the order it came.
 */
export const groupTroubles = (list: readonly Seen[], titleOf: (kind: string) => string | null): Trouble[] => {
  const groups = Map.groupBy(list, ({ finding, text }) => {
    const what = titleOf(finding.kind) === null ? `${finding.kind} ${text.message}` : finding.kind
    return `${finding.level} ${what}`
  })
  const troubles = [...groups].map(([key, seen]): Trouble => {
    const { finding } = seen[0]!
    const sentences = Map.groupBy(seen, ({ text }) => `${text.message} ${text.remedy}`)
    return {
      key,
      level: finding.level,
      title: titleOf(finding.kind),
      sentences: [...sentences.values()].map((s) => ({ text: s[0]!.text, seen: s })),
      channelIds: [...new Set(seen.map((s) => s.channelId))],
      files: new Set(seen.flatMap((s) => s.finding.media ?? [])).size,
    }
  })
  return [...troubles.filter((x) => x.level === 'error'), ...troubles.filter((x) => x.level !== 'error')]
}

/** Names of fields on the screen (`data-field`), so that a problem can lead to its own. */
export const fieldNames = {
  text: (segment: string) => `text:${segment}`,
  add: (segment: string) => `add:${segment}`,
  media: (segment: string, id: string) => `media:${segment}:${id}`,
  alt: (segment: string, id: string) => `alt:${segment}:${id}`,
  comment: 'comment',
}

/** Where a finding is put right: a field of a version, or a channel's settings (`about`: which of them). */
export type Place =
  | { kind: 'field'; tab: string; field: string; what: 'alt' | 'text' | 'media' }
  | { kind: 'settings'; channelId: string; about: string }

/** Null: nothing on this screen puts it right (a limit that is used up). */
export const placeOf = (draft: Draft, { channelId, finding }: Pick<Seen, 'channelId' | 'finding'>): Place | null => {
  if (/^(quota|media\.unreachable)/.test(finding.kind)) return null
  if (!aboutContent.test(finding.kind)) return { kind: 'settings', channelId, about: finding.kind }
  const own = draft.channels.find((c) => c.channelId === channelId)?.segments
  const tab = own ? channelId : 'shared'
  const segments = segmentsFor(draft, channelId)
  const segment =
    segments[finding.segment ?? 0] ?? segments.find((s) => finding.media && s.mediaIds.includes(finding.media))
  if (!segment) return null
  const field = (name: string, what: 'alt' | 'text' | 'media'): Place => ({ kind: 'field', tab, field: name, what })
  if (finding.kind.startsWith('comment')) return field(fieldNames.comment, 'text')
  if (finding.media && segment.mediaIds.includes(finding.media))
    return /\.alt\b|^alt\b/.test(finding.kind)
      ? field(fieldNames.alt(segment.key, finding.media), 'alt')
      : field(fieldNames.media(segment.key, finding.media), 'media')
  if (/^(media|image|video|document)\b/.test(finding.kind)) {
    const first = segment.mediaIds[0]
    return field(first ? fieldNames.media(segment.key, first) : fieldNames.add(segment.key), 'media')
  }
  return field(fieldNames.text(segment.key), 'text')
}
