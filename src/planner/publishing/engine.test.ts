/** The rules of the engine, told against the toy network. Races, doubts and refusals have files of their own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '#infra/ids.ts'
import {
  cancelPublication,
  releaseHeld,
  reschedulePublication,
  resolvePublication,
  retryPublication,
} from './commands.ts'
import { publicationStory } from './detail.ts'
import { channelA, channelB, type ToyHouse, toyHouse, toyWs } from './testing.ts'

let house: ToyHouse
let database: ToyHouse['database']
let net: ToyHouse['net']
let clock: ToyHouse['clock']
let engine: ToyHouse['engine']
let plan: ToyHouse['plan']
let read: ToyHouse['read']
let target: ToyHouse['target']

beforeEach(async () => {
  house = await toyHouse()
  ;({ database, net, clock, engine, plan, read, target } = house)
})
afterEach(() => house.close())

describe('a due publication', () => {
  it('goes out once, with its lateness, permalink and a journal a person can read', async () => {
    const id = await plan(['hello'])
    await engine().runDue()
    const p = await read(id)
    expect(p).toMatchObject({
      state: 'published',
      external_id: 'n1',
      permalink: 'https://toy.test/n1',
      begun: true,
      next_at: null,
    })
    expect(p.lateness_ms).toBeLessThan(1_000)
    expect(net.posts).toEqual(['hello'])
    const story = await publicationStory(database.db, toyWs, id)
    expect(story?.journal.map((j) => j.event)).toEqual([
      'attempt',
      'step-begun',
      'step-done',
      'step-begun',
      'step-done',
      'published',
    ])
    expect(story?.attempts).toMatchObject([{ number: 1, verdict: 'published' }])
  })

  it('is not touched before its time', async () => {
    const id = await plan(['later'], { dueIn: 1_000 })
    await engine().runDue()
    expect((await read(id)).state).toBe('scheduled')
  })

  it('is claimed by one of two engines only', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, i) => plan([`p${i}`], { channel: i % 2 ? channelA : channelB })),
    )
    const [one, two] = [engine(), engine()]
    while ((await Promise.all([one.runDue(), two.runDue()])).some((n) => n > 0)) {}
    expect([...net.posts].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `p${i}`).sort())
    for (const id of ids) expect((await read(id)).state).toBe('published')
  })

  it('keeps due order on one channel, and another channel does not wait', async () => {
    net.next.push('429')
    const first = await plan(['first'], { dueIn: -2_000 })
    await engine().runDue()
    const second = await plan(['second'], { dueIn: -1_000 })
    const other = await plan(['other'], { channel: channelB })
    await engine().runDue()
    expect((await read(first)).state).toBe('waiting')
    expect((await read(second)).state).toBe('scheduled')
    expect((await read(other)).state).toBe('published')
    clock.set(clock.now() + 31_000)
    await engine().runDue()
    expect(net.posts).toEqual(['other', 'first', 'second'])
  })
})

describe('a lost answer', () => {
  it('is looked up on the network before anything else, and found', async () => {
    net.next.push('lost')
    const id = await plan(['once'])
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'published', external_id: 'n1' })
    expect(net.posts).toEqual(['once'])
  })

  it('of a call that never arrived is believed absent only after a while, then sent again', async () => {
    net.next.push('lost-before')
    const id = await plan(['again'])
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'waiting', reason: 'looking' })
    for (let i = 0; i < 4; i++) {
      clock.set(clock.now() + 15_000)
      await engine().runDue()
    }
    expect((await read(id)).state).toBe('published')
    expect(net.posts).toEqual(['again'])
  })

  it.each(['lost', 'lost-before', '500'] as const)(
    'on a network that cannot be looked at asks a person (%s), who settles it',
    async (how) => {
      net.next.push(how)
      const id = await plan(['blind'])
      await engine('never').runDue()
      expect((await read(id)).state).toBe('unconfirmed')
      await expect(cancelPublication(database.db, target(id))).rejects.toMatchObject({ code: 'cannot-cancel' })
      if (net.posts.length > 0)
        await resolvePublication(database.db, { ...target(id), there: true, permalink: 'https://toy.test/1' })
      else await resolvePublication(database.db, { ...target(id), again: true })
      await engine('never').runDue()
      expect(await read(id)).toMatchObject({ state: 'published' })
      expect(net.posts).toEqual(['blind'])
    },
  )

  it('in the middle of a thread does not repeat the posts before it', async () => {
    net.next.push('ok', 'lost', 'ok')
    const id = await plan(['one', 'two', 'three'])
    await engine().runDue()
    expect((await read(id)).state).toBe('published')
    expect(net.posts).toEqual(['one', 'two', 'three'])
  })
})

describe('trouble', () => {
  it('of a moment costs a second', async () => {
    net.retryAfter('')
    net.next.push('503')
    const id = await plan(['hiccup'])
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'waiting', reason: 'toy.later', tries: 1 })
    await house.live(1, 1_000)
    const p = await read(id)
    expect(p.state).toBe('published')
    expect(p.lateness_ms).toBeLessThan(2_000)
  })

  it('of ten minutes is waited out; the network’s own time is kept meanwhile', async () => {
    net.next.push(...Array(8).fill('503'))
    const id = await plan(['outage'])
    const calls: number[] = []
    net.during((path) => {
      if (path.endsWith('/posts')) calls.push(clock.now())
    })
    await engine().runDue()
    // The network says: 30 seconds.
    for (let i = 0; i < 60 && (await read(id)).state === 'waiting'; i++) await house.live(1, 30_000)
    expect((await read(id)).state).toBe('published')
    expect(Math.min(...calls.slice(1).map((at, i) => at - calls[i]!))).toBeGreaterThanOrEqual(30_000)
    expect(calls.at(-1)! - calls[0]!).toBeGreaterThanOrEqual(600_000)
    expect(net.posts).toEqual(['outage'])
  })

  it('with the answer is over as soon as the network shows the post', async () => {
    const slow = await toyHouse({ lagMs: 3_000 })
    try {
      slow.net.next.push('lost')
      const id = await slow.plan(['shown late'])
      await slow.engine().runDue()
      expect((await slow.read(id)).state).toBe('waiting')
      await slow.live(4, 1_000)
      expect(await slow.read(id)).toMatchObject({ state: 'published', external_id: 'n1' })
      expect(slow.net.posts).toEqual(['shown late'])
    } finally {
      await slow.close()
    }
  })

  it('with looking is waited out as well: while nobody can look, nobody is asked', async () => {
    net.next.push('lost')
    net.nextLook.push(...Array(8).fill('500'))
    const id = await plan(['looked for'])
    await engine().runDue()
    await house.live(7, 500_000)
    expect((await read(id)).state).toBe('waiting')
    await house.live(1, 500_000)
    expect(await read(id)).toMatchObject({ state: 'published', external_id: 'n1' })
    expect(net.posts).toEqual(['looked for'])
  })
})

describe('a worker that dies', () => {
  it('leaves a lease that runs out, and the next worker goes on from the journal', async () => {
    const id = await plan(['survivor'])
    const stuck = new Promise<void>(() => {})
    let reached: () => void = () => {}
    const there = new Promise<void>((r) => (reached = r))
    net.during(async (path) => {
      if (path.endsWith('/posts') && net.posts.length === 0) {
        reached()
        net.during(undefined)
        await stuck
      }
    })
    const dead = engine('ask', { leaseMs: 10_000 })
    void dead.runDue().catch(() => undefined)
    await there
    clock.set(clock.now() + 11_000)
    for (let i = 0; i < 5 && (await read(id)).state !== 'published'; i++) {
      await engine().runDue()
      clock.set(clock.now() + 15_000)
    }
    expect(net.posts).toEqual(['survivor'])
    expect(net.uploads).toEqual(['survivor'])
    const story = await publicationStory(database.db, toyWs, id)
    expect(story?.attempts[0]).toMatchObject({ verdict: 'lease-lost' })
  })
})

describe('a person', () => {
  it('may cancel while it uploads; its worker then writes nothing more', async () => {
    const id = await plan(['never seen'])
    net.during(async (path) => {
      if (path.endsWith('/uploads')) await cancelPublication(database.db, target(id))
    })
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'cancelled', next_at: null })
    expect(net.posts).toEqual([])
  })

  it('may reschedule while it uploads; it goes out once, at the new time', async () => {
    const id = await plan(['moved'])
    net.during(async (path) => {
      if (!path.endsWith('/uploads')) return
      net.during(undefined)
      await reschedulePublication(database.db, { ...target(id), dueAt: new Date(clock.now() + 60_000) })
    })
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'scheduled', attempt: 1 })
    clock.set(clock.now() + 60_000)
    await engine().runDue()
    expect((await read(id)).state).toBe('published')
    expect(net.posts).toEqual(['moved'])
  })

  it('cannot cancel once the create step has begun, and is told so', async () => {
    const id = await plan(['too late'])
    let refused: unknown
    net.during(async (path) => {
      if (path.endsWith('/posts')) await cancelPublication(database.db, target(id)).catch((e: unknown) => (refused = e))
    })
    await engine().runDue()
    expect(refused).toMatchObject({ code: 'cannot-cancel' })
    expect((await read(id)).state).toBe('published')
  })

  it('may try a refused one again, with what the post says now', async () => {
    net.next.push('422')
    const id = await plan(['bad'])
    await engine().runDue()
    for (let i = 0; i < 3; i++) {
      clock.set(clock.now() + 15_000)
      await engine().runDue()
    }
    const p = await read(id)
    expect(p).toMatchObject({ state: 'failed', reason: 'toy.refused' })
    await database.db
      .updateTable('posts')
      .set({ content: JSON.stringify({ segments: [{ text: 'good', mediaIds: [] }] }) })
      .where('id', '=', p.post_id)
      .execute()
    await retryPublication(database.db, target(id))
    await engine().runDue()
    expect(net.posts).toEqual(['good'])
    expect((await read(id)).state).toBe('published')
  })

  it('may not touch a publication of another workspace', async () => {
    const id = await plan(['mine'])
    await expect(cancelPublication(database.db, { ...target(id), ws: newId(9) })).rejects.toMatchObject({
      code: 'not-found',
    })
  })
})

describe('what keeps a publication waiting', () => {
  it('a dead token holds it and everything due on the channel, until the channel is connected again', async () => {
    net.next.push('401')
    const first = await plan(['one'], { dueIn: -10 })
    const second = await plan(['two'])
    const tomorrow = await plan(['three'], { dueIn: 86_400_000 })
    await engine().runDue()
    expect(await read(first)).toMatchObject({ state: 'held', reason: 'reconnect' })
    expect(await read(second)).toMatchObject({ state: 'held', reason: 'reconnect' })
    expect((await read(tomorrow)).state).toBe('scheduled')
    await database.db.updateTable('channels').set({ state: 'ok' }).where('id', '=', channelA).execute()
    await database.db.transaction().execute((trx) => releaseHeld(trx, channelA, new Date(clock.now())))
    await engine().runDue()
    expect(net.posts).toEqual(['one', 'two'])
  })

  it.each(['channels', 'workspaces'] as const)('a pause of %s', async (table) => {
    const id = await plan(['paused'])
    await database.db
      .updateTable(table)
      .set({ paused_at: new Date(clock.now()) })
      .execute()
    await engine().runDue()
    expect((await read(id)).state).toBe('scheduled')
    await database.db.updateTable(table).set({ paused_at: null }).execute()
    await engine().runDue()
    expect((await read(id)).state).toBe('published')
  })

  it.each([
    ['ask', 'held'],
    ['expire', 'missed'],
    ['publish', 'published'],
  ] as const)('the late policy "%s" after an outage', async (otherwise, state) => {
    await database.db
      .updateTable('workspaces')
      .set({ late_policy: JSON.stringify({ maxLateMs: 60_000, otherwise }) })
      .execute()
    const id = await plan(['old'], { dueIn: -61_000 })
    await engine().runDue()
    expect((await read(id)).state).toBe(state)
    if (state === 'published') return
    await retryPublication(database.db, target(id))
    await engine().runDue()
    expect((await read(id)).state).toBe('published')
  })

  it('no outage is too long to be counted', async () => {
    await database.db
      .updateTable('workspaces')
      .set({ late_policy: JSON.stringify({ maxLateMs: 0, otherwise: 'publish' }) })
      .execute()
    const id = await plan(['old'], { dueIn: -30 * 86_400_000 })
    await engine().runDue()
    expect(await read(id)).toMatchObject({ state: 'published', lateness_ms: 2 ** 31 - 1 })
  })

  it('a backlog goes out paced per channel, not as a burst', async () => {
    for (let i = 0; i < 3; i++) await plan([`old ${i}`], { dueIn: -120_000 + i })
    const e = engine()
    await e.runDue()
    expect(net.posts).toHaveLength(1)
    clock.set(clock.now() + 30_000)
    await e.runDue()
    expect(net.posts).toHaveLength(2)
  })
})

describe('the running engine', () => {
  it('wakes on NOTIFY without polling and drains on stop', async () => {
    const e = engine()
    await e.start()
    const id = await plan(['now'])
    await database.pool.query(`select pg_notify('clarion_due', '')`)
    for (let i = 0; i < 6_000 && (await read(id)).state !== 'published'; i++)
      await new Promise((r) => setTimeout(r, 20))
    expect((await read(id)).state).toBe('published')
    await e.stop()
    expect(e.inFlight()).toBe(0)
  })

  /** Lets time pass in small steps until it holds. */
  const until = async (holds: () => Promise<boolean>, ms = 10) => {
    for (let i = 0; i < 6_000 && !(await holds()); i++) {
      await clock.advance(ms)
      await new Promise((r) => setTimeout(r, 5))
    }
    expect(await holds()).toBe(true)
  }

  it('gives places that become free to who waits longest, and nobody is left over', async () => {
    const row = await database.db
      .selectFrom('channels')
      .selectAll()
      .where('id', '=', channelA)
      .executeTakeFirstOrThrow()
    const rounds = [1, 2, 3]
    const firsts: string[] = []
    for (let c = 0; c < 25; c++) {
      const id = newId(100 + c)
      await database.db
        .insertInto('channels')
        .values({ ...row, id, external_id: id, facts: JSON.stringify(row.facts) })
        .execute()
      for (const round of rounds) {
        const p = await plan([`${c} ${round}`], { channel: id, dueIn: round - 1_000 })
        if (round === 1) firsts.push(p)
      }
    }
    const e = engine()
    await e.start()
    const open = () => database.db.selectFrom('publications').select('id').where('state', '!=', 'published').execute()
    await until(async () => (await open()).length === 0)
    expect(net.posts.length).toBe(25 * rounds.length)
    expect(new Set(net.posts).size).toBe(net.posts.length)
    const began = await database.db
      .selectFrom('journal')
      .select('publication_id')
      .where('event', '=', 'attempt')
      .orderBy('id')
      .execute()
    // Ten have a place: the claim that takes the last of the first may take nine others with it.
    const early = new Set(began.slice(0, 25 + 9).map((j) => j.publication_id))
    expect(firsts.filter((id) => !early.has(id))).toEqual([])
  })

  it('is on time for what comes due on a channel that was busy when it last looked', async () => {
    const first = await plan(['first'])
    const second = await plan(['second'], { dueIn: 3_000 })
    let answer: () => void = () => {}
    const busy = new Promise<void>((r) => (answer = r))
    net.during((path) => (path.endsWith('/posts') && net.posts.length === 0 ? busy : undefined))
    const e = engine()
    await e.start()
    await until(async () => (await read(first)).begun)
    answer()
    await until(async () => (await read(first)).state === 'published')
    await until(async () => (await read(second)).state === 'published')
    // The sweep would have found it two seconds later.
    expect((await read(second)).lateness_ms).toBeLessThan(1_000)
  })
})
