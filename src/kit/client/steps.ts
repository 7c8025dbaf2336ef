/**
 * Publishing as a list of steps. A platform says what to do and what may be repeated; the engine journals every step
 * before it begins and after it ends, waits, retries and asks. A step never sleeps, loops over time or retries.
 *
 * Life of a step: (none) -> begun -> done | refused | unknown; `unknown` -> done by its witness, or begun again.
 */
import { type StepKey, type StepName, stepKey } from '#contract/steps.ts'
import type { Again } from '#kit/facts/again.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { MediaFacts, MediaKind } from '#kit/facts/preflight.ts'
import type { Http } from './http.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined }

/** Tokens of a channel, as the platform's `connect.ts` made them. Sealed at rest. Times are ISO 8601 UTC. */
export type Grant = {
  access: string
  refresh?: string
  expiresAt?: string
  refreshExpiresAt?: string
  scopes?: string[]
  /** What else the platform needs to call: PDS URL, app password, page token. */
  extra?: Record<string, string>
}

export type StepMedia = {
  id: string
  kind: MediaKind
  mime: string
  bytes: number
  width: number | null
  height: number | null
  durationMs: number | null
  alt: string
  facts?: MediaFacts
  /** The rendition's content; backed by the file, not read into memory: send `slice(a, b)` of it for chunks. */
  blob: () => Promise<Blob>
  /** A signed public URL the network can fetch, for networks that pull. */
  url: () => Promise<string>
}

export type StepSegment = { text: string; media: StepMedia[] }

/** All a step may know before it runs. */
export type StepView<S = unknown> = {
  publicationId: string
  segments: StepSegment[]
  firstComment?: string
  settings: S
  /** Media the settings point at (`spec.settings.media`), by id. */
  attachments: Readonly<Record<string, StepMedia>>
  channel: { externalId: string; kind: string; handle: string; name: string; facts: Record<string, unknown> }
}

/** All a step may touch. */
export type StepContext<S = unknown> = StepView<S> & {
  http: Http
  grant: Grant
  credentials: Record<string, string>
  /** Index of the media item or segment for `each` steps; 0 otherwise. Media are numbered over all segments. */
  index: number
  /** Checkpoint of an earlier step (`upload:2`), or undefined when it did not run. */
  done: <C extends Json>(key: StepKey) => C | undefined
  /** What `prepare` gave, the same in every repetition. */
  prepared: Json
  /** What `save` last stored in this step: upload session, byte offset. */
  saved: Json | undefined
  /** Journals progress inside a step, so that a repetition can go on from there. */
  save: (progress: Json) => Promise<void>
  /** Epoch ms of the injected clock. */
  now: () => number
  /** Epoch ms when this step was first begun. */
  firstBegunAt: number
  signal: AbortSignal
}

/** What a `create` step must leave in its checkpoint. `id` null: accepted, id unknown. */
export type Created = { id: string | null; url: string | null; [more: string]: Json | undefined }

export type Outcome = { done: Json } | { wait: { ms: number; reason: string } }
/** `done(checkpoint)`: over. `notYet(ms, reason)`: call me again later (processing). */
export const done = (checkpoint: Json = {}): Outcome => ({ done: checkpoint })
export const notYet = (ms: number, reason: string): Outcome => ({ wait: { ms, reason } })

/** What a look at the network showed. `unsure` never leads to a second create. */
export type Witness = { found: Json } | { absent: true } | { unsure: string }
export const found = (checkpoint: Json): Witness => ({ found: checkpoint })
export const absent: Witness = { absent: true }
export const unsure = (why: string): Witness => ({ unsure: why })

export type { Again, StepKey }

