/** What attempts write, in batches and over a wire that breaks: each caller hears of its own line, and no line is written twice. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { type Cut, cutWire } from '#infra/testing/wire.ts'
import { surely } from './endings.ts'
import { type Claim, LeaseLost, renewLeases } from './store.ts'
import { type ToyHouse, toyHouse, toyWs } from './testing.ts'
import { createWrites, type Writes } from './writes.ts'

let h: ToyHouse
let wire: Awaited<ReturnType<typeof cutWire>>
let far: Database
beforeAll(async () => {
  h = await toyHouse()
  wire = await cutWire(h.database.url)
  far = openDatabase(wire.url, { poolSize: 4 })
})
afterAll(async () => {
  await far.close()
  await wire.close()
  await h.close()
})
beforeEach(async () => {
  wire.cut([])
  await h.db.deleteFrom('posts').execute()
})

const patience = {
  clock: { now: () => h.clock.now(), sleep: async () => {} },
  log: { info: () => {}, warn: () => {}, error: () => {} },
}
let ticks = 0
/** Every write has its own instant, as in life. */
const now = () => new Date(h.clock.now() + ++ticks)
const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await new Promise((r) => setImmediate(r))
}

/** A publication in the hands of a worker, on a channel of its own. */
const taken = async (): Promise<Claim> => {
  const [channel, lease] = [newId(h.clock.now()), newId(h.clock.now())]
  const at = now()
  await h.db
    .insertInto('channels')
    .values({
      id: channel,
      workspace_id: toyWs,
      platform: 'toy',
      realm: 'sandbox',
      kind: 'profile',
      external_id: channel,
      name: 'A',
      handle: 'a',
      created_at: at,
      lease_token: lease,
      lease_until: at,
    })
    .execute()
  const id = await h.plan(['one'], { channel })
  await h.db
    .updateTable('publications')
    .set({ state: 'publishing', lease_token: lease, lease_until: at, attempt: 1 })
    .where('id', '=', id)
    .execute()
  await h.db.insertInto('attempts').values({ publication_id: id, number: 1, worker: 'w', started_at: at }).execute()
  const { post_id } = await h.read(id)
  return {
    publicationId: id,
    channelId: channel,
    workspaceId: toyWs,
    postId: post_id,
    platform: 'toy',
    lease,
    until: at,
    attempt: 1,
    began: null,
    deaths: 0,
    dueAt: at,
    worker: 'w',
  }
}
const events = async (c: Claim) =>
  (
    await h.db
      .selectFrom('journal')
      .select('event')
      .where('publication_id', '=', c.publicationId)
      .orderBy('id')
      .execute()
  ).map((r) => r.event)
const steps = (c: Claim) => h.db.selectFrom('steps').selectAll().where('publication_id', '=', c.publicationId).execute()
const steal = (c: Claim) =>
  h.db
    .updateTable('publications')
    .set({ lease_token: newId(1) })
    .where('id', '=', c.publicationId)
    .execute()

const begin = (times: number, o: object = {}) => ({
  key: 'create',
  position: 0,
  create: true,
  times,
  prepared: { key: 'k' },
  frozen: { plan: ['create'] },
  now: now(),
  ...o,
})
const end = (times: number, state: 'done' | 'unknown' | 'refused', o: object = {}) => ({
  key: 'create',
  times,
  state,
  event: `step-${state}` as const,
  now: now(),
  ...o,
})

/** The parts of a life, each with how it is spoilt by a value the database cannot hold. */
const life: { event: string[]; write: (w: Writes, c: Claim, bad: boolean) => () => Promise<unknown> }[] = [
  {
    event: ['step-begun'],
    write: (w, c, bad) => {
      const s = begin(1, bad ? { position: 3e9 } : {})
      return () => w.begin(c, s)
    },
  },
  {
    event: ['step-refused'],
    write: (w, c, bad) => {
      const s = end(bad ? 3e9 : 1, 'refused', { message: 'No \u0000 \ud800.' })
      return () => w.end(c, s)
    },
  },
  {
    event: ['step-begun'],
    write: (w, c, bad) => {
      const s = begin(2, bad ? { position: 3e9 } : {})
      return () => w.begin(c, s)
    },
  },
  {
    event: ['step-done', 'published'],
    write: (w, c, bad) => {
      const f = { event: 'publish', verdict: 'published', latenessMs: bad ? 3e12 : 5, now: now() } as const
      const last = end(2, 'done', { checkpoint: { id: 'n1', url: null } })
      return () => w.finish(c, f, last)
    },
  },
]

