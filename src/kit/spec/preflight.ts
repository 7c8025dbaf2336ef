/**
 * Preflight: the rules that say, before publishing, what a network will refuse. One pure function, run in the composer
 * as the person types and on the server when scheduling and again shortly before the due time.
 */
import type { ImageLimits, PlatformSpec, VideoLimits } from './spec.ts'
import { type TextRules, utf8Bytes } from './text.ts'

export type DraftMedia = {
  id: string
  kind: 'image' | 'video'
  mime: string
  bytes: number
  width: number | null
  height: number | null
  durationMs: number | null
  alt: string
}

export type DraftSegment = { text: string; media: readonly DraftMedia[] }

/** One post as it would go to one channel. */
export type Draft = {
  segments: readonly DraftSegment[]
  firstComment?: string
  settings: unknown
  /** What the network told us about the account (plan, limits); shape known to the platform only. */
  channel: { kind: string; facts: Record<string, unknown> }
}

export type Finding = {
  /** Stable id: `<platform>.<what>`, e.g. `bluesky.text.length`. */
  rule: string
  /** The rule's family: the key of its sentence in the UI catalogue (`preflight.<kind>`). */
  kind: string
  level: 'error' | 'warning'
  /** English; the UI catalogue translates by `kind` and `params`. */
  message: string
  remedy: string
  params: Record<string, string | number>
  segment?: number
  media?: string
}

export type PlatformPure = {
  spec: PlatformSpec
  text: TextRules
  /** Limits that hang on the account or the settings (X Premium); merged over `spec.text` / `spec.media`. */
  limitsFor?: (spec: PlatformSpec, draft: Draft) => Pick<PlatformSpec, 'text' | 'media'>
  /** Rules no vocabulary of the kit can say. */
  check?: (draft: Draft) => Finding[]
}

const mb = (bytes: number) => `${Math.round(bytes / 10_000) / 100} MB`

