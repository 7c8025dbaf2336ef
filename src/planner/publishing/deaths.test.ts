/** Workers that die while they prepare or publish: how often, how long it holds a post up, and what is told. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Carry, Look } from '#infra/carrier.ts'
import { done, notYet, type StepContext, step, steps } from '#kit/client/steps.ts'
import { nearLeaseMs, preparingLease } from './ahead.ts'
import { reschedulePublication, retryPublication } from './commands.ts'
import type { MediaPort } from './deps.ts'
import { dropPrepared } from './prepared.ts'
import { type ToyHouse, type ToyOptions, toyHouse } from './testing.ts'

let h: ToyHouse
beforeAll(async () => {
  h = await toyHouse()
})
afterAll(() => h.close())
beforeEach(async () => {
  await h.db.deleteFrom('posts').execute()
  await h.db.updateTable('channels').set({ not_before: null, lease_token: null, lease_until: null }).execute()
})

const minute = 60_000
const leaseMs = 30_000
const pass = (ms: number) => h.clock.set(h.clock.now() + ms)

const send = (t: StepContext, path: string) =>
  t.http<{ id: string }>({ method: 'POST', url: `https://toy.test/${path}`, json: { text: t.segments[0]!.text } })
/** Its upload is a call, at which an engine can be made to die. */
const toy: ToyOptions = {
  again: 'ask',
  ahead: { upload: 3_600_000 },
  publish: steps(
    step('upload', { again: 'safe' }, async (t) => {
      await send(t, 'uploads')
      return done({ file: 1 })
    }),
    step('create', { again: 'never' }, async (t) => done({ id: (await send(t, 'posts')).body.id, url: null })),
  ),
}
const uploads = (text: string) => h.net.uploads.filter((x) => x === text).length
const out = (text: string) => h.net.posts.filter((x) => x === text).length
const told = async (id: string) =>
  (await h.db.selectFrom('journal').select('event').where('publication_id', '=', id).orderBy('id').execute()).map(
    (j) => j.event,
  )
/** Workers take it one after another, and die right after the network took the file. */
const killed = async (times: number, o: { ahead: boolean }) => {
  for (let i = 0; i < times; i++) {
    await h.die(toy, 0, true, o.ahead)
    pass(leaseMs + 1_000)
  }
}

describe('what ends its worker every time', () => {
  it('in preparing: is told after five, and tried neither again nor at its time, until a person asks for it', async () => {
    const id = await h.plan(['poison'], { dueIn: 14 * minute })
    await killed(5, { ahead: true })
    expect(uploads('poison')).toBe(5)
    await h.engine(toy).runAhead()
    expect(await h.read(id)).toMatchObject({ state: 'scheduled', prepare_at: null, lease_token: null })
    expect((await h.read(id)).forecast).toMatchObject([{ kind: 'prepare.gave-up', level: 'error' }])
    expect((await told(id)).at(-1)).toBe('prepare-failed')
    expect(await h.engine(toy).runAhead()).toBe(0)
    pass(14 * minute)
    await h.engine(toy).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'gave-up' })
    expect([uploads('poison'), out('poison')]).toEqual([5, 0])
    await retryPublication(h.db, h.target(id))
    await h.engine(toy).runDue()
    expect([(await h.read(id)).state, out('poison')]).toEqual(['published', 1])
  })
  it('an edit before its time has it prepared anew', async () => {
    const id = await h.plan(['edited'], { dueIn: 14 * minute })
    await killed(5, { ahead: true })
    await h.engine(toy).runAhead()
    await dropPrepared(h.db, sql`publications.id = ${id}`, 'changed', new Date(h.clock.now()))
    await h.engine(toy).runAhead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    expect((await h.read(id)).forecast).toEqual([])
  })
  it('in preparing and at its time: they are counted together', async () => {
    const id = await h.plan(['both'], { dueIn: 3 * minute })
    await killed(3, { ahead: true })
    pass(2 * minute)
    await killed(2, { ahead: false })
    expect([uploads('both'), (await h.read(id)).state]).toEqual([5, 'publishing'])
    await h.engine(toy).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'gave-up' })
    expect([uploads('both'), out('both')]).toEqual([5, 0])
  })
  it('a word in between begins the count anew', async () => {
    const id = await h.plan(['spoken'], { dueIn: 14 * minute })
    await killed(4, { ahead: true })
    await h.engine(toy).runAhead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    pass(14 * minute)
    await killed(1, { ahead: false })
    await h.engine(toy).runDue()
    // The create was begun by the one that died, and nobody can look: a person is asked, as ever.
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed', deaths: 1 })
  })
  it('a picture that ends its worker when it is only looked at is counted too', async () => {
    const id = await h.plan(['picture'], { dueIn: 14 * minute })
    await h.showPicture(id, 'picture')
    let opened = 0
    for (let i = 0; i < 8; i++) {
      await new Promise<void>((over) => {
        const media: MediaPort = {
          renditionFor: () => {
            opened++
            over()
            return new Promise(() => {})
          },
          signedUrl: () => '',
        }
        void h
          .doomedEngine(toy, { media })
          .runAhead()
          .then(() => over())
      })
      pass(leaseMs + 1_000)
    }
    expect(opened).toBe(5)
    expect((await h.read(id)).forecast).toMatchObject([{ kind: 'prepare.gave-up' }])
  })
  it('a process that is asked to end is no death: the next one goes on at once', async () => {
    const id = await h.plan(['stopped'], { dueIn: 10 * minute })
    let inside: () => void = () => {}
    const begun = new Promise<void>((r) => (inside = r))
    const slow: ToyOptions = {
      ...toy,
      publish: steps(
        step('upload', { again: 'safe' }, (t) => {
          inside()
          return new Promise((_, reject) => t.signal.addEventListener('abort', () => reject(new Error('aborted'))))
        }),
        toy.publish![1]!,
      ),
    }
    const e = h.engine(slow)
    await e.start()
    await begun
    await e.stop(0)
    expect(await h.read(id)).toMatchObject({ lease_token: null, deaths: 0 })
    await h.engine(toy).runAhead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
  })
})

