/** A person, a second engine or a crash at the worst moment. */
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { cancelPublication, releaseHeld, reschedulePublication, retryPublication } from './commands.ts'
import { channelA, channelB, type ToyHouse, toyHouse } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())
const pause = (ms: number) => new Promise((r) => setTimeout(r, ms))

describe('a claim that waits for a person', () => {
  it('does not publish what was moved to tomorrow while it waited for the lock', async () => {
    const id = await h.plan(['tomorrow'])
    const tomorrow = new Date(h.clock.now() + 86_400_000)
    let work: Promise<number> | undefined
    await h.db.transaction().execute(async (trx) => {
      await reschedulePublication(trx, { ...h.target(id), dueAt: tomorrow })
      work = h.engine().runDue()
      await pause(150)
    })
    await work
    expect(h.net.posts).toEqual([])
    expect(await h.read(id)).toMatchObject({ state: 'scheduled', next_at: tomorrow })
  })

  it('does not publish what was cancelled while it waited for the lock', async () => {
    const id = await h.plan(['gone'])
    let work: Promise<number> | undefined
    await h.db.transaction().execute(async (trx) => {
      await cancelPublication(trx, h.target(id))
      work = h.engine().runDue()
      await pause(150)
    })
    await work
    expect(h.net.posts).toEqual([])
    expect((await h.read(id)).state).toBe('cancelled')
  })
})

describe('leases that are renewed', () => {
  it('take nothing from an attempt that began while they were asked for', async () => {
    const inside = new Set<string>()
    let answer: () => void = () => {}
    const answered = new Promise<void>((r) => (answer = r))
    const network: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/posts') && init?.method === 'POST') {
        inside.add((JSON.parse(String(init.body)) as { text: string }).text)
        await answered
        init.signal?.throwIfAborted()
      }
      return fetch(input, init)
    }
    const e = h.engine('ask', { leaseMs: 30_000, fetch: network })
    await e.start()
    const atWork = async (text: string) => {
      e.wake()
      await expect
        .poll(async () => {
          // The gap between two looks is the clock's.
          await h.clock.advance(20)
          return inside.has(text)
        })
        .toBe(true)
    }
    const first = await h.plan(['first'])
    await atWork('first')
    const leased = (await h.read(first)).lease_until!
    let second = ''
    await h.db.transaction().execute(async (trx) => {
      await trx.selectFrom('publications').select('id').where('id', '=', first).forUpdate().execute()
      // The heartbeat asks, and waits for us.
      await h.clock.advance(10_000)
      await pause(100)
      second = await h.plan(['second'], { channel: channelB })
      await atWork('second')
    })
    await expect.poll(async () => (await h.read(first)).lease_until! > leased).toBe(true)
    answer()
    for (const id of [first, second]) await expect.poll(async () => (await h.read(id)).state).toBe('published')
    const attempts = await h.db.selectFrom('attempts').select('verdict').execute()
    expect(attempts.map((a) => a.verdict)).toEqual(['published', 'published'])
  })
})

describe('a channel connected again at the moment its old token is refused', () => {
  it('stays connected, and the publication goes out with the new token', async () => {
    h.net.next.push('401')
    const id = await h.plan(['kept'])
    h.net.during(async (path) => {
      if (path.endsWith('/posts')) h.token.generation = 2
    })
    await h.engine().runDue()
    const channel = await h.db.selectFrom('channels').select('state').where('id', '=', channelA).executeTakeFirst()
    expect(channel?.state).toBe('ok')
    expect((await h.read(id)).state).toBe('published')
    expect(h.net.posts).toEqual(['kept'])
  })

  it('does not keep the publication held when the person was between the two writes', async () => {
    h.net.next.push('401')
    const id = await h.plan(['between'])
    const mark = h.keeper.markReconnect
    h.keeper.markReconnect = async (channelId, reason, generation) => {
      const marked = await mark(channelId, reason, generation)
      await h.db.transaction().execute(async (trx) => {
        await trx.updateTable('channels').set({ state: 'ok' }).where('id', '=', channelId).execute()
        await releaseHeld(trx, channelId, new Date(h.clock.now()))
      })
      return marked
    }
    await h.engine().runDue()
    expect((await h.read(id)).state).toBe('published')
  })

  it('holds nothing when the person is just connecting it while the engine looks for broken channels', async () => {
    await h.db.updateTable('channels').set({ state: 'reconnect', state_reason: 'Over.' }).execute()
    const id = await h.plan(['just'])
    let work: Promise<number> | undefined
    await h.db.transaction().execute(async (trx) => {
      await trx.updateTable('channels').set({ state: 'ok', state_reason: null }).where('id', '=', channelA).execute()
      await releaseHeld(trx, channelA, new Date(h.clock.now()))
      // The engine still sees the broken channel; it has looked when it waits for our lock, or is done.
      work = h.engine().runDue()
      let over = false
      void work.finally(() => (over = true))
      const waits = sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%for update%'`
      await expect.poll(async () => over || (await waits.execute(h.db)).rows[0]!.n > 0, { timeout: 10_000 }).toBe(true)
    })
    await work
    await h.engine().runDue()
    expect((await h.read(id)).state).toBe('published')
  })

  it('is held with the reason when nobody connected it', async () => {
    h.keeper.grant = async () => {
      throw new PlatformFailure({ kind: 'reconnect', code: 'channel.reconnect', message: 'Over.' })
    }
    await h.db.updateTable('channels').set({ state: 'ok' }).execute()
    const id = await h.plan(['over'])
    h.net.during(async () => {})
    await h.db.updateTable('channels').set({ state: 'reconnect', state_reason: 'Over.' }).execute()
    await h.engine().runDue()
    expect(await h.read(id)).toMatchObject({ state: 'held', reason: 'reconnect', message: 'Over.' })
  })
})

