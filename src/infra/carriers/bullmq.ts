/**
 * The carrier of many processes: BullMQ on Redis says when to look and whose turn it is. It never says what is due: a job
 * that fires only makes the planner look at that very row, and a job that is lost is put in again by the next pass over
 * the table (every five seconds, in every worker). While Redis is away each process carries by itself, as without it.
 *
 * Nothing of a post goes into Redis: ids, counters and instants only.
 */

import { randomUUID } from 'node:crypto'
import { type Job as BullJob, DelayedError, Queue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { asideHere, type Carrier, type Carry, type Look, type Turns } from '../carrier.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { type RedisLink, within } from '../redis.ts'
import { createChore, type LookQueue } from './chore.ts'
import { createEar, type QueueEvent } from './ear.ts'
import { createFirst } from './first.ts'
import { createTurns } from './turns.ts'

export const queueStates = ['waiting', 'active', 'completed', 'failed', 'delayed'] as const
export type QueueNumbers = { name: string } & Record<(typeof queueStates)[number], number>

export type RedisCarriers = {
  carry: Carry
  /** What each queue holds. Rejects while Redis is away. */
  numbers: () => Promise<QueueNumbers[]>
  /** The queues themselves, for a board. Rejects while Redis is away. */
  queues: () => Promise<Queue[]>
  /** After every carrier was stopped. */
  close: () => Promise<void>
}

type Log = Record<'debug' | 'info' | 'warn' | 'error', (o: object, text: string) => void>

/** A job whose lock was not renewed for this long (ms) is another worker's. */
const lockMs = 5_000
const stalledMs = 2_000
/** A worker that could not ask Redis asks again after this long (ms). */
const againMs = 500
/** What this process does not take at the moment is offered to all again after this long (ms). */
const offerMs = 100
/** Opening and closing may take this long (ms); then the process goes on without. */
const openMs = 5_000
const closeMs = 2_000
const keep = {
  attempts: 1,
  removeOnComplete: { age: 24 * 3_600, count: 1_000 },
  removeOnFail: { age: 7 * 24 * 3_600 },
  stackTraceLimit: 0,
} as const

/** A queue with what this process has of it. */
export type Lane = {
  name: string
  queue: Queue
  worker: Worker | undefined
}
type Plan = {
  name: string
  atOnce: number
  process: (job: BullJob, token: string | undefined) => Promise<unknown>
  /** Hears what looks gave, in every process; of other queues the first process tells what happens. */
  completed?: (value: unknown) => void
}

/**
 * A connection for those that work and listen: what they send waits for Redis. BullMQ's loop asks for the next job at once
 * when an ask fails at once, without a turn of the event loop in between: the process would do nothing else ever after,
 * not even connect again.
 */
export const patientOf = (client: Redis): Redis => {
  const patient = client.duplicate({ enableOfflineQueue: true, lazyConnect: true })
  patient.on('error', () => undefined)
  return patient
}

export const createRedisCarriers = (d: {
  link: RedisLink
  /** Keys of this installation begin with it. */
  prefix: string
  database: Pick<Database, 'listen'>
  clock: Clock
  log: Log
  onEvent?: (queue: string, event: QueueEvent) => void
}): RedisCarriers => {
  const { link, log, clock } = d
  const plans: Plan[] = []
  const lanes = new Map<string, Lane>()
  const working = new Set<string>()
  let closed = false
  const options = { connection: link.client, prefix: d.prefix }
  const patient = patientOf(link.client)
  const waits = { connection: patient, prefix: d.prefix }
  const firstWatch = new Set<() => void>()
  const first = createFirst({
    client: link.client,
    key: `${d.prefix}:first`,
    me: randomUUID(),
    changed: () => {
      for (const on of firstWatch) on()
    },
  })
  const ear = createEar({
    client: patientOf(link.client),
    hear: ({ queue, event, job, returned }) => {
      log.debug({ queue, job, event }, 'queue event')
      d.onEvent?.(queue, event)
      if (event === 'completed') plans.find((p) => p.name === queue)?.completed?.(returned)
    },
    trouble: (err) => {
      log.debug({ reason: err.message }, 'queues could not be listened to')
      link.doubt()
    },
  })
  /** How Redis is, is told by the link; what one of many connections says of it is not repeated. */
  const quiet = <T extends { on: (event: 'error', f: (e: Error) => void) => unknown }>(one: T, name: string): T => {
    one.on('error', (err) => {
      log.debug({ queue: name, reason: err.message }, 'a queue met an error')
      link.doubt()
    })
    return one
  }

  const closeLane = async (lane: Lane) => {
    lanes.delete(lane.name)
    const ends = [lane.worker, lane.queue].map((one) =>
      one ? within(closeMs, one.close()).catch(() => one.disconnect()) : undefined,
    )
    await within(closeMs, Promise.all(ends)).catch(() => undefined)
  }

  const openLane = async (plan: Plan, works: boolean): Promise<Lane> => {
    const queue = quiet(new Queue(plan.name, { ...options, defaultJobOptions: keep }), plan.name)
    const lane: Lane = { name: plan.name, queue, worker: undefined }
    lanes.set(plan.name, lane)
    const opening: Promise<unknown>[] = [queue.waitUntilReady()]
    if (works) {
      lane.worker = quiet(
        new Worker(plan.name, plan.process, {
          ...waits,
          concurrency: plan.atOnce,
          lockDuration: lockMs,
          stalledInterval: stalledMs,
          // A worker may die as often as it likes: the attempt that follows is decided by the table.
          maxStalledCount: 1_000,
          runRetryDelay: againMs,
        }),
        plan.name,
      )
      const wanted = plan.completed ? () => true : first.is
      opening.push(lane.worker.waitUntilReady(), ear.listen(plan.name, queue.toKey('events'), wanted))
    }
    try {
      await within(openMs, Promise.all(opening))
      await queue.setGlobalConcurrency(plan.atOnce)
      return lane
    } catch (error) {
      await closeLane(lane)
      throw error
    }
  }

  /** Opens what is not open; one after another asks for it, once. */
  let opening: Promise<void> = Promise.resolve()
  const open = (): Promise<void> => {
    opening = opening
      .catch(() => undefined)
      .then(async () => {
        const missing = plans.filter((p) => !lanes.has(p.name) || (working.has(p.name) && !lanes.get(p.name)?.worker))
        for (const plan of missing) {
          if (closed) return
          const there = lanes.get(plan.name)
          if (there) await closeLane(there)
        }
        await Promise.all(closed ? [] : missing.map((plan) => openLane(plan, working.has(plan.name))))
      })
    return opening
  }
  /** May work be carried by Redis now? Opens what is missing, and is true once it is there. */
  const ready = (name: string): boolean => {
    if (closed || link.trouble() !== null) return false
    if (lanes.get(name)?.worker) return true
    return false
  }
  const watchLink = new Set<() => void>()
  const changed = () => {
    for (const on of watchLink) on()
  }
  const reopen = async () => {
    while (!closed && link.trouble() === null) {
      try {
        await open()
        changed()
        return
      } catch (err) {
        log.debug({ reason: (err as Error).message }, 'queues could not be opened; tried again')
        await systemClock.sleep(againMs)
      }
    }
  }
  const unwatch = link.onChange(() => {
    changed()
    if (working.size > 0) void reopen()
  })
  const works = (names: readonly string[]) => {
    for (const name of names) working.add(name)
    void reopen()
  }
  const rests = async (names: readonly string[]) => {
    for (const name of names) {
      working.delete(name)
      // Nothing more is fetched; what is in work ends by itself, or with its process.
      await lanes
        .get(name)
        ?.worker?.pause(true)
        .catch(() => undefined)
    }
  }

  const carryLook = (look: Look, o: Parameters<Carry>[1]): Carrier => {
    const name = `work-${o.name.replaceAll(' ', '-')}`
    const queue: LookQueue = {
      ready: () => ready(name),
      ask: async (ms) => {
        const lane = lanes.get(name)
        if (!lane) throw new Error('no queue')
        await within(closeMs, lane.queue.setGlobalConcurrency(1))
        await within(
          closeMs,
          lane.queue.add('look', {}, { delay: ms, deduplication: { id: 'look', keepLastIfActive: true } }),
        )
      },
      busy: async () => {
        const lane = lanes.get(name)
        if (!lane) return false
        const counts = await within(closeMs, lane.queue.getJobCounts('waiting', 'active', 'delayed'))
        return Object.values(counts).some((n) => n > 0)
      },
    }
    const chore = createChore({ look, o, clock, log, queue })
    plans.push({
      name,
      atOnce: 1,
      process: () => chore.turn(),
      completed: (value) => chore.heard(typeof value === 'number' ? value : null),
    })
    let stops: (() => Promise<void>)[] = []
    return {
      start: async () => {
        stops = await Promise.all((o.topics ?? []).map((topic) => d.database.listen(topic, chore.wake)))
        watchLink.add(chore.changed)
        works([name])
        chore.start()
      },
      stop: async () => {
        watchLink.delete(chore.changed)
        await rests([name])
        await chore.stop()
        await Promise.all(stops.splice(0).map((stop) => stop()))
      },
      wake: chore.wake,
      free: chore.wake,
      aside: asideHere,
      crowded: () => false,
    }
  }

  const carryTurns = (look: Look, o: Parameters<Carry>[1], turns: Turns): Carrier => {
    const nameOf = (queue: string) => `publish-${queue}`
    const names = turns.queues.map((q) => nameOf(q.name))
    const loop = createTurns({
      look,
      o,
      turns,
      clock,
      log,
      ready: () => names.every(ready),
      lane: (queue) => lanes.get(nameOf(queue))?.queue,
      client: link.client,
      doubt: link.doubt,
      first,
    })
    for (const q of turns.queues)
      plans.push({
        name: nameOf(q.name),
        atOnce: q.atOnce,
        process: async (job, token) => {
          const came = await loop.turn(job.data as { thing?: unknown; at?: unknown })
          if (came === 'not-now') {
            await job.moveToDelayed(systemClock.now() + offerMs, token)
            throw new DelayedError()
          }
          // Its name must be free for the turn that follows: a job that did nothing leaves nothing.
          if (came === 'nothing') job.opts.removeOnComplete = true
          return came
        },
      })
    let stops: (() => Promise<void>)[] = []
    return {
      start: async () => {
        stops = await Promise.all((o.topics ?? []).map((topic) => d.database.listen(topic, loop.wake)))
        watchLink.add(loop.wake)
        firstWatch.add(loop.wake)
        first.start()
        works(names)
        loop.start()
      },
      stop: async () => {
        watchLink.delete(loop.wake)
        firstWatch.delete(loop.wake)
        // While what is in work here comes to its end another process is it.
        await first.stop()
        await loop.stop()
        await rests(names)
        await Promise.all(stops.splice(0).map((stop) => stop()))
      },
      wake: loop.wake,
      free: loop.free,
      aside: loop.aside,
      crowded: loop.crowded,
    }
  }

  const all = async (): Promise<Queue[]> => {
    const trouble = link.trouble()
    if (trouble) throw new Error(`Redis ${trouble}`)
    await within(openMs, open())
    return plans.flatMap((p) => lanes.get(p.name)?.queue ?? [])
  }

  return {
    carry: (look, o) => (o.turns ? carryTurns(look, o, o.turns) : carryLook(look, o)),
    queues: all,
    numbers: async () =>
      within(
        openMs,
        Promise.all(
          (await all()).map(async (queue) => {
            const counts = await queue.getJobCounts(...queueStates)
            const of = (state: (typeof queueStates)[number]) => counts[state] ?? 0
            return {
              name: queue.name,
              waiting: of('waiting'),
              active: of('active'),
              completed: of('completed'),
              failed: of('failed'),
              delayed: of('delayed'),
            }
          }),
        ),
      ),
    close: async () => {
      closed = true
      unwatch()
      await ear.stop()
      await within(openMs, opening).catch(() => undefined)
      await Promise.all([...lanes.values()].map(closeLane))
      patient.disconnect()
    },
  }
}
