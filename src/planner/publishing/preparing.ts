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
import { aheadMs, aheadSteps, nearLeaseMs, preparingLease } from './ahead.ts'
import type { Work } from './attempt-context.ts'
import { mostDeaths } from './deaths.ts'
import type { EngineDeps } from './deps.ts'
import { type Frozen, freeze, type Loaded, notPrepared, viewOf } from './frozen.ts'
import { awayMs, prepareAhead } from './prepare-one.ts'
import * as store from './preparing-store.ts'
import { readFor } from './shared.ts'
import { idsOf, LeaseLost } from './store.ts'

export type Preparing = {
  start: () => Promise<void>
  /** Begins nothing more, waits up to `drainMs` for what is at work, then aborts it; its journal says how far it came. */
  stop: (drainMs: number) => Promise<void>
  /** Looks now for what may be prepared. */
  wake: () => void
  /** Works off everything that may be prepared at this instant and gives the number of preparings. Not while started. */
  runNow: () => Promise<number>
  /** How many of a platform are being prepared here. */
  inWork: (platform: string) => number
}

/** Looks at least this often (ms): edits and moves name new times. */
const sweepMs = 10_000
/** Preparings that end this close together (ms) share one look. */
const gatherMs = 50
/** Publications of one look, of a platform. */
const batch = 50
/** Looked at side by side: pictures are made on the way. */
const lanes = 4
/** Later than this (ms before the due time) tokens are left to the attempt. */
const tokenAheadMs = 20_000

const bytesOf = (frozen: Frozen): number =>
  [...frozen.segments.flatMap((s) => s.media), ...Object.values(frozen.attachments ?? {})].reduce(
    (n, m) => n + m.bytes,
    0,
  )

/** Does it have files, of its own or pointed at by its settings? What is only text was read by the same functions when it was saved. */
const hasFiles = (platform: Platform, c: store.Candidate): boolean =>
  c.content.segments.some((s) => s.mediaIds.length > 0) ||
  (platform.spec.settings.media !== undefined && Object.keys(c.settings).length > 0)

/** What a look at a candidate came to. `quiet`: nothing is to be prepared before its time. Null: it is in hand. */
type Looked = { again: store.Again; quiet: boolean } | 'no-place' | null

export type Places = {
  /** What attempts of this process leave of a platform's pace. */
  left: (platform: string) => number
  /** A place beside attempts over all processes, `most` of them at once; gives what gives it back. Null: there is none. */
  aside: (platform: string, most: number) => Promise<(() => void) | null>
}