describe('a database that stumbles right after the network answered', () => {
  it.each(['steps', 'publications'])('does not turn a known result into a lost answer (%s)', async (table) => {
    // One deadlock, at the write that carries the answer; a sequence counts also when its transaction rolls back.
    await sql`create sequence stumbles`.execute(h.db)
    const when =
      table === 'steps' ? `new.state = 'done' and new.key like 'create%'` : `new.state in ('published', 'failed')`
    await sql
      .raw(`create function stumble() returns trigger language plpgsql as $$ begin
        if nextval('stumbles') <= 1 then raise exception 'stumbled' using errcode = '40P01'; end if; return new; end $$;
        create trigger stumble before update on ${table} for each row when (${when}) execute function stumble()`)
      .execute(h.db)
    const id = await h.plan(['known', 'second'])
    await h.engine('never').runDue()
    expect((await h.read(id)).state).toBe('published')
    expect(h.net.posts).toEqual(['known', 'second'])
  })
})

describe('a publication that ends its worker every time', () => {
  const die = async (id: string) => {
    // What a claim leaves behind when its process is killed: the lease, and an attempt without an end.
    const e = h.engine('ask', { media: undefined as never })
    await e.runDue()
    h.clock.set(h.clock.now() + 31_000)
    return (await h.read(id)).state
  }

  it('is given up after five attempts, and a person may try again', async () => {
    const id = await h.plan(['poison'])
    await h.db
      .updateTable('publications')
      .set({ frozen: JSON.stringify({ segments: null, settings: {}, plan: [] }) })
      .where('id', '=', id)
      .execute()
    // Of what may be public already nothing is frozen anew.
    const now = new Date(h.clock.now())
    await h.db
      .insertInto('steps')
      .values({
        publication_id: id,
        key: 'create:0',
        position: 1,
        state: 'refused',
        first_begun_at: now,
        begun_at: now,
      })
      .execute()
    for (let i = 0; i < 5; i++) expect(await die(id)).toBe('publishing')
    await die(id)
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'gave-up' })
    await retryPublication(h.db, h.target(id))
    await h.engine().runDue()
    expect((await h.read(id)).state).toBe('published')
    expect(h.net.posts).toEqual(['poison'])
  })

  it('asks a person when an answer is missing', async () => {
    const id = await h.plan(['poison'])
    h.net.next.push('lost')
    await h.engine('never').runDue()
    await h.db
      .updateTable('publications')
      .set({
        state: 'publishing',
        next_at: new Date(h.clock.now()),
        frozen: JSON.stringify({ segments: null, settings: {}, plan: [] }),
      })
      .where('id', '=', id)
      .execute()
    for (let i = 0; i < 7; i++) await die(id)
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed', reason: 'gave-up' })
  })
})

describe('a picture that takes long to prepare', () => {
  it('keeps nothing else from going out', async () => {
    const slow = await h.plan(['slow'], { dueIn: 60_000 })
    await h.showPicture(slow, 'slow')
    const prepare_at = new Date(h.clock.now())
    await h.db.updateTable('publications').set({ prepare_at }).where('id', '=', slow).execute()
    // Started when all is written: rows are changed here as no command does it, beside whoever looks.
    let free: () => void = () => {}
    const stuck = new Promise<void>((r) => (free = r))
    const asked = new Promise<void>((resolve) => {
      const media = {
        renditionFor: async () => {
          resolve()
          await stuck
          throw new Error('no picture')
        },
        signedUrl: () => '',
      }
      void h.engine('ask', { media }).start()
    })
    await asked
    const id = await h.plan(['quick'])
    await h.database.pool.query(`select pg_notify('clarion_due', '')`)
    for (let i = 0; i < 6_000 && (await h.read(id)).state !== 'published'; i++) await pause(20)
    expect((await h.read(id)).state).toBe('published')
    free()
  })
})

describe('a database that lets wait for a lock', () => {
  it('is asked again about what the network answered, and the post is out once', async () => {
    const patience = { statementMs: 5_000, lockMs: 200, idleMs: 0, connectionMs: 0 }
    const slow = await toyHouse({ database: { patience } })
    const id = await slow.plan(['hello'])
    const other = await slow.database.pool.connect()
    const stumbles: string[] = []
    const engine = slow.engine('never', {
      fetch: async (input, init) => {
        const answer = await fetch(input, init)
        // Right after the network took it somebody holds the publication, until a write has given up once.
        await other.query('begin')
        await other.query('select 1 from publications where id = $1 for update', [id])
        return answer
      },
      log: {
        info: () => {},
        error: () => {},
        warn: (o, message) => {
          stumbles.push(`${(o as { err?: { code?: string } }).err?.code} ${message}`)
          void other.query('rollback')
        },
      },
    })
    await engine.runDue()
    other.release()
    expect([...new Set(stumbles)]).toEqual(['55P03 the database stumbled; writing it again'])
    expect(await slow.read(id)).toMatchObject({ state: 'published' })
    expect(slow.net.posts).toEqual(['hello'])
    await slow.close()
  })
})