describe('lines of many attempts', () => {
  it('in any interleaving, with leases lost, values that do not fit and a wire that is cut: each hears the truth', async () => {
    const part = fc.record({
      /** Before which part of its life something happens to it, and what. */
      at: fc.nat(life.length),
      what: fc.constantFrom('steal' as const, 'bad' as const),
      waits: fc.array(fc.nat(5), { minLength: life.length, maxLength: life.length }),
    })
    const cuts = fc.array(fc.constantFrom<Cut | null>('before', 'after', null, null), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 10 }), cuts, async (parts, cut) => {
        const claims = await Promise.all(parts.map(taken))
        const writes = createWrites(far.db)
        wire.cut(cut)
        await Promise.all(
          parts.map(async (p, i) => {
            const c = claims[i]!
            const heard: string[] = []
            let told: unknown
            for (const [k, stage] of life.entries()) {
              await turns(p.waits[k]!)
              if (k === p.at && p.what === 'steal') await steal(c)
              try {
                await surely(patience, c, stage.write(writes, c, k === p.at && p.what === 'bad'))
              } catch (error) {
                told = error
                break
              }
              heard.push(...stage.event)
              // Told means committed, once, and seen by everybody.
              expect(await events(c)).toEqual(heard)
            }
            if (p.at === life.length) expect(told).toBeUndefined()
            else if (p.what === 'steal') expect(told).toBeInstanceOf(LeaseLost)
            else expect(told).toMatchObject({ code: expect.stringMatching(/^22/) })
            expect(await events(c)).toEqual(heard)
            const [row] = await steps(c)
            const begun = heard.filter((e) => e === 'step-begun').length
            expect(row?.times ?? 0).toBe(begun)
            const last = heard.findLast((e) => e.startsWith('step-'))
            expect(row?.state).toBe(last?.slice('step-'.length))
            const pub = await h.read(c.publicationId)
            expect(pub.state).toBe(heard.includes('published') ? 'published' : 'publishing')
            // A refused create may be taken back; one that has begun may not.
            expect(pub.begun).toBe(last === 'step-begun' || last === 'step-done')
          }),
        )
      }),
      { numRuns: 25 },
    )
  })

  it('a hundred attempts write a few statements', async () => {
    const claims = await Promise.all(Array.from({ length: 100 }, taken))
    const writes = createWrites(far.db)
    const before = wire.statements()
    await Promise.all(claims.map((c) => writes.begin(c, begin(1))))
    await Promise.all(
      claims.map((c) => writes.finish(c, { event: 'publish', verdict: 'published', now: now() }, end(1, 'done'))),
    )
    expect(wire.statements() - before).toBe(4)
    for (const c of claims) expect(await events(c)).toEqual(['step-begun', 'step-done', 'published'])
  })

  it('a lease that was lost is told to its own caller, and to no other of the batch', async () => {
    const claims = await Promise.all(Array.from({ length: 5 }, taken))
    await steal(claims[2]!)
    const writes = createWrites(h.db)
    const told = await Promise.allSettled(claims.map((c) => writes.begin(c, begin(1))))
    expect(told.map((t) => t.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(told[2]).toMatchObject({
      reason: { name: 'LeaseLost', message: expect.stringContaining(claims[2]!.publicationId) },
    })
  })

  it('a row somebody else holds for long keeps its own caller waiting, and tells no other of the batch a lie', async () => {
    const claims = await Promise.all(Array.from({ length: 8 }, taken))
    const hurried = openDatabase(h.database.url, {
      poolSize: 4,
      patience: { statementMs: 10_000, lockMs: 100, idleMs: 10_000, connectionMs: 10_000 },
    })
    try {
      await h.db.transaction().execute(async (other) => {
        await other
          .selectFrom('publications')
          .select('id')
          .where('id', '=', claims[5]!.publicationId)
          .forUpdate()
          .execute()
        const writes = createWrites(hurried.db)
        const told = await Promise.allSettled(claims.map((c) => writes.begin(c, begin(1))))
        expect(told.flatMap((t, n) => (t.status === 'rejected' ? [n, t.reason.code] : []))).toEqual([5, '55P03'])
      })
      for (const [n, c] of claims.entries()) expect(await events(c)).toEqual(n === 5 ? [] : ['step-begun'])
    } finally {
      await hurried.close()
    }
  })

  it('the worker before and the one after it in one batch: only the one that has the lease is written', async () => {
    const c = await taken()
    const lease = newId(5)
    await h.db
      .updateTable('publications')
      .set({ lease_token: lease, attempt: 2 })
      .where('id', '=', c.publicationId)
      .execute()
    const writes = createWrites(h.db)
    const told = await Promise.allSettled([
      writes.begin(c, begin(1, { key: 'upload' })),
      writes.begin({ ...c, lease, attempt: 2 }, begin(1)),
    ])
    expect(told.map((t) => t.status)).toEqual(['rejected', 'fulfilled'])
    expect((await steps(c)).map((s) => s.key)).toEqual(['create'])
  })

  it('and leases renewed at the same time never wait for each other in a ring', async () => {
    const claims = await Promise.all(Array.from({ length: 40 }, taken))
    const writes = createWrites(h.db)
    await Promise.all([
      ...claims.toReversed().map((c) => writes.begin(c, begin(1))),
      ...Array.from({ length: 20 }, (_, i) => renewLeases(h.db, i % 2 ? claims : claims.toReversed(), now())),
    ])
    expect((await renewLeases(h.db, claims, now())).size).toBe(40)
  })
})

