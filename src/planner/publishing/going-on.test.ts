/** A channel that goes on with its next publication: the one a claim would take, under a lease that a repeated end finds again. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '#infra/ids.ts'
import { claim } from './due.ts'
import { type Claim, LeaseLost } from './store.ts'
import { channelA, channelB, type ToyHouse, toyHouse, toyWs } from './testing.ts'
import { createWrites, type GoOn } from './writes.ts'

let h: ToyHouse
beforeAll(async () => {
  h = await toyHouse()
})
afterAll(() => h.close())
beforeEach(async () => {
  await h.db.deleteFrom('posts').execute()
  const free = {
    lease_token: null,
    lease_until: null,
    paused_at: null,
    not_before: null,
    state: 'ok' as const,
    removed_at: null,
  }
  await h.db.updateTable('channels').set(free).execute()
  await h.db.updateTable('workspaces').set({ paused_at: null, backlog_order: 'oldest' }).execute()
})
const now = () => new Date(h.clock.now())
const leaseUntil = () => new Date(h.clock.now() + 30_000)
const published = () => ({ event: 'publish', verdict: 'published', now: now() }) as const
const on = (): GoOn => ({ lease: newId(h.clock.now()), until: leaseUntil() })
const channel = (id = channelA) =>
  h.db.selectFrom('channels').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const events = async (id: string) =>
  (await h.db.selectFrom('journal').select('event').where('publication_id', '=', id).orderBy('id').execute()).map(
    (r) => r.event,
  )

/** The first of a channel, in the hands of a worker, and what comes behind it. */
const inWork = async (id = channelA): Promise<Claim> => {
  await h.plan(['first'], { channel: id, dueIn: -1_000_000 })
  const { claims } = await claim(h.db, { channels: [id], now: now(), leaseUntil: leaseUntil(), worker: 'w1' })
  return claims[0]!
}

