/** The post being written, as data, and the pure operations on it. The editor's screen only dispatches these. */
import type { Media } from '#contract/media.ts'
import { acceptable, type Content, type Post, type PostInput } from '#contract/posts.ts'
import type { DraftMedia, Draft as PreflightDraft } from '#kit/facts/preflight.ts'

export type Segment = { key: string; text: string; mediaIds: string[] }
/** `segments` null: it shows the shared version. Its own version has a first comment of its own too. */
export type DraftChannel = {
  channelId: string
  segments: Segment[] | null
  firstComment: string
  settings: Record<string, unknown>
}
export type Draft = {
  segments: Segment[]
  firstComment: string
  channels: DraftChannel[]
  tags: string[]
  latePolicy: PostInput['latePolicy']
  /** Alt texts typed and not yet stored with the file, by media id. */
  alts: Record<string, string>
  /** Findings the person takes (`content.accepts`), for all versions of the post. */
  accepts: NonNullable<Content['accepts']>
}

/** `null` is the text all channels share; a channel id is that channel's own version. */
export type Target = string | null

let counter = 0
/** A segment's identity on this screen, so that React and running uploads follow it when segments move. */
export const newSegment = (text = '', mediaIds: string[] = []): Segment => ({ key: `p${++counter}`, text, mediaIds })
export const emptyDraft = (): Draft => ({
  segments: [newSegment()],
  firstComment: '',
  channels: [],
  tags: [],
  latePolicy: null,
  alts: {},
  accepts: [],
})

const segmentsOf = (content: Content): Segment[] => content.segments.map((s) => newSegment(s.text, [...s.mediaIds]))
export const fromPost = (post: Post): Draft => ({
  segments: segmentsOf(post.content),
  firstComment: post.content.firstComment ?? '',
  channels: post.publications.map((p) => ({
    channelId: p.channelId,
    segments: p.content ? segmentsOf(p.content) : null,
    firstComment: p.content?.firstComment ?? '',
    settings: p.settings,
  })),
  tags: post.tags,
  latePolicy: post.latePolicy,
  alts: {},
  accepts: [...new Set([post.content, ...post.publications.map((p) => p.content)].flatMap((c) => c?.accepts ?? []))],
})

const contentOf = (segments: readonly Segment[], firstComment: string, accepts: Draft['accepts']): Content => ({
  segments: segments.map((p) => ({ text: p.text, mediaIds: p.mediaIds })),
  ...(firstComment.trim() ? { firstComment } : {}),
  ...(accepts.length > 0 ? { accepts } : {}),
})
/** What is sent to the server. */
export const toInput = (draft: Draft): PostInput => ({
  content: contentOf(draft.segments, draft.firstComment, draft.accepts),
  publications: draft.channels.map((c) => ({
    channelId: c.channelId,
    content: c.segments ? contentOf(c.segments, c.firstComment, draft.accepts) : null,
    settings: c.settings,
  })),
  tags: draft.tags,
  latePolicy: draft.latePolicy,
})

/** Takes a finding that may be accepted; others change nothing. */
export const acceptFinding = (draft: Draft, kind: string): Draft => {
  const known = acceptable.find((k) => k === kind)
  return known && !draft.accepts.includes(known) ? { ...draft, accepts: [...draft.accepts, known] } : draft
}

/** Is there anything worth keeping? Choosing a channel alone makes no draft. */
export const hasContent = (draft: Draft): boolean =>
  [draft.segments, ...draft.channels.map((c) => c.segments ?? [])]
    .flat()
    .some((p) => p.text.trim() !== '' || p.mediaIds.length > 0)

export const segmentsFor = (draft: Draft, target: Target): Segment[] =>
  (target === null ? null : draft.channels.find((c) => c.channelId === target)?.segments) ?? draft.segments

/** The first comment of a version: a channel's own, or the shared one. */
export const commentFor = (draft: Draft, target: Target): string => {
  const own = target === null ? undefined : draft.channels.find((c) => c.channelId === target)
  return own?.segments ? own.firstComment : draft.firstComment
}
export const setComment = (draft: Draft, target: Target, firstComment: string): Draft =>
  target === null
    ? { ...draft, firstComment }
    : { ...draft, channels: draft.channels.map((c) => (c.channelId === target ? { ...c, firstComment } : c)) }

const withSegments = (draft: Draft, target: Target, change: (segments: Segment[]) => Segment[]): Draft =>
  target === null
    ? { ...draft, segments: change(draft.segments) }
    : {
        ...draft,
        channels: draft.channels.map((c) =>
          c.channelId === target
            ? {
                ...c,
                segments: change(c.segments ?? draft.segments),
                firstComment: c.segments ? c.firstComment : draft.firstComment,
              }
            : c,
        ),
      }
const withSegment = (draft: Draft, target: Target, key: string, change: (segment: Segment) => Segment): Draft =>
  withSegments(draft, target, (segments) => segments.map((p) => (p.key === key ? change(p) : p)))

export const setText = (draft: Draft, target: Target, key: string, text: string): Draft =>
  withSegment(draft, target, key, (p) => ({ ...p, text }))
export const addSegment = (draft: Draft, target: Target, after: string): Draft =>
  withSegments(draft, target, (segments) => segments.flatMap((p) => (p.key === after ? [p, newSegment()] : [p])))
/** Removes a segment; the last one stays. */
export const removeSegment = (draft: Draft, target: Target, key: string): Draft =>
  withSegments(draft, target, (segments) => (segments.length > 1 ? segments.filter((p) => p.key !== key) : segments))
