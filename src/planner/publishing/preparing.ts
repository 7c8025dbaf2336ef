/**
 * Preparing ahead of the due time (decision 0028): the steps before the create run early, so that only the create waits
 * for its second. A preparing is an attempt that stops before the first public step. It holds its publication and never
 * the channel, so no due publication waits for it; one that is still at work at its due time goes on to its end, and the
 * create follows. Nothing that is prepared goes out by itself.
 */
import type { Carry } from '#infra/carrier.ts'
import { topics } from '#infra/db/database.ts'
import { createHold, holding } from '#infra/hold.ts'
import type { Platform } from '#kit/client/platform.ts'
import { plan } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { type Ahead, afterPreparing, aheadMs, aheadSteps, livesUntil, type Stopped } from './ahead.ts'
import { step } from './attempt.ts'
import { type AttemptContext, startAttempt, type Work } from './attempt-context.ts'
import type { EngineDeps } from './deps.ts'
import { Settled, surely } from './endings.ts'
import { type Frozen, freeze, type Loaded, notPrepared, viewOf } from './frozen.ts'
import * as store from './preparing-store.ts'
import { transitions } from './rules.ts'
import { readFor } from './shared.ts'
import { dropStale } from './stale.ts'
import { LeaseLost } from './store.ts'

export type Preparing = {
  start: () => Promise<void>
  /** Begins nothing more, waits up to `drainMs` for what is at work, then aborts it; its journal says how far it came. */
  stop: (drainMs: number) => Promise<void>
  /** Looks now for what may be prepared. */
  wake: () => void
  /** Works off everything that may be prepared at this instant and gives the number of preparings. Not while started. */
  runNow: () => Promise<number>
}

/** Looks at least this often (ms): edits and moves name new times. */
const sweepMs = 10_000
/** Preparings that end this close together (ms) share one look. */
const gatherMs = 50
/** Publications of one look, of a platform. */
const batch = 50
/** Files that cannot be read now are tried again after this long (ms). */
const awayMs = 60_000
/** Looked at side by side: pictures are made on the way. */
const lanes = 4
/** Later than this (ms before the due time) tokens are left to the attempt. */
const tokenAheadMs = 20_000

const bytesOf = (frozen: Frozen): number =>
  [...frozen.segments.flatMap((s) => s.media), ...Object.values(frozen.attachments ?? {})].reduce(
    (n, m) => n + m.bytes,
    0,
  )

const warning = (platform: Platform, message: string, sure: boolean): Finding => ({
  rule: `${platform.spec.id}.prepare.${sure ? 'failed' : 'trouble'}`,
  kind: sure ? 'prepare.failed' : 'prepare.trouble',
  level: sure ? 'error' : 'warning',
  message: `${platform.spec.name} did not take what was to be prepared. ${message}`,
  remedy: sure ? 'Mend it before the post is due, or it will fail.' : 'Clarion tries again before the post is due.',
  params: { network: platform.spec.name, why: message },
})

