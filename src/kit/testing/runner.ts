/**
 * Runs a platform's plan in one pass, in memory, so that its promises can be proved without the engine: it obeys `again`
 * and the witness, lets virtual time pass where a step waits, and stops where only a person can decide.
 * It is no engine: no journal, no leases, no back-off, three repetitions at most.
 */
import { isPublic, readStepKey } from '#contract/steps.ts'
import type { Http } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import {
  type Created,
  type Grant,
  type Json,
  type PlannedStep,
  plan,
  type StepContext,
  type StepView,
} from '#kit/client/steps.ts'
import { type Failure, PlatformFailure } from '#kit/facts/failures.ts'

export type RunInput = {
  platform: Platform
  view: StepView
  http: Http
  grant: Grant
  credentials: Record<string, string>
  /** Epoch ms. */
  now: () => number
  /** Lets virtual time pass (ms). */
  pass: (ms: number) => void
  /** Called before each try of a step, for tests that act in between. */
  beforeTry?: (key: string, nth: number) => void | Promise<void>
}

export type RunResult = {
  state: 'published' | 'failed' | 'unconfirmed'
  /** Where it ended when not published. */
  key?: string
  failure?: Failure
  checkpoints: Map<string, Json>
  prepared: Map<string, Json>
  /** Calls of `run` per step key, and of witnesses. */
  tries: Map<string, number>
  looks: Map<string, number>
}

/** Everything a `create` or `comment` left, in order. */
export const createdOf = (r: RunResult): Created[] =>
  [...r.checkpoints].filter(([k]) => isPublic(readStepKey(k)?.name)).map(([, c]) => c as Created)

const maxTries = 3
const maxWaits = 100

type Verdict = { done: Json } | { failed: Failure } | { unconfirmed: Failure } | 'again'

/** Makes the context of one step over the checkpoints so far. */
export const contextOf = (o: RunInput, r: RunResult, planned: PlannedStep, saved: Map<string, Json>): StepContext => ({
  ...o.view,
  http: o.http,
  grant: o.grant,
  credentials: o.credentials,
  index: planned.index,
  done: <C extends Json>(key: string) => r.checkpoints.get(key) as C | undefined,
  prepared: r.prepared.get(planned.key) ?? null,
  saved: saved.get(planned.key),
  save: async (progress) => {
    saved.set(planned.key, progress)
  },
  now: o.now,
  firstBegunAt: o.now(),
  signal: new AbortController().signal,
})

const failureOf = (error: unknown): Failure => {
  if (error instanceof PlatformFailure) return error.failure
  throw error
}

/** The engine's remedies in small. */
export const runPlan = async (o: RunInput): Promise<RunResult> => {
  const r: RunResult = {
    state: 'published',
    checkpoints: new Map(),
    prepared: new Map(),
    tries: new Map(),
    looks: new Map(),
  }
  const saved = new Map<string, Json>()
  for (const planned of plan(o.platform.publish, o.view)) {
    const { key, step } = planned
    try {
      if (step.options.prepare) r.prepared.set(key, await step.options.prepare(contextOf(o, r, planned, saved)))
    } catch (error) {
      return { ...r, state: 'failed', key, failure: failureOf(error) }
    }
    const firstBegunAt = o.now()
    let verdict: Verdict = 'again'
    let last: Failure | undefined
    for (let n = 1; verdict === 'again' && n <= maxTries; n++) {
      await o.beforeTry?.(key, n)
      r.tries.set(key, n)
      verdict = await once(planned, firstBegunAt)
    }
    if (verdict === 'again')
      return { ...r, state: step.options.again === 'safe' ? 'failed' : 'unconfirmed', key, failure: last }
    if ('failed' in verdict) return { ...r, state: 'failed', key, failure: verdict.failed }
    if ('unconfirmed' in verdict) return { ...r, state: 'unconfirmed', key, failure: verdict.unconfirmed }
    r.checkpoints.set(key, verdict.done)

    async function once(p: PlannedStep, begunAt: number): Promise<Verdict> {
      const t = () => ({ ...contextOf(o, r, p, saved), firstBegunAt: begunAt })
      try {
        for (let waits = 0; waits < maxWaits; waits++) {
          const outcome = await p.step.run(t())
          if ('done' in outcome) return outcome
          o.pass(outcome.wait.ms)
        }
        throw new Error(`${p.key} is still waiting after ${maxWaits} looks`)
      } catch (error) {
        last = failureOf(error)
        return remedy(p, last, t)
      }
    }
  }
  return r

  async function remedy(
    { key, step: { options } }: PlannedStep,
    failure: Failure,
    t: () => StepContext,
  ): Promise<Verdict> {
    if (failure.code === options.keyTaken && r.tries.get(key) === 1) {
      r.prepared.set(key, (await options.prepare?.(t())) ?? null)
      return 'again'
    }
    if (failure.kind === 'try-later') return 'again'
    if (failure.kind !== 'unknown-outcome' && failure.kind !== 'duplicate') return { failed: failure }
    const mayRepeat = failure.kind === 'unknown-outcome' && (options.again === 'safe' || options.again === 'keyed')
    if (mayRepeat) return 'again'
    if (!options.witness) {
      const asks = options.again === 'never' || (options.again === 'keyed' && !failure.older)
      return asks ? { unconfirmed: failure } : { failed: failure }
    }
    // Two looks, the second after the network's list has had its time.
    for (const lag of [0, options.believeEmptyAfterMs ?? 0]) {
      if (lag > 0) o.pass(lag)
      r.looks.set(key, (r.looks.get(key) ?? 0) + 1)
      const seen = await options.witness(t())
      if ('found' in seen) return { done: seen.found }
      if ('unsure' in seen) return { unconfirmed: { ...failure, message: seen.unsure } }
    }
    return failure.kind === 'duplicate' ? { failed: failure } : 'again'
  }
}
