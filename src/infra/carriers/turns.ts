/**
 * Things that are taken one by one: each that comes within the horizon gets a job at its instant, and the job that fires
 * has the planner take that thing. A pass of the first process looks at the table every few seconds and puts in what is
 * missing, so a Redis that forgot everything costs at most that long; what waited for something that ended is put in by the
 * process in which it ended.
 */
import type { Queue } from 'bullmq'
import type { Redis } from 'ioredis'
import { afterBroken, type Carried, type Look, type Turn, type Turns } from '../carrier.ts'
import { type Clock, systemClock } from '../clock.ts'
import { within } from '../redis.ts'
import { createAside } from './aside.ts'
import type { First } from './first.ts'
import { jobThere, readJobs, whatToDo } from './there.ts'

type Log = Record<'debug' | 'error', (o: object, text: string) => void>

/** A pass over the table at least this often (ms). */
const sweepMs = 5_000
/** Whoever is not the first makes one this often all the same (ms), whatever the first does. */
const othersMs = 30_000
/** What is due this soon (ms) has its job already. */
const horizonMs = 30_000
/** The least time between two passes (ms). */
const gapMs = 50
/** Things that end this close together (ms) are one look for what waited for them: as long as the last look took, within these. */
const gatherMs = { least: 3, most: 50 }
/** A turn that ended stays in work until what waited for it is in line, at most this long (ms): then ending it gives the next. */
const lingerMs = 100
/** A thing this late (ms) whose queue does not move is taken without it. */
const stuckMs = 4_000
/** Redis may take this long to answer a pass (ms). */
const patienceMs = 2_000
/** Whether turns wait in a queue is asked this often at most (ms), while somebody wants to know. */
const crowdMs = 20
/** A worker's clock may be behind the one that put the job in by this much (ms). */
const apartMs = 2_000