describe('a process that is asked to end', () => {
  it('gives back what it publishes: no death, and the next one looks at once', async () => {
    const id = await h.plan(['laid down'])
    let inside: () => void = () => {}
    const begun = new Promise<void>((r) => (inside = r))
    let answer: () => void = () => {}
    const held = new Promise<void>((r) => (answer = r))
    h.net.during(async (path, method) => {
      if (method !== 'POST' || !path.endsWith('/posts')) return
      inside()
      await held
    })
    const e = h.engine('ask')
    await e.start()
    await begun
    await e.stop(0)
    expect(await h.read(id)).toMatchObject({ lease_token: null, deaths: 0, begun: true })
    h.net.during(undefined)
    answer()
    await expect.poll(() => out('laid down')).toBe(1)
    for (let i = 0; i < 5 && (await h.read(id)).state !== 'published'; i++) {
      await h.engine('ask').runDue()
      pass(2_000)
    }
    expect([await h.read(id), out('laid down')]).toMatchObject([{ state: 'published', deaths: 0 }, 1])
  })
})

describe('a worker that dies while it prepares', () => {
  /** A carrier without a sweep: who drives it jumps from one named instant to the next. */
  const driven = () => {
    const looks = new Map<string, Look>()
    const nothing = async () => {}
    const carry: Carry = (look, o) => {
      looks.set(o.name, look)
      return {
        start: nothing,
        stop: nothing,
        wake: () => {},
        free: () => {},
        aside: async () => () => {},
        crowded: () => false,
      }
    }
    return { carry, look: () => looks.get('publishing')!() }
  }
  it('delays the create by a third of a lease at most, and nothing has to be swept for it', async () => {
    for (const before of [50_000, 31_000, 29_000, 12_000, 9_000, 5_000, 3_000]) {
      const text = `killed ${before} ms before`
      const id = await h.plan([text], { dueIn: before })
      await h.die(toy, 0, true, true)
      const { carry, look } = driven()
      const e = h.engine(toy, {}, carry)
      for (let i = 0; i < 20; i++) {
        const at = await look()
        if (e.inFlight() > 0) break
        if (at && at.getTime() > h.clock.now()) h.clock.set(at.getTime())
      }
      await expect.poll(async () => (await h.read(id)).state, { timeout: 20_000 }).toBe('published')
      const { sent_at, due_at } = await h.read(id)
      const late = sent_at!.getTime() - due_at!.getTime()
      expect([before, late]).toEqual([before, Math.max(0, nearLeaseMs(leaseMs) - before)])
      expect(out(text)).toBe(1)
    }
  })
  it('its lease is never longer than a lease, never shorter than a third, and past the due time by a third at most', () => {
    const any = fc.tuple(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: -1e8, max: 1e8 }),
      fc.integer({ min: 3, max: 1e7 }),
    )
    fc.assert(
      fc.property(any, ([now, ahead, lease]) => {
        const until = preparingLease(now, now + ahead, lease)
        expect(until).toBeLessThanOrEqual(now + lease)
        expect(until).toBeGreaterThanOrEqual(now + lease / 3)
        expect(until).toBeLessThanOrEqual(Math.max(now + ahead, now + lease / 3))
      }),
    )
  })
})

describe('a move while it is being prepared', () => {
  it('is what the outcome is judged by', async () => {
    const id = await h.plan(['moved'], { dueIn: 10 * minute })
    const dueAt = new Date(h.clock.now() + 40 * minute)
    let during: () => Promise<number> = async () => minute
    const two: ToyOptions = {
      ...toy,
      ahead: { upload: 3 * 3_600_000, process: 3 * 3_600_000 },
      publish: steps(
        toy.publish![0]!,
        step('process', { again: 'safe' }, async () => {
          const ms = await during()
          return ms > 0 ? notYet(ms, 'working on it') : done()
        }),
        toy.publish![1]!,
      ),
    }
    await h.engine(two).runAhead()
    pass(minute)
    during = async () => {
      await reschedulePublication(h.db, { ...h.target(id), dueAt })
      return 12 * minute
    }
    await h.engine(two).runAhead()
    // Twelve minutes are past the old time and well before the new one.
    expect(await h.read(id)).toMatchObject({ due_at: dueAt, prepare_at: new Date(h.clock.now() + 12 * minute) })
    during = async () => 0
    pass(25 * minute)
    await h.engine(two).runAhead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    pass(14 * minute)
    await h.engine(two).runDue()
    expect([(await h.read(id)).state, uploads('moved'), out('moved')]).toEqual(['published', 1, 1])
  })
})