/** Replaces a segment by several; media stay with the first. */
export const splitSegment = (draft: Draft, target: Target, key: string, texts: readonly string[]): Draft =>
  withSegments(draft, target, (segments) =>
    segments.flatMap((p) =>
      p.key === key ? texts.map((text, n) => (n === 0 ? { ...p, text } : newSegment(text))) : [p],
    ),
  )
/**
 * Adds a file to a segment (to the first one, when that segment is gone). `order`: when each was picked; a small file that
 * arrives before a large one still comes after it.
 */
export const addMedia = (
  draft: Draft,
  target: Target,
  key: string,
  mediaId: string,
  order: ReadonlyMap<string, number> = new Map(),
): Draft => {
  const has = segmentsFor(draft, target).some((p) => p.key === key)
  const into = has ? key : (segmentsFor(draft, target)[0]?.key ?? key)
  const mine = order.get(mediaId) ?? Number.POSITIVE_INFINITY
  return withSegment(draft, target, into, (p) => {
    if (p.mediaIds.includes(mediaId)) return p
    const later = p.mediaIds.findIndex((id) => (order.get(id) ?? 0) > mine)
    const at = later < 0 ? p.mediaIds.length : later
    return { ...p, mediaIds: p.mediaIds.toSpliced(at, 0, mediaId) }
  })
}
export const removeMedia = (draft: Draft, target: Target, key: string, mediaId: string): Draft =>
  withSegment(draft, target, key, (p) => ({ ...p, mediaIds: p.mediaIds.filter((id) => id !== mediaId) }))
export const moveMedia = (draft: Draft, target: Target, key: string, mediaId: string, by: -1 | 1): Draft =>
  withSegment(draft, target, key, (p) => {
    const from = p.mediaIds.indexOf(mediaId)
    const to = from + by
    if (from < 0 || to < 0 || to >= p.mediaIds.length) return p
    const mediaIds = [...p.mediaIds]
    mediaIds.splice(from, 1)
    mediaIds.splice(to, 0, mediaId)
    return { ...p, mediaIds }
  })
export const setAlt = (draft: Draft, mediaId: string, alt: string): Draft => ({
  ...draft,
  alts: { ...draft.alts, [mediaId]: alt },
})

export const toggleChannel = (draft: Draft, channelId: string): Draft => ({
  ...draft,
  channels: draft.channels.some((c) => c.channelId === channelId)
    ? draft.channels.filter((c) => c.channelId !== channelId)
    : [...draft.channels, { channelId, segments: null, firstComment: '', settings: {} }],
})
/** Chooses all of these channels, or none of them; the others stay as they are. */
export const chooseChannels = (draft: Draft, channelIds: readonly string[], on: boolean): Draft =>
  channelIds
    .filter((id) => draft.channels.some((c) => c.channelId === id) !== on)
    .reduce((d, id) => toggleChannel(d, id), draft)
export const setSettings = (draft: Draft, channelId: string, settings: Record<string, unknown>): Draft => ({
  ...draft,
  channels: draft.channels.map((c) => (c.channelId === channelId ? { ...c, settings } : c)),
})
/** Gives a channel its own version, starting from the shared one, with segments of its own. */
export const customise = (draft: Draft, channelId: string): Draft => ({
  ...draft,
  channels: draft.channels.map((c) =>
    c.channelId === channelId && !c.segments
      ? {
          ...c,
          segments: draft.segments.map((p) => newSegment(p.text, [...p.mediaIds])),
          firstComment: draft.firstComment,
        }
      : c,
  ),
})
export const shareText = (draft: Draft, channelId: string): Draft => ({
  ...draft,
  channels: draft.channels.map((c) => (c.channelId === channelId ? { ...c, segments: null, firstComment: '' } : c)),
})

export const mediaIdsOf = (draft: Draft): string[] => [
  ...new Set([draft.segments, ...draft.channels.map((c) => c.segments ?? [])].flat().flatMap((p) => p.mediaIds)),
]

const draftMedia = (draft: Draft, media: Readonly<Record<string, Media>>, id: string): DraftMedia[] => {
  const item = media[id]
  if (!item) return []
  const { kind, mime, bytes, width, height, durationMs, facts } = item
  return [{ id, kind, mime, bytes, width, height, durationMs, facts, alt: draft.alts[id] ?? item.alt }]
}

/** The draft as one channel would get it, for preflight. Media not loaded yet are left out. */
export const preflightDraft = (
  draft: Draft,
  channel: { id: string; kind: string; facts: Record<string, unknown> },
  media: Readonly<Record<string, Media>>,
  /** Media its settings point at. */
  attached: readonly string[] = [],
): PreflightDraft => ({
  segments: segmentsFor(draft, channel.id).map((p) => ({
    text: p.text,
    media: p.mediaIds.flatMap((id) => draftMedia(draft, media, id)),
  })),
  ...(commentFor(draft, channel.id).trim() ? { firstComment: commentFor(draft, channel.id) } : {}),
  ...(draft.accepts.length > 0 ? { accepts: draft.accepts } : {}),
  settings: draft.channels.find((c) => c.channelId === channel.id)?.settings ?? {},
  ...(attached.length > 0
    ? { attachments: Object.fromEntries(attached.flatMap((id) => draftMedia(draft, media, id).map((m) => [id, m]))) }
    : {}),
  channel: { kind: channel.kind, facts: channel.facts },
})