/** Runs one claimed preparing to its end. Raises `LeaseLost` when it is no longer ours. */
const prepareAhead = async (d: EngineDeps, w: Work, tries: number): Promise<void> => {
  const c = w.claim
  const platform = d.platforms.get(c.platform)!
  const ahead: Ahead = platform.spec.ahead ?? {}
  const first = await w.shared.load(c.publicationId)
  if (!first) throw new LeaseLost(c.publicationId)
  const loaded = await dropStale(d, c, platform, first)
  const until = () => {
    const at = livesUntil(
      [...loaded.steps.values()].filter((s) => s.state === 'done'),
      ahead,
    )
    return at === null ? null : new Date(at)
  }
  const over = async (e: store.PreparingEnd): Promise<void> => {
    await surely(d, () => store.endPreparing(d.db, c, e))
    if (e.preparedAt || e.trouble) d.hints.tell(c, transitions.prepared.to)
  }
  const stopped = async (s: Stopped): Promise<void> => {
    const now = d.clock.now()
    // We are shutting down: that is no failure, and whoever comes next goes on.
    if (w.signal.aborted) throw new LeaseLost(c.publicationId)
    const after = afterPreparing(s, { now, dueAt: c.dueAt.getTime(), tries })
    const failed = after.is === 'failed'
    const message = s.message ?? s.failure?.message ?? ''
    await over({
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
    })
  }
  let frozen: Frozen
  try {
    frozen = loaded.frozen ?? (await freeze(d.db, d.media, platform, loaded))
  } catch (error) {
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
  await over({
    now: at,
    preparedAt: good && at,
    preparedUntil: good,
    // What ends its life before the due time is made again then.
    nextAt: good && good <= c.dueAt ? good : null,
    resetTries: true,
    trouble: null,
    line: good ? { event: 'prepared', at, data: { until: good.toISOString() } } : null,
  })
}

export const createPreparing = (carry: Carry, d: EngineDeps, o: { leaseMs: number }): Preparing => {
  const flying = new Map<string, { work: Work; platform: string; abort: AbortController; over: Promise<void> }>()
  const stopping = new AbortController()
  const over = new AbortController()
  let beat: Promise<void> | undefined

  /** Half of what the network takes at once is left to what is due. */
  const places = (platform: Platform) => Math.max(1, Math.floor(platform.spec.pace.concurrency / 2))
  /** Platforms of what is being claimed at this moment, side by side. */
  const starting: string[] = []
  const free = (platform: Platform) => {
    const taken = [...[...flying.values()].map((f) => f.platform), ...starting]
    return places(platform) - taken.filter((id) => id === platform.spec.id).length
  }

  const launch = async (id: string): Promise<boolean> => {
    const at = d.clock.now()
    const claim = await store.claimPreparing(d.db, {
      id,
      now: new Date(at),
      leaseUntil: new Date(at + o.leaseMs),
      worker: d.worker,
    })
    if (!claim) return false
    const abort = new AbortController()
    const { hold, release } = createHold()
    const work: Work = { claim, leaseUntil: at + o.leaseMs, signal: abort.signal, hold, shared: readFor(d, [claim]) }
    const life = prepareAhead(d, work, claim.tries)
      .catch((err: unknown) => {
        const about = { publication: claim.publicationId }
        if (err instanceof LeaseLost) d.log.info(about, 'a person changed what was being prepared')
        else d.log.error({ ...about, err }, 'preparing broke; its lease runs out and it is tried again')
      })
      .finally(() => {
        release()
        flying.delete(claim.lease)
        carrier.wake()
      })
    flying.set(claim.lease, { work, platform: claim.platform, abort, over: life })
    return true
  }

  /** Decides about one candidate: prepared now, looked at again then, or (null) nothing to prepare. */
  const decide = async (c: store.Candidate): Promise<'launched' | 'later' | { at: Date | null }> => {
    const platform = d.platforms.get(c.platform)
    if (!platform) return { at: null }
    const { ahead } = platform.spec
    if (ahead && free(platform) <= 0) return 'later'
    const loaded: Loaded = {
      ...c,
      frozen: null,
      tries: 0,
      begun: false,
      latePolicy: { maxLateMs: 0, otherwise: 'ask' },
      steps: new Map(),
    }
    let frozen: Frozen
    try {
      // Makes the renditions as well, so that pictures cost no lateness, whatever the network.
      frozen = await freeze(d.db, d.media, platform, loaded)
    } catch (err) {
      if (notPrepared(err)) return { at: new Date(d.clock.now() + awayMs) }
      d.log.warn({ publication: c.id, err }, 'what is due soon could not be made ready; the attempt tells why')
      return { at: null }
    }
    const steps = ahead
      ? await holding(async (hold) =>
          aheadSteps(plan(platform.publish, viewOf(c.id, frozen, loaded, d.media, platform, hold)), ahead),
        )
      : []
    if (!ahead || steps.length === 0) return { at: null }
    const at = c.dueAt.getTime() - aheadMs(steps, ahead, bytesOf(frozen))
    if (at > d.clock.now()) return { at: new Date(at) }
    if (free(platform) <= 0) return 'later'
    starting.push(c.platform)
    try {
      return (await launch(c.id)) ? 'launched' : 'later'
    } finally {
      starting.splice(starting.indexOf(c.platform), 1)
    }
  }

  /** A token that is dead is seen now, and its channel shown as to reconnect. */
  const askTokens = async (channels: ReadonlySet<string>) => {
    for (const id of channels)
      await d.keeper.grant(id).catch((err: unknown) => {
        if (!(err instanceof PlatformFailure)) d.log.warn({ channel: id, err }, 'a token could not be looked at ahead')
      })
  }

  /** One look. `more`: there may be more at this instant. */
  const tick = async (): Promise<{ launched: number; more: boolean }> => {
    if (d.mayClaim?.() === false || stopping.signal.aborted) return { launched: 0, more: false }
    const now = new Date(d.clock.now())
    const most = Object.fromEntries(
      [...d.platforms.values()].map((p) => [p.spec.id, p.spec.ahead && free(p) <= 0 ? 0 : batch]),
    )
    const list = await store.candidates(d.db, most, now)
    const again: store.Again[] = []
    const quiet = new Set<string>()
    const queue = list.values()
    let launched = 0
    const lane = async () => {
      for (const c of queue) {
        if (stopping.signal.aborted) return
        const what = await decide(c)
        if (what === 'launched') launched++
        else if (what !== 'later') {
          again.push({ id: c.id, version: c.version, at: what.at })
          if (!what.at && c.dueAt.getTime() - d.clock.now() > tokenAheadMs) quiet.add(c.channel.id)
        }
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    await store.lookAgain(d.db, again, now)
    await askTokens(quiet)
    return { launched, more: again.length > 0 && list.length >= batch }
  }

  const carrier = carry(
    async () => {
      const lookedAt = new Date(d.clock.now())
      return (await tick()).more ? lookedAt : store.nextPreparing(d.db, lookedAt)
    },
    { name: 'preparing', topics: [topics.plans], atMostMs: sweepMs, gapMs: () => (flying.size > 0 ? gatherMs : 0) },
  )

  const heartbeat = async () => {
    while (!over.signal.aborted) {
      await d.clock.sleep(o.leaseMs / 3, over.signal)
      if (flying.size === 0) continue
      const until = d.clock.now() + o.leaseMs
      try {
        const asked = [...flying]
        const claims = asked.map(([, f]) => f.work.claim)
        const ours = await store.renewPreparings(d.db, claims, new Date(until))
        for (const [lease, f] of asked) {
          if (ours.has(lease)) f.work.leaseUntil = until
          else f.abort.abort(new LeaseLost(f.work.claim.publicationId))
        }
      } catch (err) {
        d.log.warn({ err }, 'leases of preparings could not be renewed')
      }
    }
  }

  return {
    start: async () => {
      await carrier.start()
      beat = heartbeat()
    },
    stop: async (drainMs) => {
      stopping.abort()
      await carrier.stop()
      const all = Promise.all([...flying.values()].map((f) => f.over))
      await Promise.race([all, d.clock.sleep(drainMs)])
      for (const f of flying.values()) f.abort.abort(new Error('shutting down'))
      await all
      over.abort()
      await beat
    },
    wake: carrier.wake,
    runNow: async () => {
      let n = 0
      for (;;) {
        const { launched, more } = await tick()
        n += launched
        if (launched === 0 && !more && flying.size === 0) return n
        if (flying.size > 0) await Promise.race([...flying.values()].map((f) => f.over))
      }
    },
  }
}
