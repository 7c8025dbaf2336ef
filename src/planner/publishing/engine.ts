/**
 * The engine: sleeps until something is due, wakes on NOTIFY, claims, and runs attempts side by side - one per channel,
 * at most `pace.concurrency` per platform, what is prepared ahead included. The database is the clock and the truth: a killed engine loses nothing, its
 * leases run out and another one (or its successor) goes on from the journal.
 */
import { randomUUID } from 'node:crypto'
import type { Carry, Look, Turns } from '#infra/carrier.ts'
import { type Db, topics } from '#infra/db/database.ts'
import { createHold } from '#infra/hold.ts'
import { attempt } from './attempt.ts'
import type { Shared, Work } from './attempt-context.ts'
import { settleLate } from './backlog.ts'
import { holdIfBroken } from './commands.ts'
import type { EngineDeps, PublishingDeps } from './deps.ts'
import * as due from './due.ts'
import { createHints } from './hints.ts'
import { createLine, type Waits } from './line.ts'
import { createPreparing } from './preparing.ts'
import { nextFreed } from './preparing-store.ts'
import { createPresence } from './presence.ts'
import { transitions } from './rules.ts'
import { createReadSoon, readFor } from './shared.ts'
import * as store from './store.ts'
import { createTaking } from './taking.ts'
import { coming } from './turns.ts'
import { createWrites } from './writes.ts'

export type Publishing = {
  /** Starts the loop; resolves when it listens. */
  start: () => Promise<void>
  /** Claims nothing more, waits up to `drainMs` for attempts in work, then aborts them (their journal says how far they came). */
  stop: (drainMs?: number) => Promise<void>
  /** Looks for due work, and for what may be prepared, now. */
  wake: () => void
  /** Works off everything due at this instant and gives the number of attempts. For tests and tools; not while started. */
  runDue: () => Promise<number>
  /** Prepares everything that may be prepared ahead at this instant and gives the number of preparings. For tests and tools; not while started. */
  runAhead: () => Promise<number>
  /** Epoch ms of the last completed look for work; for health checks. */
  lastTick: () => number
  /** Is anything in work, or due now or within moments, as far as the last look saw? What has time gives way then. */
  busy: () => boolean
  inFlight: () => number
}

/** The slow sweep (ms): the safety net when a NOTIFY was lost. */
const sweepMs = 5_000
/** While attempts run, broken channels are looked for this often (ms). */
const everyMs = 1_000
/** What is due this soon (ms) is due now to work that has time. */
const momentMs = 2_000
/** Attempts that end this close together (ms) share one look for work. */
const gatherMs = 10
/** A channel may keep its place for what else of it is due this long (ms) after it took it, as long as nobody waits for one. */
const turnMs = 1_000
/** What somebody held for a moment is asked for again after this long (ms), and each time after twice that. */
const missedMs = { first: 20, most: 1_000 }
/** So often the turn of one that is named is asked for again. */
const namedTries = 5
/** While places become free, when more is due is asked this often at most (ms). */
const nextMs = 50

/** Deadlock or serialisation failure: nothing was done, look again. */
const gaveWay = (error: unknown) => ['40P01', '40001'].includes((error as { code?: string }).code ?? '')

