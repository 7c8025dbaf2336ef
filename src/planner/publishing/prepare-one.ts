/**
 * One preparing: from a claim to what it came to. Walks the steps of a plan that may run ahead, as an attempt would, and
 * stops before the first public one. How it ended is judged by the due time as it is then: a person may have moved it.
 */
import type { Platform } from '#kit/client/platform.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { type Ahead, afterPreparing, aheadSteps, livesUntil, type Stopped } from './ahead.ts'
import { step } from './attempt.ts'
import { type AttemptContext, startAttempt, type Work } from './attempt-context.ts'
import { mostDeaths, stoppedTooOften } from './deaths.ts'
import type { EngineDeps } from './deps.ts'
import { Settled, surely } from './endings.ts'
import { type Frozen, freeze, type Loaded, notPrepared } from './frozen.ts'
import * as store from './preparing-store.ts'
import { transitions } from './rules.ts'
import { dropStale } from './stale.ts'
import { LeaseLost } from './store.ts'

/** Files that cannot be read now are tried again after this long (ms). */
export const awayMs = 60_000

const warning = (platform: Platform, message: string, sure: boolean): Finding => ({
  rule: `${platform.spec.id}.prepare.${sure ? 'failed' : 'trouble'}`,
  kind: sure ? 'prepare.failed' : 'prepare.trouble',
  level: sure ? 'error' : 'warning',
  message: `${platform.spec.name} did not take what was to be prepared. ${message}`,
  remedy: sure ? 'Mend it before the post is due, or it will fail.' : 'Clarion tries again before the post is due.',
  params: { network: platform.spec.name, why: message },
})

/** It ends whoever works on it; at its time it is not tried either, unless a person changed something. */
const gaveUp = (platform: Platform): Finding => ({
  rule: `${platform.spec.id}.prepare.gave-up`,
  kind: 'prepare.gave-up',
  level: 'error',
  message: stoppedTooOften,
  remedy: 'Change the post, best its files, or report it; as it is it will fail.',
  params: {},
})

/** Runs one claimed preparing to its end. Raises `LeaseLost` when it is no longer ours. */
export const prepareAhead = async (d: EngineDeps, w: Work, tries: number): Promise<void> => {
  const c = w.claim
  const platform = d.platforms.get(c.platform)!
  const ahead: Ahead = platform.spec.ahead ?? {}
  const first = await w.shared.load(c.publicationId)
  if (!first) throw new LeaseLost(c.publicationId)
  let loaded: Loaded = first
  const until = () => {
    const at = livesUntil(
      [...loaded.steps.values()].filter((s) => s.state === 'done'),
      ahead,
    )
    return at === null ? null : new Date(at)
  }
  const over = async (judge: (dueAt: Date) => store.PreparingEnd): Promise<void> => {
    let e: store.PreparingEnd | undefined
    await surely(d, c, async () => {
      e = await store.endPreparing(d.db, c, judge)
    })
    if (e?.preparedAt || e?.trouble) d.hints.tell(c, transitions.prepared.to)
  }
  const stopped = async (s: Stopped): Promise<void> => {
    const now = d.clock.now()
    // We are shutting down: that is no failure, and whoever comes next goes on.
    if (w.signal.aborted) throw new LeaseLost(c.publicationId)
    const message = s.message ?? s.failure?.message ?? ''
    await over((dueAt) => {
      const after = afterPreparing(s, { now, dueAt: dueAt.getTime(), tries })
      const failed = after.is === 'failed'
      return {
        now: new Date(now),
        preparedAt: null,
        preparedUntil: until(),
        nextAt: after.nextAt === null ? null : new Date(after.nextAt),
        resetTries: !failed,
        trouble: failed ? warning(platform, message, after.sure) : null,
        line: failed
          ? {
              event: 'prepare-failed',
              at: new Date(now),
              message,
              data: { code: s.failure?.code ?? s.reason ?? undefined, status: s.failure?.status },
            }
          : null,
      }
    })
  }
  if (c.deaths >= mostDeaths) {
    const at = new Date(d.clock.now())
    return over(() => ({
      now: at,
      preparedAt: null,
      preparedUntil: until(),
      nextAt: null,
      resetTries: false,
      trouble: gaveUp(platform),
      line: { event: 'prepare-failed', at, message: stoppedTooOften, data: { code: 'clarion.gave-up' } },
    }))
  }
  let frozen: Frozen
  try {
    loaded = await dropStale(d, c, platform, first)
    frozen = loaded.frozen ?? (await freeze(d.db, d.media, platform, loaded))
  } catch (error) {
    if (error instanceof LeaseLost) throw error
    const away = notPrepared(error)
    const nextAt = new Date(d.clock.now() + awayMs)
    if (away) return stopped({ event: 'wait', reason: away.code, message: away.message, failure: away, nextAt })
    return stopped({ event: 'fail', message: `The content could not be prepared: ${(error as Error).message}` })
  }
  // Its failures are counted apart, so that they use up nothing of what the due time may try.
  const walk: AttemptContext = {
    ...startAttempt(d, w, platform, { ...loaded, tries: tries - 1 }, frozen),
    ahead: async (s) => {
      await stopped(s)
      throw new Settled()
    },
  }
  try {
    for (const [position, planned] of aheadSteps(walk.planned, ahead).entries()) await step(walk, planned, position)
  } catch (error) {
    if (error instanceof Settled) return
    throw error
  }
  const at = new Date(d.clock.now())
  const good = until()
  await over((dueAt) => ({
    now: at,
    preparedAt: good && at,
    preparedUntil: good,
    // What ends its life before the due time is made again then.
    nextAt: good && good <= dueAt ? good : null,
    resetTries: true,
    trouble: null,
    line: good ? { event: 'prepared', at, data: { until: good.toISOString() } } : null,
  }))
}