describe('a statement that arrives late, after what came next', () => {
  it('begins no step that has ended since, and ends none that has begun anew', async () => {
    const c = await taken()
    const writes = createWrites(h.db)
    const [first, ended, second] = [begin(1), end(1, 'refused'), begin(2)]
    await writes.begin(c, first)
    await writes.end(c, ended)
    await writes.begin(c, first)
    expect(await steps(c)).toMatchObject([{ state: 'refused', times: 1 }])
    await writes.begin(c, second)
    await writes.end(c, ended)
    expect(await steps(c)).toMatchObject([{ state: 'begun', times: 2 }])
    expect((await h.read(c.publicationId)).begun).toBe(true)
    expect(await events(c)).toEqual(['step-begun', 'step-refused', 'step-begun'])
  })

  it('does not take back what is known to be there', async () => {
    const c = await taken()
    const writes = createWrites(h.db)
    const unknown = end(1, 'unknown')
    await writes.begin(c, begin(1))
    await writes.end(c, unknown)
    await writes.end(c, { ...end(1, 'done'), event: 'step-found', checkpoint: { id: 'n1', url: null } })
    await writes.end(c, unknown)
    expect(await steps(c)).toMatchObject([{ state: 'done' }])
  })

  it('an end that was written is no lost lease for who repeats it, and another one is', async () => {
    const c = await taken()
    const writes = createWrites(h.db)
    const f = { event: 'fail', verdict: 'failed', reason: 'x.x', now: now() } as const
    await writes.finish(c, f)
    await writes.finish(c, f)
    await expect(writes.finish(c, { ...f, event: 'publish', verdict: 'published' })).rejects.toThrow(LeaseLost)
    expect(await events(c)).toEqual(['failed'])
    const channel = await h.db
      .selectFrom('channels')
      .selectAll()
      .where('id', '=', c.channelId)
      .executeTakeFirstOrThrow()
    expect(channel.lease_token).toBeNull()
  })
})

describe('a process that is gone between a commit and its answer', () => {
  // Claim, load, begin and end of the upload, begin of the create, the end of all: each statement once, and what is asked besides.
  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'at its statement %i: the next one goes on, and the post is there once',
    async (at) => {
      const id = await h.plan(['once'])
      const before = h.net.posts.length
      const last = await cutWire(h.database.url)
      const gone = openDatabase(last.url, { poolSize: 2 })
      try {
        const silent = last.cut([...Array<null>(at).fill(null), 'silence'])
        const over = h.doomedEngine('keyed', { db: gone.db, leaseMs: 10_000 }).runDue()
        await Promise.race([over, silent])
        for (let i = 0; i < 8 && (await h.read(id)).state !== 'published'; i++) {
          h.clock.set(h.clock.now() + 15_000)
          await h.engine('keyed').runDue()
        }
        expect((await h.read(id)).state).toBe('published')
        expect(h.net.posts.slice(before)).toEqual(['once'])
      } finally {
        await last.close()
        void gone.close().catch(() => undefined)
      }
    },
  )
})