describe('what is published', () => {
  it('hands its channel on to the next that is due, as a claim would', async () => {
    const first = await inWork()
    const next = await h.plan(['next'])
    const later = await h.plan(['later'], { dueIn: 60_000 })
    const go = on()
    const went = await createWrites(h.db).finish(first, published(), undefined, go)
    expect(went).toMatchObject({ publicationId: next, channelId: channelA, lease: go.lease, attempt: 1, worker: 'w1' })
    expect(await h.read(first.publicationId)).toMatchObject({ state: 'published', lease_token: null })
    const stands = {
      state: 'publishing',
      lease_token: go.lease,
      lease_until: go.until,
      worker: 'w1',
      attempt: 1,
      deaths: 0,
    }
    expect(await h.read(next)).toMatchObject(stands)
    expect(await channel()).toMatchObject({ lease_token: go.lease, lease_until: go.until })
    expect(await events(next)).toEqual(['attempt'])
    expect((await h.read(later)).state).toBe('scheduled')
    // It is a claim like any other: nobody else takes it, and it ends like one.
    const { claims } = await claim(h.db, { channels: [channelA], now: now(), leaseUntil: leaseUntil(), worker: 'w2' })
    expect(claims).toEqual([])
    expect(await createWrites(h.db).finish(went!, published(), undefined, on())).toBeNull()
    expect(await channel()).toMatchObject({ lease_token: null, lease_until: null })
  })

  it('finds again what it went on with when its end is written twice', async () => {
    const first = await inWork()
    const next = await h.plan(['next'])
    const [writes, end, go] = [createWrites(h.db), published(), on()]
    const went = await writes.finish(first, end, undefined, go)
    expect(await writes.finish(first, end, undefined, go)).toEqual(went)
    expect([went?.publicationId, (await h.read(next)).attempt]).toEqual([next, 1])
    expect(await events(next)).toEqual(['attempt'])
    // A lease that ran out meanwhile is somebody else's: nothing is gone on with.
    const later = { now: new Date(h.clock.now() + 60_000), leaseUntil: new Date(h.clock.now() + 90_000), worker: 'w2' }
    expect((await claim(h.db, { channels: [channelA], ...later })).claims).toMatchObject([{ publicationId: next }])
    expect(await writes.finish(first, end, undefined, go)).toBeNull()
  })

  it('goes on with nothing when its own lease is gone', async () => {
    const first = await inWork()
    const next = await h.plan(['next'])
    await h.db
      .updateTable('publications')
      .set({ lease_token: newId(1) })
      .where('id', '=', first.publicationId)
      .execute()
    await expect(createWrites(h.db).finish(first, published(), undefined, on())).rejects.toThrow(LeaseLost)
    expect((await h.read(next)).state).toBe('scheduled')
  })

  it.each<[string, () => Promise<unknown>]>([
    ['the channel is paused', () => h.db.updateTable('channels').set({ paused_at: now() }).execute()],
    ['the workspace is paused', () => h.db.updateTable('workspaces').set({ paused_at: now() }).execute()],
    ['the channel is to be connected anew', () => h.db.updateTable('channels').set({ state: 'reconnect' }).execute()],
    ['the channel is gone', () => h.db.updateTable('channels').set({ removed_at: now() }).execute()],
    ['the channel has to wait', () => h.db.updateTable('channels').set({ not_before: leaseUntil() }).execute()],
    [
      'it is prepared now',
      () =>
        h.db.updateTable('publications').set({ lease_until: leaseUntil() }).where('state', '=', 'scheduled').execute(),
    ],
  ])('frees its channel and goes on with nothing where %s', async (_, stand) => {
    const first = await inWork()
    const next = await h.plan(['next'])
    await stand()
    expect(await createWrites(h.db).finish(first, published(), undefined, on())).toBeNull()
    expect((await h.read(next)).state).toBe('scheduled')
    expect((await channel()).lease_token).toBeNull()
  })

  it('keeps nothing waiting for a person who is at the next one, and takes nothing of theirs', async () => {
    const first = await inWork()
    const next = await h.plan(['next'])
    await h.db.transaction().execute(async (trx) => {
      await trx
        .updateTable('publications')
        .set({ due_at: leaseUntil(), next_at: leaseUntil() })
        .where('id', '=', next)
        .execute()
      expect(await createWrites(h.db).finish(first, published(), undefined, on())).toBeNull()
    })
    expect((await h.read(next)).state).toBe('scheduled')
    expect((await channel()).lease_token).toBeNull()
  })

  it('goes on with what a claim would take, whatever else there is', async () => {
    const one = fc.record({
      dueIn: fc.constantFrom(-60_000, -5_000, -5_000, 0, 5_000),
      nextIn: fc.constantFrom(-60_000, 0, 5_000),
      state: fc.constantFrom('scheduled', 'scheduled', 'waiting', 'processing', 'publishing', 'published', 'held'),
      begun: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 5 }), fc.constantFrom('oldest', 'newest'), async (others, order) => {
        await h.db.deleteFrom('posts').execute()
        await h.db.updateTable('channels').set({ lease_token: null, lease_until: null }).execute()
        await h.db.updateTable('workspaces').set({ backlog_order: 'oldest' }).execute()
        const took: (number | null)[] = []
        for (const id of [channelA, channelB]) {
          const first = await inWork(id)
          await h.db.updateTable('workspaces').set({ backlog_order: order }).where('id', '=', toyWs).execute()
          const ids: string[] = []
          for (const [n, o] of others.entries()) {
            const p = await h.plan([`${n}`], { channel: id, dueIn: o.dueIn - n })
            ids.push(p)
            const next_at = new Date(h.clock.now() + o.nextIn)
            await h.db
              .updateTable('publications')
              .set({
                state: o.state === 'processing' ? 'waiting' : (o.state as 'waiting'),
                reason: o.state === 'processing' ? 'processing' : null,
                next_at: o.state === 'published' || o.state === 'held' ? null : next_at,
                begun: o.begun,
                frozen: JSON.stringify({ segments: [{}] }),
                started_at: now(),
                ...(o.state === 'publishing' ? { lease_token: newId(1), lease_until: next_at } : {}),
              })
              .where('id', '=', p)
              .execute()
          }
          const writes = createWrites(h.db)
          const went = await writes.finish(first, published(), undefined, id === channelA ? on() : undefined)
          const { claims } =
            id === channelA
              ? { claims: went ? [went] : [] }
              : await claim(h.db, { channels: [id], now: now(), leaseUntil: leaseUntil(), worker: 'w1' })
          took.push(claims[0] ? ids.indexOf(claims[0].publicationId) : null)
        }
        expect(took[0]).toBe(took[1])
      }),
      { numRuns: 60 },
    )
  })
})