export type StepOptions<S> = {
  again: Again
  /** Runs once per item; keys become `name:0`, `name:1`. `segment` steps and `media` steps run in order. */
  each?: 'media' | 'segment'
  /** Leave the step out (checked when the plan is made, on the frozen content). */
  when?: (t: StepView<S>, index: number) => boolean
  /** Runs before the step is journalled as begun; its result is stored with it and never made again (but see `keyTaken`). Reads only. */
  prepare?: (t: StepContext<S>) => Promise<Json> | Json
  /** A read-only look; required for `ask`, useful for `keyed`. */
  witness?: (t: StepContext<S>) => Promise<Witness>
  /**
   * With `keyed`: code of the failure by which the network says that something else has the key `prepare` chose. After a
   * first call that is proof that nothing of ours was taken, so the step is prepared anew, under another key.
   */
  keyTaken?: `${string}.${string}`
  /** How long an empty look proves nothing (ms): the network's list lags behind. Default 0. */
  believeEmptyAfterMs?: number
  /** For steps that answer `notYet`: give up after this long (ms). Default 30 minutes. */
  atMostMs?: number
}

export type Step<S = unknown> = {
  name: StepName
  options: StepOptions<S>
  run: (t: StepContext<S>) => Promise<Outcome>
}

export const step = <S = unknown>(
  name: StepName,
  options: StepOptions<S>,
  run: (t: StepContext<S>) => Promise<Outcome>,
): Step<S> => {
  if (options.again === 'ask' && !options.witness) throw new Error(`step ${name}: "ask" needs a witness`)
  return { name, options, run }
}

/** Something is to hang on a post of which only a person knows that it is there. */
export const parentUnknown = (): PlatformFailure =>
  new PlatformFailure({
    kind: 'gone',
    code: 'clarion.parent-unknown',
    message:
      'Clarion does not know the id of the post before this one, so it cannot attach anything to it. Add the rest by hand.',
  })

/**
 * The checkpoint of an earlier create, for a step that needs its id. Raises `gone` when the id is unknown: a person said
 * that the post is there, and nothing can be attached to what Clarion cannot name. `find`: reads the id from the link.
 */
export const namedBy = <C extends Created>(
  t: Pick<StepContext, 'done'>,
  key: StepKey,
  find: (url: string) => string | undefined = () => undefined,
): C & { id: string } => {
  const created = t.done<C>(key)
  const id = created?.id ?? (created?.url ? find(created.url) : undefined)
  if (created && id) return { ...created, id }
  throw parentUnknown()
}

/** The publishing plan of a platform. At least one step is named `create`; its checkpoint is a `Created`. */
export const steps = <S = unknown>(...list: Step<S>[]): readonly Step<S>[] => {
  if (!list.some((s) => s.name === 'create')) throw new Error('a plan needs a step named "create"')
  return list
}

export type PlannedStep<S = unknown> = { key: StepKey; index: number; step: Step<S> }

/** Unrolls `each` and `when` on the frozen content. Pure: the same content always gives the same keys in the same order. */
export const plan = <S>(list: readonly Step<S>[], t: StepView<S>): PlannedStep<S>[] =>
  list.flatMap((s) => {
    const count =
      s.options.each === 'media'
        ? t.segments.reduce((n, x) => n + x.media.length, 0)
        : s.options.each === 'segment'
          ? t.segments.length
          : 1
    return Array.from({ length: count }, (_, index) => index)
      .filter((index) => s.options.when?.(t, index) ?? true)
      .map((index) => ({ key: stepKey(s.name, s.options.each && index), index, step: s }))
  })

/** The media item a `media` step is for, with the segment it belongs to. */
export const mediaAt = (t: StepView, index: number): { media: StepMedia; segment: number } => {
  let i = index
  for (let segment = 0; segment < t.segments.length; segment++) {
    const list = t.segments[segment]!.media
    if (i < list.length) return { media: list[i]!, segment }
    i -= list.length
  }
  throw new RangeError(`no media item ${index}`)
}

/** Global indices of the media of one segment, to find their `upload:<n>` checkpoints. */
export const mediaIndices = (t: StepView, segment: number): number[] => {
  const before = t.segments.slice(0, segment).reduce((n, s) => n + s.media.length, 0)
  return t.segments[segment]!.media.map((_, i) => before + i)
}