export const createPublishing = (carry: Carry, deps: PublishingDeps): Publishing => {
  const steady = deps.steady ?? deps.db
  const d: EngineDeps = { ...deps, steady, writes: createWrites(steady), hints: createHints(deps) }
  const leaseMs = d.leaseMs ?? 30_000
  const flying = new Map<string, { work: Work; platform: string; abort: AbortController; over: Promise<void> }>()
  const stopping = new AbortController()
  /** Time is up for what is still in work. */
  const halted = new AbortController()
  const over = new AbortController()
  let launched = 0
  /** How often in a row something that was due was held by somebody. */
  let missedBefore = 0
  /** Was anything in this look? */
  let missedNow = false
  let beat: Promise<void> | undefined
  let ended = false
  let ticked = d.clock.now()
  let heldAt = 0
  const presence = createPresence(d)
  /** Who waits for a place. */
  const line = createLine(due.longestLine)
  /** When everything that is due was last looked at (epoch ms). */
  let widely = Number.NEGATIVE_INFINITY
  /** When something is due next (epoch ms) by the table, and when it was asked. */
  let dueAt = Number.POSITIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  /** When to look next (epoch ms): as due, or sooner. */
  let nextAt = Number.POSITIVE_INFINITY

  /** Places left on each platform: preparings take some as well. */
  const room = (): Record<string, number> => {
    const places = new Map([...d.platforms].map(([id, p]) => [id, p.spec.pace.concurrency - preparing.inWork(id)]))
    for (const f of flying.values()) places.set(f.platform, (places.get(f.platform) ?? 1) - 1)
    return Object.fromEntries([...places].map(([id, n]) => [id, Math.max(0, n)]))
  }

  const readSoon = createReadSoon(d)

  /** One attempt, and what its channel goes on with: a turn. `since` (epoch ms): when it took its place. Resolves when the turn is over. */
  const launch = (claim: store.Claim, shared: Shared, since = d.clock.now()): Promise<void> => {
    const abort = new AbortController()
    if (halted.signal.aborted) abort.abort(halted.signal.reason)
    const { hold, release } = createHold()
    const goOn = () => {
      const now = d.clock.now()
      const crowded = line.waits(claim.platform) || carrier.crowded(claim.platform)
      const may = mayClaim() && !crowded && now - since < turnMs
      return may ? { lease: randomUUID(), until: new Date(now + leaseMs) } : undefined
    }
    const work: Work = { claim, leaseUntil: claim.until.getTime(), signal: abort.signal, hold, shared, goOn }
    const life = attempt(d, work)
      .catch(async (error: unknown) => {
        const about = store.idsOf(claim)
        if (!(error instanceof store.LeaseLost)) {
          d.log.error({ ...about, err: error }, 'an attempt broke; its lease runs out and it is tried again')
          return null
        }
        const lost = !abort.signal.aborted || abort.signal.reason instanceof store.LeaseLost
        if (lost) d.log.info(about, 'lease lost; another worker or a person took over')
        // The channel must not wait for a publication that was taken back, nor anybody for a process that ends.
        await (lost ? store.freeChannel(d.db, claim) : store.layDown(d.db, claim, new Date(d.clock.now()))).catch(
          (err: unknown) => d.log.warn({ ...about, err }, 'the channel could not be freed; its lease runs out'),
        )
        return null
      })
      .then((next) => {
        release()
        flying.delete(claim.lease)
        if (next) return launch(next, readSoon(next), since)
        ended = true
        line.back({ channel: claim.channelId, platform: claim.platform })
        carrier.free()
      })
    flying.set(claim.lease, { work, platform: claim.platform, abort, over: life })
    launched++
    d.hints.tell(claim, transitions.claim.to)
    return life
  }

  const mayClaim = () => d.mayClaim?.() !== false && !stopping.signal.aborted
  const hold = async (at: number) => {
    if (Math.abs(at - heldAt) < everyMs && flying.size > 0) return
    heldAt = at
    await holdBroken(d.db, new Date(at))
  }

  /** Gives of each when its attempt is over. */
  const launchAll = (claims: readonly store.Claim[]): (readonly [store.Claim, Promise<void>])[] => {
    if (claims.length === 0) return []
    const shared = readFor(d, claims)
    return claims.map((c) => [c, launch(c, shared)])
  }

  const lease = () => {
    const at = d.clock.now()
    return { now: new Date(at), leaseUntil: new Date(at + leaseMs), worker: d.worker }
  }

  /** They come back into line, and the next look comes soon. */
  const noteMissed = (missed: readonly Waits[]) => {
    for (const w of missed) line.back(w)
    missedNow ||= missed.length > 0
  }
  const againAfter = (times: number) => Math.min(missedMs.most, missedMs.first * 2 ** Math.min(times - 1, 10))

  /** One look at everything that is due. Gives how many attempts were started. */
  const tick = async (): Promise<number> => {
    if (d.mayClaim?.() === false) return 0
    const at = d.clock.now()
    await hold(at)
    widely = Number.NEGATIVE_INFINITY
    line.begin()
    const { claims, waiting, missed } = await due.claim(steady, { ...lease(), free: room() })
    line.set(waiting)
    widely = at
    launchAll(claims)
    // What somebody holds keeps no place from those behind it.
    if (missed.length > 0 && waiting.length > 0) await follow()
    noteMissed(missed)
    ticked = d.clock.now()
    return claims.length
  }

  /** Gives places that became free to those who wait for one. */
  const follow = async () => {
    if (d.mayClaim?.() === false) return
    const held: Waits[] = []
    for (;;) {
      const channels = line.next(room())
      if (channels.length === 0) break
      const { claims, missed } = await due.claim(steady, { ...lease(), channels })
      launchAll(claims)
      held.push(...missed)
      // Who had nothing after all, or is held, leaves the place to the one behind.
      if (claims.length === channels.length) break
    }
    noteMissed(held)
    ticked = d.clock.now()
  }

  const holdBroken = async (db: Db, now: Date) => {
    const { broken, backlog } = await due.troubles(steady, now)
    for (const id of broken) await db.transaction().execute((trx) => holdIfBroken(trx, id, now))
    const settled = backlog ? await settleLate(db, now) : 0
    if (settled > 0) d.log.info({ settled }, 'what was too late after an outage was settled as the late policies say')
  }

  /** When only places became free: is it time to look at everything all the same? */
  const wide = (at: number): boolean =>
    at < widely || at - widely >= everyMs || (at >= dueAt && at - widely >= nextMs) || line.unsure()

  /** Claims what is claimable now, and gives when something may be next; what waits for a free place is looked at when an attempt ends. */
  const look: Look = async (_, freed = false) => {
    // What becomes due while we look must be seen as "next", so all looks use the instant before the first.
    const at = d.clock.now()
    ended = false
    missedNow = false
    try {
      const everything = !freed || wide(at)
      await (everything ? tick() : follow())
      if (mayClaim()) presence.looked()
      if (everything || at - askedAt >= nextMs) {
        const now = new Date(at)
        const [next, prepared] = [await due.nextDue(steady, now), await nextFreed(steady, now)]
        dueAt = Math.min(next?.getTime() ?? Number.POSITIVE_INFINITY, prepared?.getTime() ?? Number.POSITIVE_INFINITY)
        askedAt = at
      }
    } catch (error) {
      widely = Number.NEGATIVE_INFINITY
      // A person's edit locked the same rows the other way round: PostgreSQL let them go first.
      if (gaveWay(error)) return new Date(d.clock.now() + 20)
      throw error
    }
    // An attempt ended while we looked: its place is free. What it left for later (a wait, the next of its channel) is asked for soon.
    nextAt = ended ? at : askedAt < at ? Math.min(dueAt, askedAt + nextMs) : dueAt
    missedBefore = missedNow ? missedBefore + 1 : 0
    if (missedBefore > 0) nextAt = Math.min(nextAt, d.clock.now() + againAfter(missedBefore))
    return Number.isFinite(nextAt) ? new Date(nextAt) : null
  }

  /** Takes those of them that are due and nobody's. What somebody holds at this moment is asked for again, a few times. */
  const claimThese = async (ids: readonly string[], tries = 1): Promise<Map<string, Promise<void>>> => {
    const again = async (these: readonly string[]) => {
      if (these.length === 0 || tries >= namedTries || !mayClaim()) return []
      await d.clock.sleep(againAfter(tries))
      return claimThese(these, tries + 1)
    }
    try {
      const { claims, missed } = await due.claim(steady, { ...lease(), publications: ids })
      const taken = launchAll(claims).map(([c, over]) => [c.publicationId, over] as const)
      return new Map([...taken, ...(await again(missed.map((m) => m.publication)))])
    } catch (err) {
      if (gaveWay(err) && tries < namedTries) return new Map(await again(ids))
      d.log.error({ err }, 'what was due could not be claimed; the next look finds it')
      return new Map()
    }
  }
  const take = createTaking({ claim: claimThese, may: mayClaim, clock: d.clock })
  const turns: Turns = {
    queues: [...d.platforms.values()].map(({ spec }) => ({ name: spec.id, atOnce: spec.pace.concurrency })),
    coming: async (until, o) => {
      const back = line.begin()
      const channels = o.freed ? back : undefined
      if (!mayClaim()) return null
      if (channels?.length === 0) return []
      const now = d.clock.now()
      if (!o.freed) await hold(now)
      const list = await coming(d.db, { now: new Date(now), until, channels })
      ticked = d.clock.now()
      presence.looked()
      if (!o.freed) nextAt = list[0]?.at.getTime() ?? Number.POSITIVE_INFINITY
      // What nobody can publish has no queue, and is to be told all the same.
      for (const c of list) if (!d.platforms.has(c.platform) && c.at.getTime() <= now) void take(c.id)
      return list
        .filter((c) => d.platforms.has(c.platform))
        .map((c) => ({ queue: c.platform, thing: c.id, number: c.attempt, at: c.at }))
    },
    take,
  }
  const carrier = carry(look, {
    name: 'publishing',
    topics: [topics.due],
    atMostMs: sweepMs,
    // Nothing in work: what is due now waits for nobody.
    gapMs: () => (flying.size > 0 ? gatherMs : 0),
    turns,
  })

  const left = (id: string) =>
    (d.platforms.get(id)?.spec.pace.concurrency ?? 1) - [...flying.values()].filter((f) => f.platform === id).length
  const preparing = createPreparing(carry, d, {
    leaseMs,
    left,
    aside: async (id, most) => {
      const back = await carrier.aside(id, most)
      return (
        back &&
        (() => {
          back()
          // What is due may have waited for this very place.
          if (left(id) <= preparing.inWork(id) + 1) carrier.wake()
        })
      )
    },
  })

  /** Renews the leases of what is in work; aborts what is no longer ours. */
  const heartbeat = async () => {
    while (!over.signal.aborted) {
      await d.clock.sleep(leaseMs / 3, over.signal)
      if (flying.size === 0) continue
      const until = d.clock.now() + leaseMs
      try {
        // Those of now: what is launched while we ask has a lease of its own age.
        const asked = [...flying]
        const claims = asked.map(([, f]) => f.work.claim)
        const ours = await store.renewLeases(d.db, claims, new Date(until))
        for (const [lease, f] of asked) {
          if (ours.has(lease)) f.work.leaseUntil = until
          else f.abort.abort(new store.LeaseLost(f.work.claim.publicationId))
        }
      } catch (err) {
        d.log.warn({ err }, 'leases could not be renewed')
      }
    }
  }

  return {
    start: async () => {
      await carrier.start()
      await preparing.start()
      beat = heartbeat()
    },
    stop: async (drainMs = 10_000) => {
      stopping.abort()
      await carrier.stop()
      const prepared = preparing.stop(drainMs)
      const all = Promise.all([...flying.values()].map((f) => f.over))
      await Promise.race([all, d.clock.sleep(drainMs)])
      halted.abort(new Error('shutting down'))
      for (const f of flying.values()) f.abort.abort(halted.signal.reason)
      await Promise.all([all, prepared])
      over.abort()
      await beat
      await presence.flush()
      await d.hints.flush()
    },
    wake: () => {
      carrier.wake()
      preparing.wake()
    },
    runDue: async () => {
      const before = launched
      for (;;) {
        if ((await tick()) === 0 && flying.size === 0) {
          await d.hints.flush()
          return launched - before
        }
        if (flying.size > 0) await Promise.race([...flying.values()].map((f) => f.over))
      }
    },
    runAhead: preparing.runNow,
    lastTick: () => ticked,
    // What should have been seen by a later look, and was not, is in another process's hands.
    busy: () => flying.size > 0 || (nextAt - d.clock.now() < momentMs && d.clock.now() - nextAt < sweepMs),
    inFlight: () => flying.size,
  }
}