/** Everything wrong with a draft on one platform; an empty list means the network should take it. Pure, never throws. */
export const preflight = (pure: PlatformPure, draft: Draft): Finding[] => {
  const { spec } = pure
  const limits = pure.limitsFor?.(spec, draft) ?? spec
  const out: Finding[] = []
  const add = (
    kind: string,
    level: Finding['level'],
    message: string,
    remedy: string,
    params: Finding['params'],
    at: { segment?: number; media?: string } = {},
  ) => out.push({ rule: `${spec.id}.${kind}`, kind, level, message, remedy, params, ...at })

  if (draft.segments.length === 0)
    add('empty', 'error', 'There is nothing to publish.', 'Write some text or add media.', {})
  if (draft.segments.length > spec.thread.max) {
    const params = { limit: spec.thread.max, actual: draft.segments.length, platform: spec.name }
    const remedy =
      spec.thread.max === 1
        ? 'Join the parts into one post for this channel.'
        : `Keep at most ${spec.thread.max} posts.`
    add(
      'thread.length',
      'error',
      spec.thread.max === 1
        ? `${spec.name} has no threads.`
        : `A thread has at most ${spec.thread.max} posts here; this one has ${draft.segments.length}.`,
      remedy,
      params,
    )
  }
  draft.segments.forEach((s, segment) => {
    textFindings(s)
    mediaFindings(s)

    function textFindings({ text, media }: DraftSegment) {
      const t = limits.text
      const max = media.length > 0 ? (t.maxWithMedia ?? t.max) : t.max
      const actual = pure.text.count(text)
      if (!text.trim() && media.length === 0)
        add(
          'text.empty',
          'error',
          'This post has neither text nor media.',
          'Write some text or add media.',
          {},
          { segment },
        )
      else if (!text.trim() && !t.optionalWithMedia)
        add('text.empty', 'error', `${spec.name} needs text.`, 'Write some text.', {}, { segment })
      if (actual > max)
        add(
          'text.length',
          'error',
          `The text is ${actual} long; ${spec.name} takes ${max}.`,
          `Shorten it by ${actual - max}${spec.thread.max > 1 ? ' or split it into a thread' : ''}.`,
          { limit: max, actual, over: actual - max, platform: spec.name },
          { segment },
        )
      const bytes = t.maxBytes ? utf8Bytes(text) : 0
      if (t.maxBytes && bytes > t.maxBytes)
        add(
          'text.bytes',
          'error',
          `The text is ${bytes} bytes; ${spec.name} takes ${t.maxBytes}.`,
          'Shorten it; emoji and accented letters take several bytes.',
          { limit: t.maxBytes, actual: bytes, platform: spec.name },
          { segment },
        )
    }

    function mediaFindings({ media }: DraftSegment) {
      const m = limits.media
      if (media.length > m.max)
        add(
          'media.count',
          'error',
          `${media.length} items; ${spec.name} takes ${m.max} in one post.`,
          `Remove ${media.length - m.max}.`,
          { limit: m.max, actual: media.length, platform: spec.name },
          { segment },
        )
      if (segment === 0 && media.length < (m.min ?? 0))
        add(
          'media.required',
          'error',
          `${spec.name} needs at least ${m.min} picture or video.`,
          'Add media.',
          { limit: m.min ?? 0, platform: spec.name },
          { segment },
        )
      const videos = media.filter((x) => x.kind === 'video')
      if (m.mix === 'alone' && videos.length > 0 && media.length > 1)
        add(
          'media.mix',
          'error',
          `On ${spec.name} a video stands alone in its post.`,
          'Keep the video or the pictures, not both.',
          { platform: spec.name },
          { segment },
        )
      for (const item of media) {
        if (item.kind === 'image') imageFindings(item, m.image, segment)
        else videoFindings(item, m.video, segment)
      }
    }
  })
  const parsed = spec.settings.schema.safeParse(draft.settings ?? {})
  if (!parsed.success)
    for (const issue of parsed.error.issues)
      add(
        `settings.${issue.path.join('.') || 'shape'}`,
        'error',
        `${issue.path.join('.') || 'Settings'}: ${issue.message}`,
        'Correct the setting.',
        { field: issue.path.join('.') },
      )
  if (draft.firstComment?.trim() && !spec.can.firstComment)
    add(
      'comment.unsupported',
      'warning',
      spec.why?.firstComment ?? `${spec.name} takes no first comment from apps.`,
      'The post goes out there without the comment.',
      { platform: spec.name },
    )
  return out.concat(pure.check?.(draft) ?? [])

  function imageFindings(item: DraftMedia, limit: ImageLimits | undefined, segment: number) {
    const at = { segment, media: item.id }
    if (!limit)
      return add(
        'image.unsupported',
        'error',
        `${spec.name} takes no pictures here.`,
        'Remove the picture.',
        { platform: spec.name },
        at,
      )
    const { width: w, height: h } = item
    // Type and size are not refusals: Clarion makes a rendition within the limits. Say so instead of surprising people.
    if (!limit.types.includes(item.mime))
      add(
        'image.type',
        'warning',
        `${item.mime} is not taken by ${spec.name}.`,
        `Clarion sends it as ${limit.types[0]}.`,
        { actual: item.mime, to: limit.types[0]!, platform: spec.name },
        at,
      )
    if (item.bytes > limit.maxBytes)
      add(
        'image.bytes',
        'warning',
        `The picture is ${mb(item.bytes)}; ${spec.name} takes ${mb(limit.maxBytes)}.`,
        'Clarion sends a smaller rendition.',
        { limit: limit.maxBytes, actual: item.bytes, platform: spec.name },
        at,
      )
    if (w && h && limit.aspect && (w / h < limit.aspect.min || w / h > limit.aspect.max))
      add(
        'image.aspect-ratio',
        'error',
        `The picture's shape ${(w / h).toFixed(2)}:1 is outside ${limit.aspect.min}:1 to ${limit.aspect.max}:1.`,
        'Crop or pad the picture.',
        { min: limit.aspect.min, max: limit.aspect.max, actual: Number((w / h).toFixed(3)), platform: spec.name },
        at,
      )
    if (limit.altMax && item.alt.length > limit.altMax)
      add(
        'image.alt',
        'error',
        `The alt text is ${item.alt.length} long; ${spec.name} takes ${limit.altMax}.`,
        'Shorten the alt text.',
        { limit: limit.altMax, actual: item.alt.length, platform: spec.name },
        at,
      )
    if (limit.altMax && !item.alt.trim())
      add(
        'image.alt-missing',
        'warning',
        'This picture has no alt text.',
        'Describe it for people who cannot see it.',
        {},
        at,
      )
  }

  function videoFindings(item: DraftMedia, limit: (VideoLimits & { max?: number }) | undefined, segment: number) {
    const at = { segment, media: item.id }
    if (!limit)
      return add(
        'video.unsupported',
        'error',
        `${spec.name} takes no video from Clarion yet.`,
        'Remove the video for this channel.',
        { platform: spec.name },
        at,
      )
    if (item.bytes > limit.maxBytes)
      add(
        'video.bytes',
        'error',
        `The video is ${mb(item.bytes)}; ${spec.name} takes ${mb(limit.maxBytes)}.`,
        'Export it smaller.',
        { limit: limit.maxBytes, actual: item.bytes, platform: spec.name },
        at,
      )
    const ms = item.durationMs
    if (ms !== null && limit.maxMs && ms > limit.maxMs)
      add(
        'video.duration',
        'error',
        `The video is ${Math.round(ms / 1000)} s; ${spec.name} takes ${limit.maxMs / 1000} s.`,
        'Trim it.',
        { limit: limit.maxMs, actual: ms, platform: spec.name },
        at,
      )
    if (ms !== null && limit.minMs && ms < limit.minMs)
      add(
        'video.too-short',
        'error',
        `The video is ${Math.round(ms / 1000)} s; ${spec.name} wants at least ${limit.minMs / 1000} s.`,
        'Use a longer one.',
        { limit: limit.minMs, actual: ms, platform: spec.name },
        at,
      )
  }
}