export const createTurns = (d: {
  look: Look
  o: Carried
  turns: Turns
  clock: Clock
  log: Log
  ready: () => boolean
  lane: (queue: string) => Queue | undefined
  client: Redis
  doubt: () => void
  first: Pick<First, 'is' | 'yield'>
}) => {
  const { clock, turns } = d
  const stopping = new AbortController()
  let nudge = new AbortController()
  let loop: Promise<void> | undefined

  const aside = createAside({ ...d, queues: turns.queues })

  const crowds = new Map<string, { waits: number; at: number }>()
  /** As Redis said last; who asks does not wait for it. */
  const crowded = (name: string): boolean => {
    const queue = d.lane(name)
    if (!queue || !d.ready()) return false
    const known = crowds.get(name) ?? { waits: 0, at: Number.NEGATIVE_INFINITY }
    const at = systemClock.now()
    if (Math.abs(at - known.at) >= crowdMs) {
      crowds.set(name, { ...known, at })
      within(patienceMs, d.client.llen(queue.toKey('wait'))).then((waits) => crowds.set(name, { waits, at }), d.doubt)
    }
    return known.waits > 0
  }

  /** Puts in what is missing, and gives the turns whose jobs were there already. */
  const put = async (list: readonly Turn[]): Promise<Turn[]> => {
    const left: Turn[] = []
    for (const [name, mine] of Map.groupBy(list, (t) => t.queue)) {
      const queue = d.lane(name)
      if (!queue) throw new Error(`no queue ${name}`)
      const ids = mine.map((t) => `${t.thing}-${t.number}`)
      const keys = ids.map((id) => queue.toKey(id))
      const there = (await within(patienceMs, d.client.eval(readJobs, keys.length, ...keys))) as (string | null)[][]
      const now = systemClock.now()
      const ahead = clock.now()
      const adds: Parameters<Queue['addBulk']>[0] = []
      for (const [i, t] of mine.entries()) {
        // Redis lives in real time, and its jobs wait for the rest of the way there.
        const wait = Math.max(0, t.at.getTime() - ahead)
        const todo = whatToDo(jobThere(there[i] ?? []), { at: now + wait, now })
        const id = ids[i]!
        if (todo === 'leave') left.push(t)
        else {
          if (todo === 'again') await within(patienceMs, queue.remove(id))
          adds.push({ name: 'publish', data: { thing: t.thing, at: t.at.getTime() }, opts: { jobId: id, delay: wait } })
        }
      }
      if (adds.length > 0) await within(patienceMs, queue.addBulk(adds))
    }
    return left
  }

  /** What is late in a queue where nobody works is taken here, whatever keeps the queue from moving. */
  const unstick = async (left: readonly Turn[]) => {
    const late = left.filter((t) => t.at.getTime() < clock.now() - stuckMs)
    for (const [name, mine] of Map.groupBy(late, (t) => t.queue)) {
      const queue = d.lane(name)
      if (!queue || (await within(patienceMs, queue.getActiveCount())) > 0) continue
      const atOnce = turns.queues.find((q) => q.name === name)?.atOnce ?? 1
      for (const t of mine.slice(0, atOnce)) void turns.take(t.thing)
    }
  }

  let passed = Number.NEGATIVE_INFINITY
  const pass = async () => {
    passed = clock.now()
    const list = await turns.coming(new Date(clock.now() + horizonMs), { freed: false })
    if (!list) return d.first.yield()
    await aside.settle()
    await unstick(await put(list))
  }

  const run = async () => {
    let broken = 0
    while (!stopping.signal.aborted) {
      nudge = new AbortController()
      let ms = sweepMs
      let rest = gapMs
      const carried = d.ready()
      try {
        if (carried) {
          if (d.first.is() || clock.now() - passed >= othersMs) await pass()
        } else {
          const at = await d.look()
          ms = Math.min(
            d.o.atMostMs ?? Number.POSITIVE_INFINITY,
            (at?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now(),
          )
          rest = d.o.gapMs?.() ?? 1_000
        }
        broken = 0
      } catch (err) {
        ms = afterBroken(broken++)
        if (carried) {
          d.first.yield()
          d.doubt()
        }
        d.log[carried ? 'debug' : 'error']({ err, job: d.o.name }, `${d.o.name}: a look broke; it looks again`)
      }
      const ended = clock.now()
      await clock.sleep(Math.max(0, ms), AbortSignal.any([nudge.signal, stopping.signal]))
      const left = rest - Math.max(0, clock.now() - ended)
      if (left > 0) await clock.sleep(left, stopping.signal)
    }
  }

  let freed = false
  let follows = false
  let following: Promise<void> = Promise.resolve()
  let told: (() => void)[] = []
  const follow = async () => {
    follows = true
    let took = 0
    while (freed && d.ready() && !stopping.signal.aborted) {
      await clock.sleep(Math.min(gatherMs.most, Math.max(gatherMs.least, took)), stopping.signal)
      const began = clock.now()
      const hear = told
      told = []
      freed = false
      try {
        await put((await turns.coming(new Date(clock.now() + horizonMs), { freed: true })) ?? [])
      } catch (err) {
        // The sweep brings what was missed.
        d.log.debug({ err, job: d.o.name }, 'what waited could not be given its turn')
        d.doubt()
        nudge.abort()
      }
      for (const on of hear) on()
      took = clock.now() - began
    }
    follows = false
    for (const on of told.splice(0)) on()
  }
  const followed = async () => {
    if (!follows) return
    const over = new AbortController()
    told.push(() => over.abort())
    await clock.sleep(lingerMs, over.signal)
  }

  return {
    start: () => {
      loop = run()
    },
    stop: async () => {
      stopping.abort()
      await loop
      await following
    },
    aside: aside.take,
    crowded,
    wake: () => nudge.abort(),
    free: () => {
      if (!d.ready()) return nudge.abort()
      freed = true
      if (!follows) following = follow()
    },
    /** A job fired. */
    turn: async (data: { thing?: unknown; at?: unknown }): Promise<'done' | 'nothing' | 'not-now'> => {
      if (typeof data.thing !== 'string') return 'nothing'
      const early = typeof data.at === 'number' ? data.at - clock.now() : 0
      if (early > 0 && early <= apartMs) await clock.sleep(early, stopping.signal)
      const came = await turns.take(data.thing)
      if (came === 'done' && freed) await followed()
      return came
    },
  }
}