describe('the engine', () => {
  /** Passes time until it is so. */
  const until = async (holds: () => boolean | Promise<boolean>) => {
    for (let i = 0; i < 2_000 && !(await holds()); i++) {
      await h.clock.advance(10)
      await new Promise((r) => setTimeout(r, 5))
    }
    expect(await holds()).toBe(true)
  }

  it('publishes what is due on a channel in its order, one at a time, and counts each', async () => {
    for (let n = 0; n < 5; n++) await h.plan([`in order ${n}`], { dueIn: n - 1_000 })
    const before = h.net.posts.length
    let atOnce = 0
    let most = 0
    h.net.during(async () => {
      most = Math.max(most, ++atOnce)
      await new Promise((r) => setTimeout(r, 5))
      atOnce--
    })
    expect(await h.engine('keyed').runDue()).toBe(5)
    h.net.during(undefined)
    expect(h.net.posts.slice(before)).toEqual([0, 1, 2, 3, 4].map((n) => `in order ${n}`))
    expect(most).toBe(1)
  })

  it('stops a channel between two publications when a person pauses it', async () => {
    const ids = await Promise.all([1, 2, 3].map((n) => h.plan([`pause ${n}`], { dueIn: n - 1_000 })))
    const before = h.net.posts.length
    h.net.during(async (path) => {
      if (path.endsWith('/posts') && h.net.posts.length === before + 1)
        await h.db.updateTable('channels').set({ paused_at: now() }).where('id', '=', channelA).execute()
    })
    await h.engine('keyed').runDue()
    h.net.during(undefined)
    expect(await Promise.all(ids.map(async (id) => (await h.read(id)).state))).toEqual([
      'published',
      'published',
      'scheduled',
    ])
  })

  it('that stops goes on with nothing, and leaves the channel free', async () => {
    const ids = await Promise.all([1, 2].map((n) => h.plan([`stop ${n}`], { dueIn: n - 1_000 })))
    const e = h.engine('keyed')
    let stopped: Promise<void> | undefined
    h.net.during((path) => {
      if (path.endsWith('/posts') && !stopped) stopped = e.stop()
    })
    await e.start()
    await until(() => stopped !== undefined)
    await stopped
    h.net.during(undefined)
    expect(await Promise.all(ids.map(async (id) => (await h.read(id)).state))).toEqual(['published', 'scheduled'])
    expect((await channel()).lease_token).toBeNull()
  })

  it('lets channels that somebody holds keep nobody else of its network waiting', async () => {
    const second = newId(7)
    await h.db
      .insertInto('channels')
      .values({
        id: second,
        workspace_id: toyWs,
        platform: 'toy',
        realm: 'sandbox',
        kind: 'profile',
        external_id: second,
        name: 'C',
        handle: 'c',
        created_at: now(),
      })
      .execute()
    const stuck = await h.plan(['stuck'], { dueIn: -10_000 })
    await h.plan(['stuck as well'], { channel: second, dueIn: -9_000 })
    const other = await h.plan(['not stuck'], { channel: channelB })
    const e = h.engine({ again: 'keyed', concurrency: 1 })
    const held = await h.database.pool.connect()
    try {
      await held.query('begin')
      await held.query('select 1 from channels where id = any($1) for update', [[channelA, second]])
      await e.start()
      const began = h.clock.now()
      await until(async () => (await h.read(other)).state === 'published')
      expect(h.clock.now() - began).toBeLessThan(1_000)
      expect((await h.read(stuck)).state).toBe('scheduled')
      await held.query('commit')
    } finally {
      held.release()
    }
    await until(async () => (await h.read(stuck)).state === 'published')
    await e.stop(0)
  })

  it('asks soon again for what somebody held at the moment it was due', async () => {
    const id = await h.plan(['held for a moment'])
    const e = h.engine('keyed')
    const held = await h.database.pool.connect()
    try {
      await held.query('begin')
      await held.query('select 1 from channels where id = $1 for update', [channelA])
      const seen = e.lastTick()
      await e.start()
      await until(() => e.lastTick() > seen)
      await held.query('commit')
    } finally {
      held.release()
    }
    const began = h.clock.now()
    await until(async () => (await h.read(id)).state === 'published')
    // Well before the sweep of five seconds.
    expect(h.clock.now() - began).toBeLessThan(2_500)
    await e.stop(0)
  })
})
