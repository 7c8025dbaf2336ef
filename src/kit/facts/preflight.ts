/**
 * Preflight: the rules that say, before publishing, what a network will refuse. One pure function, run in the composer
 * as the person types and on the server when scheduling and again shortly before the due time.
 */
import { acceptable } from '#contract/posts.ts'
import type { Draft, DraftSegment, Finding } from './draft.ts'
import { mediaFindings } from './preflight-media.ts'
import { roomOf } from './room.ts'
import type { PlatformSpec } from './spec.ts'
import { isBlank, shownText, type TextRules } from './text.ts'

export type * from './draft.ts'

export type PlatformPure = {
  spec: PlatformSpec
  text: TextRules
  /** Limits that hang on the account or the settings (X Premium); merged over `spec.text` / `spec.media`. */
  limitsFor?: (spec: PlatformSpec, draft: Draft) => Pick<PlatformSpec, 'text' | 'media'>
  /** What of a text people will see, where the settings make markup of the rest; limits count that. */
  seen?: (text: string, settings: unknown) => string
  /** Rules no vocabulary of the kit can say. */
  check?: (draft: Draft) => Finding[]
  /** What a draft costs, where the network charges; null: nothing. `amount` in units of `currency` (ISO 4217). */
  cost?: (draft: Draft) => Cost | null
}

/** `note` in English; `kind` and `params` find it among the platform's words as `cost.<kind>`. */
export type Cost = {
  amount: number
  currency: string
  note: string
  kind?: string
  params?: Record<string, string | number>
}

/** Where in a draft a finding lies. */
export type Place = { segment?: number; media?: string }
export type AddFinding = (
  kind: string,
  level: Finding['level'],
  message: string,
  remedy: string,
  params?: Finding['params'],
  at?: Place,
) => void

/** A list for the findings of a platform's own rules, and what adds one to it under `<platform>.<kind>`. */
export const findingList = (platform: string): { out: Finding[]; add: AddFinding } => {
  const out: Finding[] = []
  const add: AddFinding = (kind, level, message, remedy, params = {}, at = {}) =>
    out.push({ rule: `${platform}.${kind}`, kind, level, message, remedy, params, ...at })
  return { out, add }
}

/** What shows nothing is nothing, for the rules of every platform as for the engine that sends it. */
const withoutBlanks = (draft: Draft): Draft => ({
  ...draft,
  segments: draft.segments.map((s) => ({ ...s, text: shownText(s.text) })),
  ...(draft.firstComment === undefined ? {} : { firstComment: shownText(draft.firstComment) }),
})

/** A finding that may be accepted says so; one that was accepted warns. */
const taken = (f: Finding, { accepts = [] }: Draft): Finding =>
  acceptable.some((kind) => kind === f.kind)
    ? { ...f, acceptable: true, level: accepts.includes(f.kind) ? 'warning' : f.level }
    : f

/** Everything wrong with a draft on one platform; an empty list means the network should take it. Pure, never throws. */
export const preflight = (pure: PlatformPure, given: Draft): Finding[] => {
  const draft = withoutBlanks(given)
  const { spec } = pure
  const limits = pure.limitsFor?.(spec, draft) ?? spec
  const { out, add } = findingList(spec.id)

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
    mediaFindings({ spec, limits: limits.media, media: s.media, segment, add })

    function textFindings({ text, media }: DraftSegment) {
      const t = limits.text
      const { actual, max, bytes } = roomOf(pure, draft, text, media.length > 0)
      const blank = isBlank(text)
      if (t.optional && blank) return
      if (blank && media.length === 0)
        add(
          'text.empty',
          'error',
          'This post has neither text nor media.',
          'Write some text or add media.',
          {},
          { segment },
        )
      else if (blank && !t.optionalWithMedia)
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
      if (bytes && bytes.actual > bytes.max)
        add(
          'text.bytes',
          'error',
          `The text is ${bytes.actual} bytes; ${spec.name} takes ${bytes.max}.`,
          'Shorten it; emoji and accented letters take several bytes.',
          { limit: bytes.max, actual: bytes.actual, platform: spec.name },
          { segment },
        )
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
  if (!isBlank(draft.firstComment ?? '') && !spec.can.firstComment)
    add(
      'comment.unsupported',
      'warning',
      spec.why?.firstComment ?? `${spec.name} takes no first comment from apps.`,
      'The post goes out there without the comment.',
      { platform: spec.name },
    )
  return out.concat(pure.check?.(draft) ?? []).map((f) => taken(f, draft))
}
