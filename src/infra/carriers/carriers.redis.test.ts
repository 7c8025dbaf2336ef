/** What every carrier keeps, asked of both makes: the one of a process, and BullMQ with two workers on a real Redis. */
import { randomUUID } from 'node:crypto'
import { Worker as BullWorker, Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Carried, type Carry, createCarry, type Look, type Turns } from '../carrier.ts'
import { steerableClock } from '../clock.ts'
import { notify } from '../db/database.ts'
import { openRedis, type RedisLink } from '../redis.ts'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { type TestRedis, testRedis } from '../testing/redis.ts'
import { createRedisCarriers, patientOf, type RedisCarriers } from './bullmq.ts'

let redis: TestRedis
let t: TestDatabase
let clock: ReturnType<typeof steerableClock>
const said: string[] = []
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  redis = await testRedis()
  t = await testDatabase({ empty: true })
})
afterAll(async () => {
  await redis?.stop()
  await t?.drop()
})
beforeEach(async () => {
  clock = steerableClock()
  said.length = 0
  told.length = 0
  await redis.ask('flushall')
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const log = (() => {
  const say = (_: object, text: string) => void said.push(text)
  return { debug: () => {}, info: say, warn: say, error: say }
})()
type Worker = { carry: Carry; link?: RedisLink; carriers?: RedisCarriers }
/** Events of queues as log and metrics are told them, of all workers. */
const told: string[] = []
const makes = ['in process', 'BullMQ'] as const
let prefix = ''
const worker = (make: (typeof makes)[number]): Worker => {
  if (make === 'in process') return { carry: createCarry({ database: t, clock, log }) }
  const link = openRedis({ url: redis.url, prefix, log })
  closing.push(() => link.close())
  const onEvent = (queue: string, event: string) => void told.push(`${queue} ${event}`)
  const carriers = createRedisCarriers({ link, prefix, database: t, clock, log, onEvent })
  closing.push(() => carriers.close())
  return { carry: carriers.carry, link, carriers }
}
beforeEach(() => {
  prefix = `t${randomUUID().slice(0, 8)}`
})
const start = async (w: Worker, look: Look, o: Partial<Carried> = {}) => {
  const c = w.carry(look, { name: 'toy work', gapMs: () => 0, ...o })
  closing.push(() => c.stop())
  await c.start()
  return c
}
const hour = 3_600_000

describe.each(makes)('a chore carried %s', (make) => {
  it('looks at the start, and again when the look said', async () => {
    let looks = 0
    await start(worker(make), async () => {
      looks++
      return new Date(clock.now() + 6 * hour)
    })
    await expect.poll(() => looks).toBeGreaterThan(0)
    await expect.poll(async () => (await settled(() => looks)).length).toBe(1)
    const before = looks
    clock.advance(6 * hour + 1_000)
    await expect.poll(() => looks).toBeGreaterThan(before)
  })

  it('is woken by its own topic, and forgets no wake that comes while it looks', async () => {
    const state = { wanted: 0, seen: 0 }
    let slow: Promise<void> = Promise.resolve()
    await start(
      worker(make),
      async () => {
        const { wanted } = state
        await slow
        state.seen = wanted
        return null
      },
      { topics: ['toy_topic'] },
    )
    await settled(() => state.seen)
    let free: () => void = () => {}
    slow = new Promise((r) => (free = r))
    state.wanted = 1
    await notify(t.db, 'toy_topic', '')
    await new Promise((r) => setTimeout(r, 300))
    state.wanted = 2
    await notify(t.db, 'toy_topic', '')
    await new Promise((r) => setTimeout(r, 100))
    free()
    await expect.poll(() => state.seen).toBe(2)
  })

  it('goes on after a look that broke, and says so', async () => {
    let looks = 0
    await start(worker(make), async () => {
      if (++looks < 3) throw new Error('no database')
      return null
    })
    await expect.poll(() => looks).toBeGreaterThanOrEqual(1)
    clock.advance(5_000)
    await expect.poll(() => looks).toBeGreaterThanOrEqual(2)
    clock.advance(5_000)
    await expect.poll(() => looks).toBeGreaterThanOrEqual(3)
    expect(said.filter((s) => s === 'toy work: a look broke; it looks again')).toHaveLength(2)
  })

  it('stops after the look under way, and not before', async () => {
    let free: (() => void) | undefined
    const c = await start(worker(make), async () => {
      await new Promise<void>((r) => (free = r))
      return null
    })
    await expect.poll(() => free).toBeDefined()
    let stopped = false
    const stop = c.stop().then(() => (stopped = true))
    await new Promise((r) => setTimeout(r, 50))
    expect(stopped).toBe(false)
    free!()
    await stop
  })
})

/** What `read` gives once it has not changed for a while. */
const settled = async <T>(read: () => T): Promise<T[]> => {
  for (;;) {
    const before = read()
    await new Promise((r) => setTimeout(r, 400))
    if (read() === before) return [before]
  }
}

/** Things that are due, as a planner with a table has them. */
const table = (o: { ms?: number; away?: string } = {}) => {
  const rows = new Map<string, { at: number; number: number; state: 'due' | 'taken' | 'done' }>()
  const log: { id: string; by: string; late: number }[] = []
  let running = 0
  let most = 0
  const takeBy = (by: string) => async (id: string) => {
    const row = rows.get(id)
    if (row?.state !== 'due' || row.at > clock.now()) return 'nothing' as const
    row.state = 'taken'
    row.number++
    log.push({ id, by, late: clock.now() - row.at })
    most = Math.max(most, ++running)
    await new Promise((r) => setTimeout(r, o.ms ?? 5))
    running--
    row.state = 'done'
    return 'done' as const
  }
  const turns = (by: string): Turns => ({
    queues: [{ name: 'net', atOnce: 4 }],
    coming: async (until, { freed }) =>
      by === o.away
        ? null
        : freed
          ? []
          : [...rows]
              .filter(([, r]) => r.state === 'due' && r.at <= until.getTime())
              .map(([thing, r]) => ({ queue: 'net', thing, number: r.number + 1, at: new Date(r.at) })),
    take: takeBy(by),
  })
  const look =
    (by: string): Look =>
    async () => {
      const due = [...rows].filter(([, r]) => r.state === 'due' && r.at <= clock.now())
      for (const [id] of due.slice(0, Math.max(0, 4 - running))) void takeBy(by)(id)
      if (due.length > 0) return new Date(clock.now() + 5)
      const next = [...rows.values()].filter((r) => r.state === 'due').map((r) => r.at)
      return next.length > 0 ? new Date(Math.min(...next)) : null
    }
  return {
    rows,
    log,
    most: () => most,
    add: (n: number, at: number) => {
      for (let i = 0; i < n; i++) rows.set(randomUUID(), { at, number: 0, state: 'due' })
    },
    running: () => running,
    start: (w: Worker, by: string) =>
      start(w, look(by), { name: 'publishing', topics: ['toy_due'], atMostMs: 5_000, turns: turns(by) }),
    told: () => notify(t.db, 'toy_due', ''),
    over: () => expect.poll(() => [...rows.values()].every((r) => r.state === 'done')).toBe(true),
    /** Everything was taken once. */
    once: () => expect(new Set(log.map((l) => l.id)).size).toBe(log.length),
  }
}

describe.each(makes)('turns carried %s', (make) => {
  it('takes each at its time, once; what moves is taken at its new time, what is called off never', async () => {
    const planned = table()
    planned.add(20, clock.now() + 1_500)
    const [soon, late, off] = [...planned.rows.keys()]
    await planned.start(worker(make), 'a')
    await planned.told()
    await new Promise((r) => setTimeout(r, 700))
    const moved = clock.now() + 300
    planned.rows.get(soon!)!.at = moved
    planned.rows.get(late!)!.at += 2_000
    planned.rows.delete(off!)
    await planned.told()
    await planned.over()
    planned.once()
    expect(planned.log.map((l) => l.id)).not.toContain(off)
    expect(planned.log[0]!.id).toBe(soon)
    expect(planned.log.at(-1)!.id).toBe(late)
    expect(planned.log.every((l) => l.late >= 0)).toBe(true)
  })
})

describe('a chore over Redis', () => {
  it('is looked at by one of two workers at a time, and what both hear is one look', async () => {
    let [looking, most, looks] = [0, 0, 0]
    const look = async () => {
      most = Math.max(most, ++looking)
      looks++
      await new Promise((r) => setTimeout(r, 50))
      looking--
      return null
    }
    const workers = [worker('BullMQ'), worker('BullMQ')]
    for (const w of workers) await start(w, look, { topics: ['toy_topic'] })
    const [a] = workers
    await expect.poll(() => a!.link!.trouble()).toBeNull()
    await expect.poll(async () => (await a!.carriers!.numbers())[0]!.name).toBe('work-toy-work')
    await settled(() => looks)
    ;[most, looks] = [0, 0]
    for (let i = 0; i < 3; i++) {
      await notify(t.db, 'toy_topic', '')
      await settled(() => looks)
    }
    // Both hear each of the three, and that is one look, or two where the second heard it late.
    expect(looks).toBeGreaterThanOrEqual(3)
    expect(looks).toBeLessThanOrEqual(6)
    expect(most).toBe(1)
    expect((await a!.carriers!.numbers())[0]!.completed).toBeGreaterThanOrEqual(3)
  })

  it('is looked at although its question was lost', async () => {
    let looks = 0
    const w = worker('BullMQ')
    const look = async () => {
      looks++
      return null
    }
    await start(w, look, { topics: ['toy_topic'], gapMs: () => 400 })
    await expect.poll(async () => (await w.carriers!.numbers().catch(() => [])).length).toBe(1)
    await settled(() => looks)
    const before = looks
    await notify(t.db, 'toy_topic', '')
    await redis.ask('flushall')
    await expect.poll(() => looks).toBeGreaterThan(before)
  })
})

describe('turns over Redis', () => {
  const two = async (planned: ReturnType<typeof table>) => {
    const workers = { a: worker('BullMQ'), b: worker('BullMQ') }
    const carriers = { a: await planned.start(workers.a, 'a'), b: await planned.start(workers.b, 'b') }
    await expect.poll(() => workers.a.link!.trouble()).toBeNull()
    return { ...workers, carriers }
  }

  it('share the work of two workers, and no more at once than the pace says, over both', async () => {
    const planned = table({ ms: 30 })
    const { a } = await two(planned)
    await expect.poll(async () => (await a.carriers!.numbers()).length).toBe(1)
    planned.add(60, clock.now() + 1_000)
    await planned.told()
    await planned.over()
    planned.once()
    expect(planned.most()).toBeLessThanOrEqual(4)
    expect(new Set(planned.log.map((l) => l.by)).size).toBe(2)
    await expect
      .poll(async () => (await a.carriers!.numbers())[0])
      .toEqual({ name: 'publish-net', waiting: 0, active: 0, completed: 60, failed: 0, delayed: 0 })
    // One of the two tells, or what both tell would be twice as much as there was.
    await expect.poll(() => told.filter((e) => e === 'publish-net completed').length).toBe(60)
  })

  it('share their places with work beside them, counted over both workers, and go first', async () => {
    const planned = table({ ms: 300 })
    const { a, carriers } = await two(planned)
    await expect.poll(async () => (await a.carriers!.numbers()).length).toBe(1)
    // Two of the four places at most, whoever asks.
    const first = await carriers.a.aside('net', 2)
    const second = await carriers.b.aside('net', 2)
    expect([first, second]).toEqual([expect.any(Function), expect.any(Function)])
    expect([await carriers.a.aside('net', 2), await carriers.b.aside('net', 2)]).toEqual([null, null])
    planned.add(30, clock.now())
    await planned.told()
    await expect.poll(() => planned.running()).toBe(2)
    await expect.poll(() => planned.log.length).toBeGreaterThan(4)
    expect(planned.most()).toBe(2)
    // A place that is given back is a turn's at once; while turns wait there is none beside them.
    second!()
    await expect.poll(() => planned.most()).toBe(3)
    expect(await carriers.b.aside('net', 2)).toBeNull()
    first!()
    await planned.over()
    planned.once()
    expect(planned.most()).toBe(4)
    await expect.poll(async () => await carriers.b.aside('net', 2)).toEqual(expect.any(Function))
  })

  it('are found by another when the first of the workers is dead, or may take nothing', async () => {
    const planned = table({ away: 'a' })
    await redis.ask('set', `${prefix}:first`, 'one that is dead', 'PX', 3_000)
    const { a, b } = await two(planned)
    await expect.poll(async () => (await b.carriers!.numbers()).length).toBe(1)
    planned.add(20, clock.now())
    await planned.told()
    await planned.over()
    planned.once()
    expect(await redis.ask('get', `${prefix}:first`)).not.toBe('one that is dead')
    expect((await a.carriers!.numbers())[0]).toMatchObject({ completed: 20 })
  })

  it('survive a Redis that is emptied, that goes, that is full and that comes back; said once a change', async () => {
    const planned = table()
    const { a } = await two(planned)
    await expect.poll(async () => (await a.carriers!.numbers()).length).toBe(1)
    // Emptied, with jobs in it.
    planned.add(30, clock.now() + 1_500)
    await planned.told()
    await expect.poll(async () => (await a.carriers!.numbers())[0]!.delayed).toBe(30)
    await redis.ask('flushall')
    await planned.over()
    // Gone.
    await redis.kill()
    await expect.poll(() => a.link!.trouble()).toBe('is not reachable')
    planned.add(30, clock.now() + 300)
    await planned.told()
    await planned.over()
    await expect(a.carriers!.numbers()).rejects.toThrow('not reachable')
    // Back, and empty.
    await redis.start()
    await expect.poll(() => a.link!.trouble()).toBeNull()
    planned.add(30, clock.now() + 300)
    await planned.told()
    await planned.over()
    // Full: it answers, and takes nothing.
    await redis.ask('config', 'set', 'maxmemory', '1')
    await expect.poll(() => a.link!.trouble()).toMatch(/is full/)
    planned.add(30, clock.now() + 300)
    await planned.told()
    await planned.over()
    await redis.ask('config', 'set', 'maxmemory', '0')
    await expect.poll(() => a.link!.trouble()).toBeNull()
    planned.once()
    expect(planned.log).toHaveLength(120)
    expect(Math.max(...planned.log.map((l) => l.late))).toBeLessThan(60_000)
    // Two workers, and each says each change once.
    const heard = (what: string) => said.filter((s) => /Redis/.test(s) && s.includes(what)).length
    await expect.poll(() => [heard('is not reachable'), heard('is full'), heard('is back')]).toEqual([2, 2, 4])
  })

  // Found by chaos: workers that did nothing any more, and did not even connect again.
  it('leave the process its breath when Redis goes before the next job was asked for', async () => {
    const link = openRedis({ url: redis.url, prefix, log })
    closing.push(() => link.close())
    await expect.poll(() => link.trouble()).toBeNull()
    const client = patientOf(link.client)
    closing.push(async () => client.disconnect())
    let errors = 0
    const bull = new BullWorker('breath', async () => 1, { connection: client, prefix, autorun: false })
    bull.on('error', () => {
      // One turn of the event loop after the other without end: nothing but this can stop it.
      if (++errors > 1_000) void bull.pause(true)
    })
    await bull.waitUntilReady()
    await redis.kill()
    await expect.poll(() => link.trouble()).toBe('is not reachable')
    void bull.run()
    await new Promise((r) => setTimeout(r, 200))
    expect(errors).toBeLessThan(100)
    await redis.start()
    await expect.poll(() => link.trouble()).toBeNull()
    const queue = new Queue('breath', { connection: link.client, prefix })
    await queue.add('one', {})
    await expect.poll(async () => (await queue.getJobCounts('completed')).completed).toBe(1)
    await queue.close()
    await bull.close(true)
  })

  it('begin while Redis is away, and use it when it comes', async () => {
    await redis.kill()
    const planned = table()
    const w = worker('BullMQ')
    await planned.start(w, 'a')
    planned.add(5, clock.now() + 100)
    await planned.told()
    await planned.over()
    await redis.start()
    await expect.poll(() => w.link!.trouble()).toBeNull()
    planned.add(5, clock.now() + 500)
    await planned.told()
    await planned.over()
    await expect.poll(async () => (await w.carriers!.numbers())[0]!.completed).toBe(5)
    planned.once()
  })
})