export const createPreparing = (carry: Carry, d: EngineDeps, o: { leaseMs: number } & Places): Preparing => {
  type Flying = { work: Work; dueAt: number; abort: AbortController; over: Promise<void> }
  const flying = new Map<string, Flying>()
  const stopping = new AbortController()
  const over = new AbortController()
  let beat: Promise<void> | undefined
  /** Preparings begun, for `runNow`. */
  let begun = 0

  /** Half of what the network takes at once is left to what is due, more than half when more is in work. */
  const places = (platform: Platform) => Math.max(1, Math.floor(platform.spec.pace.concurrency / 2))
  const inWork = new Map<string, number>()
  const workOn = (id: string) => inWork.get(id) ?? 0
  const free = (platform: Platform) => Math.min(places(platform), o.left(platform.spec.id)) - workOn(platform.spec.id)
  /** A place of what the network takes at once, in this process and over all; null: there is none. Gives what gives it back. */
  const place = async (platform: Platform): Promise<(() => void) | null> => {
    const { id } = platform.spec
    if (free(platform) <= 0) return null
    inWork.set(id, workOn(id) + 1)
    const back = await o.aside(id, places(platform))
    const leave = () => {
      inWork.set(id, workOn(id) - 1)
      back?.()
    }
    if (back) return leave
    leave()
    return null
  }

  /**
   * Decides about one candidate: when it is to be prepared (`now`: at once), or null: there is nothing to prepare. Makes the
   * renditions as well, so that pictures cost no lateness, whatever the network.
   */
  const decide = async (c: store.Candidate, platform: Platform): Promise<{ at: Date | null } | 'now'> => {
    const { ahead } = platform.spec
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
      frozen = await freeze(d.db, d.media, platform, loaded)
    } catch (err) {
      if (notPrepared(err)) return { at: new Date(d.clock.now() + awayMs) }
      d.log.warn(
        { workspace: c.workspaceId, publication: c.id, channel: c.channel.id, err },
        'what is due soon could not be made ready; the attempt tells why',
      )
      return { at: null }
    }
    const steps = ahead
      ? await holding(async (hold) =>
          aheadSteps(plan(platform.publish, viewOf(c.id, frozen, loaded, d.media, platform, hold)), ahead),
        )
      : []
    if (!ahead || steps.length === 0) return { at: null }
    const at = c.dueAt.getTime() - aheadMs(steps, ahead, bytesOf(frozen))
    return at > d.clock.now() ? { at: new Date(at) } : 'now'
  }

  /**
   * Takes a candidate and works on it; resolves when it has been looked at. What has files is taken before they are opened:
   * a file that ends the process leaves the lease behind, and is counted.
   */
  const launch = async (c: store.Candidate, platform: Platform, files: boolean, leave: () => void): Promise<Looked> => {
    const at = d.clock.now()
    const dueAt = c.dueAt.getTime()
    const leaseUntil = preparingLease(at, dueAt, o.leaseMs)
    let claim: Awaited<ReturnType<typeof store.claimPreparing>> = null
    try {
      claim = await store.claimPreparing(d.db, {
        id: c.id,
        now: new Date(at),
        leaseUntil: new Date(leaseUntil),
        worker: d.worker,
        look: files,
      })
    } finally {
      if (!claim) leave()
    }
    if (!claim) return null
    const about = idsOf(claim)
    const abort = new AbortController()
    const { hold, release } = createHold()
    const work: Work = {
      claim,
      leaseUntil,
      signal: abort.signal,
      hold,
      shared: readFor(d, [claim]),
      goOn: () => undefined,
    }
    let looked: (came: Looked) => void = () => {}
    const look = new Promise<Looked>((resolve) => {
      looked = resolve
    })
    const life = async () => {
      let { tries } = claim
      if (files && claim.deaths < mostDeaths) {
        const what = await decide(c, platform)
        if (what !== 'now') {
          await store.giveBack(d.db, claim, what.at, new Date(d.clock.now()))
          return looked({ again: { id: c.id, version: c.version, at: what.at }, quiet: what.at === null })
        }
        tries = (await store.goOn(d.db, claim, new Date(d.clock.now()))).tries
      }
      begun++
      looked(null)
      await prepareAhead(d, work, tries)
    }
    const over = life()
      .catch(async (err: unknown) => {
        // Ended because we are shutting down: that is a word, and whoever comes next begins at once.
        const { reason } = abort.signal
        if (abort.signal.aborted && !(reason instanceof LeaseLost))
          return store.giveBack(d.db, claim, new Date(d.clock.now()), new Date(d.clock.now()))
        if (err instanceof LeaseLost) return d.log.info(about, 'a person changed what was being prepared')
        d.log.error({ ...about, err }, 'preparing broke; its lease runs out and it is tried again')
      })
      .catch((err: unknown) => d.log.error({ ...about, err }, 'what was being prepared could not be given back'))
      .finally(() => {
        release()
        looked(null)
        flying.delete(claim.lease)
        leave()
        carrier.wake()
      })
    flying.set(claim.lease, { work, dueAt, abort, over })
    return look
  }

  const attend = async (c: store.Candidate): Promise<Looked> => {
    const again = (at: Date | null): Looked => ({ again: { id: c.id, version: c.version, at }, quiet: at === null })
    const platform = d.platforms.get(c.platform)
    if (!platform) return again(null)
    const { ahead } = platform.spec
    if (ahead && free(platform) <= 0) return 'no-place'
    const files = hasFiles(platform, c)
    if (!files) {
      const what = await decide(c, platform)
      if (what !== 'now') return again(what.at)
    }
    const leave = await place(platform)
    return leave ? launch(c, platform, files, leave) : 'no-place'
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
    const before = begun
    const again: store.Again[] = []
    const quiet = new Set<string>()
    let waits = false
    const queue = list.values()
    const lane = async () => {
      for (const c of queue) {
        if (stopping.signal.aborted) return
        const looked = await attend(c)
        if (looked === 'no-place') waits = true
        if (!looked || looked === 'no-place') continue
        again.push(looked.again)
        if (looked.quiet && c.dueAt.getTime() - d.clock.now() > tokenAheadMs) quiet.add(c.channel.id)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    await store.lookAgain(d.db, again, now)
    await askTokens(quiet)
    return { launched: begun - before, more: again.length > 0 && (waits || list.length >= batch) }
  }

  const carrier = carry(
    async () => {
      const lookedAt = new Date(d.clock.now())
      return (await tick()).more ? lookedAt : store.nextPreparing(d.db, lookedAt)
    },
    { name: 'preparing', topics: [topics.plans], atMostMs: sweepMs, gapMs: () => (flying.size > 0 ? gatherMs : 0) },
  )

  const heartbeat = async () => {
    const near = nearLeaseMs(o.leaseMs)
    while (!over.signal.aborted) {
      await d.clock.sleep(near / 3, over.signal)
      const now = d.clock.now()
      const asked = [...flying].flatMap(([lease, f]) => {
        const until = preparingLease(now, f.dueAt, o.leaseMs)
        const whole = f.dueAt - now > o.leaseMs ? o.leaseMs : near
        return until > f.work.leaseUntil && f.work.leaseUntil - now <= (whole * 2) / 3 ? [{ lease, f, until }] : []
      })
      if (asked.length === 0) continue
      try {
        const ours = await store.renewPreparings(
          d.db,
          asked.map(({ f, until }) => ({ ...f.work.claim, until: new Date(until) })),
        )
        for (const { lease, f, until } of asked) {
          const dueAt = ours.get(lease)
          if (dueAt) Object.assign(f, { dueAt: dueAt.getTime() }).work.leaseUntil = until
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
    inWork: workOn,
    runNow: async () => {
      const before = begun
      for (;;) {
        const { launched, more } = await tick()
        if (launched === 0 && !more && flying.size === 0) return begun - before
        if (flying.size > 0) await Promise.race([...flying.values()].map((f) => f.over))
      }
    },
  }
}
