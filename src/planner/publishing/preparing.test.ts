/** The real engine and a toy network: what runs ahead of the due time, and what becomes of it. */
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { topics } from '#infra/db/database.ts'
import { done, notYet, type StepContext, step, steps, unsure } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  cancelPublication,
  holdChannel,
  reschedulePublication,
  resolvePublication,
  unschedulePublications,
} from './commands.ts'
import { dropPrepared } from './prepared.ts'
import { channelA, type ToyHouse, type ToyOptions, toyHouse } from './testing.ts'

let h: ToyHouse
beforeAll(async () => {
  h = await toyHouse()
})
afterAll(() => h.close())

const minute = 60_000
/** What the upload is to meet, and how often it ran. */
type Met = 'done' | 'wait'
let meets: (t: StepContext) => Promise<Met> | Met
let uploads = 0
beforeEach(async () => {
  await h.db.deleteFrom('posts').execute()
  await h.db
    .updateTable('channels')
    .set({ state: 'ok', paused_at: null, not_before: null, lease_token: null, lease_until: null })
    .execute()
  meets = () => 'done'
  uploads = 0
})

const send = (t: StepContext, path: string) =>
  t.http<{ id: string }>({
    method: 'POST',
    url: `https://toy.test/${path}`,
    headers: { authorization: `Bearer ${t.grant.access}` },
    json: { text: t.segments[0]!.text },
  })
const toy: ToyOptions = {
  again: 'ask',
  ahead: { upload: 3_600_000 },
  publish: steps(
    step('upload', { again: 'safe' }, async (t) => {
      uploads++
      if ((await meets(t)) === 'wait') return notYet(5_000, 'working on it')
      await send(t, 'uploads')
      return done({ file: 1 })
    }),
    step('create', { again: 'never' }, async (t) => done({ id: (await send(t, 'posts')).body.id, url: null })),
  ),
}
const ahead = () => h.engine(toy).runAhead()
const due = () => h.engine(toy).runDue()
const pass = (ms: number) => h.clock.set(h.clock.now() + ms)
const story = async (id: string) =>
  (
    await h.db.selectFrom('journal').select(['event', 'data']).where('publication_id', '=', id).orderBy('id').execute()
  ).map((j) => ('why' in j.data ? `${j.event} ${j.data.why}` : j.event))
const out = (text: string) => h.net.posts.filter((x) => x === text).length

describe('what is due in a while', () => {
  it('is prepared, stays scheduled, and only the create is left for its second', async () => {
    const id = await h.plan(['calm'], { dueIn: 10 * minute })
    expect(await ahead()).toBe(1)
    expect(await h.read(id)).toMatchObject({ state: 'scheduled', begun: false, lease_token: null, attempt: 0 })
    expect((await h.read(id)).prepared_at).not.toBe(null)
    expect([h.net.uploads.at(-1), out('calm')]).toEqual(['calm', 0])
    expect(await due()).toBe(0)
    pass(10 * minute)
    await due()
    const p = await h.read(id)
    expect(p).toMatchObject({ state: 'published', lateness_ms: expect.any(Number) })
    expect(p.sent_at!.getTime() - p.due_at!.getTime()).toBeLessThan(1_000)
    expect([uploads, out('calm')]).toEqual([1, 1])
    expect(await story(id)).toEqual([
      'preparing',
      'step-begun',
      'step-done',
      'prepared',
      'attempt',
      'step-begun',
      'step-done',
      'published',
    ])
  })
  it('is not touched earlier than a quarter of an hour before, nor a second time', async () => {
    const id = await h.plan(['early'], { dueIn: 20 * minute })
    expect(await ahead()).toBe(0)
    pass(6 * minute)
    expect(await ahead()).toBe(1)
    expect(await ahead()).toBe(0)
    expect((await h.read(id)).prepare_at).toBe(null)
  })
  it('is not looked at again where nothing comes before the create', async () => {
    const id = await h.plan(['plain'], { dueIn: 10 * minute })
    expect(await h.engine({ ...toy, ahead: undefined }).runAhead()).toBe(0)
    expect(await h.read(id)).toMatchObject({ state: 'scheduled', prepare_at: null, prepared_at: null, frozen: null })
  })
  it('waits for the network without a failure, and goes on where it was', async () => {
    const id = await h.plan(['slow'], { dueIn: 10 * minute })
    meets = () => 'wait'
    await ahead()
    expect(await h.read(id)).toMatchObject({ state: 'scheduled', prepared_at: null, forecast: [], prepare_tries: 0 })
    pass(5_000)
    meets = () => 'done'
    await ahead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    expect(await story(id)).not.toContain('prepare-failed')
  })
  it('never keeps a due publication of its channel waiting', async () => {
    const later = await h.plan(['later'], { dueIn: 10 * minute })
    let free: () => void = () => {}
    const stuck = new Promise<void>((r) => (free = r))
    let inside: () => void = () => {}
    const begun = new Promise<void>((r) => (inside = r))
    meets = async (t): Promise<Met> => {
      if (t.segments[0]!.text !== 'later') return 'done'
      inside()
      await stuck
      return 'done'
    }
    const preparing = ahead()
    await begun
    const now = await h.plan(['now'])
    await due()
    expect((await h.read(now)).state).toBe('published')
    free()
    await preparing
    expect((await h.read(later)).prepared_at).not.toBe(null)
  })
  it('leaves half of what the network takes at once to what is due', async () => {
    const ids: string[] = []
    for (let i = 0; i < 12; i++) ids.push(await h.plan([`one of many ${i}`], { dueIn: 10 * minute }))
    let at = 0
    let most = 0
    let fifth: () => void = () => {}
    const five = new Promise<void>((r) => (fifth = r))
    meets = async (): Promise<Met> => {
      most = Math.max(most, ++at)
      if (at === 5) fifth()
      await five
      await new Promise((r) => setTimeout(r, 20))
      at--
      return 'done'
    }
    expect(await ahead()).toBe(12)
    // The toy's network takes ten at once.
    expect(most).toBe(5)
    for (const id of ids) expect((await h.read(id)).prepared_at).not.toBe(null)
  })
  it('counts as one of what the network takes at once', async () => {
    const later = await h.plan(['later'], { dueIn: 10 * minute })
    let [inside, free]: (() => void)[] = []
    const begun = new Promise<void>((r) => (inside = r))
    const stuck = new Promise<void>((r) => (free = r))
    meets = async (): Promise<Met> => {
      inside!()
      await stuck
      return 'done'
    }
    const e = h.engine({ ...toy, concurrency: 1 })
    const preparing = e.runAhead()
    await begun
    const now = await h.plan(['now'])
    expect(await e.runDue()).toBe(0)
    expect((await h.read(now)).state).toBe('scheduled')
    free!()
    await preparing
    expect(await e.runDue()).toBe(1)
    expect([(await h.read(now)).state, (await h.read(later)).prepared_at]).toEqual(['published', expect.any(Date)])
  })
  it('is told to the engine when its time is near: carriers that look ahead passed it over while it was held', async () => {
    const heard: string[] = []
    const stop = await h.database.listen(topics.due, (x) => heard.push(x))
    await h.plan(['near'], { dueIn: 10 * minute })
    meets = async (): Promise<Met> => {
      pass(10 * minute - 4_000)
      return 'done'
    }
    await h.engine(toy, { leaseMs: 3_600_000 }).runAhead()
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThan(0)
    await stop()
  })
  it('goes straight on when it is still at work at its due time', async () => {
    const id = await h.plan(['long'], { dueIn: 10 * minute })
    let free: () => void = () => {}
    const stuck = new Promise<void>((r) => (free = r))
    let inside: () => void = () => {}
    const begun = new Promise<void>((r) => (inside = r))
    meets = async (): Promise<Met> => {
      inside()
      await stuck
      return 'done'
    }
    const e = h.engine(toy, { leaseMs: 3_600_000 })
    const preparing = e.runAhead()
    await begun
    pass(11 * minute)
    expect(await due()).toBe(0)
    free()
    await preparing
    await due()
    expect([(await h.read(id)).state, uploads, out('long')]).toEqual(['published', 1, 1])
  })
})

describe('what is thrown away', () => {
  const prepared = async (text: string) => {
    const id = await h.plan([text], { dueIn: 10 * minute })
    await ahead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    return id
  }
  const kept = async (id: string) =>
    (await h.db.selectFrom('steps').select('key').where('publication_id', '=', id).execute()).map((s) => s.key)

  it('a cancel leaves nothing that could go out', async () => {
    const id = await prepared('cancelled')
    await cancelPublication(h.db, h.target(id))
    pass(11 * minute)
    await due()
    await ahead()
    expect([(await h.read(id)).state, await kept(id), out('cancelled')]).toEqual(['cancelled', [], 0])
    expect(await story(id)).toContain('prepare-dropped taken-back')
  })
  it('taken back to draft, and removed with its channel, likewise', async () => {
    const id = await prepared('draft')
    const { post_id } = await h.read(id)
    await h.db.transaction().execute((trx) => unschedulePublications(trx, post_id, new Date(h.clock.now())))
    expect(await h.read(id)).toMatchObject({ state: 'draft', prepared_at: null, frozen: null })
    const other = await prepared('gone')
    await h.db
      .transaction()
      .execute((trx) => holdChannel(trx, channelA, 'channel-removed', 'Gone.', new Date(h.clock.now())))
    expect(await h.read(other)).toMatchObject({ state: 'held', prepared_at: null, frozen: null })
    expect([await kept(id), await kept(other)]).toEqual([[], []])
    expect(await story(other)).toContain('prepare-dropped disconnected')
  })
  it('a move of hours begins anew; a small one keeps what is there', async () => {
    const id = await prepared('moved')
    await reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now() + 25 * minute) })
    expect([await kept(id), (await h.read(id)).prepared_at !== null]).toEqual([['upload'], true])
    await reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now() + 300 * minute) })
    expect([await kept(id), (await h.read(id)).prepared_at]).toEqual([[], null])
    expect(await story(id)).toContain('prepare-dropped moved')
    pass(290 * minute)
    await ahead()
    pass(10 * minute)
    await due()
    expect([uploads, out('moved')]).toEqual([2, 1])
  })
  const edit = (id: string, text: string) =>
    h.db
      .updateTable('publications')
      .set({ content: JSON.stringify({ segments: [{ text, mediaIds: [] }] }) })
      .where('id', '=', id)
      .execute()
  it('a move to a later time goes on with what had come to nothing in time', async () => {
    const id = await h.plan(['slow file'], { dueIn: 10 * minute })
    const two: ToyOptions = {
      ...toy,
      ahead: { upload: 3_600_000, process: 3_600_000 },
      publish: steps(
        toy.publish![0]!,
        step('process', { again: 'safe' }, async () => (working ? notYet(12 * minute, 'working on it') : done())),
        toy.publish![1]!,
      ),
    }
    let working = true
    await h.engine(two).runAhead()
    await reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now() + 30 * minute) })
    working = false
    pass(16 * minute)
    await h.engine(two).runAhead()
    expect([uploads, (await h.read(id)).prepared_at !== null]).toEqual([1, true])
  })
  it('an edit prepares the new words, and the old ones never go out', async () => {
    const id = await prepared('old words')
    await edit(id, 'new words')
    await dropPrepared(h.db, sql`publications.id = ${id}`, 'changed', new Date(h.clock.now()))
    expect(await kept(id)).toEqual([])
    await ahead()
    pass(10 * minute)
    await due()
    expect([out('old words'), out('new words'), h.net.uploads.at(-1)]).toEqual([0, 1, 'new words'])
    expect(await story(id)).toContain('prepare-dropped changed')
  })
  it('a change nobody told of is seen at the due time', async () => {
    const id = await prepared('as it was')
    await edit(id, 'as it is')
    pass(10 * minute)
    await due()
    expect([out('as it was'), out('as it is'), uploads]).toEqual([0, 1, 2])
    expect(await story(id)).toContain('prepare-dropped changed')
  })
  it('what ended its life on the network meanwhile is made again', async () => {
    const id = await prepared('expired')
    await h.db
      .updateTable('channels')
      .set({ paused_at: new Date(h.clock.now()) })
      .execute()
    pass(58 * minute)
    await due()
    await h.db.updateTable('channels').set({ paused_at: null }).execute()
    await due()
    expect([(await h.read(id)).state, uploads, out('expired')]).toEqual(['published', 2, 1])
    expect(await story(id)).toContain('prepare-dropped expired')
  })
  it('what ended its life while the create waited for a rate limit is made again', async () => {
    const brief: ToyOptions = { ...toy, ahead: { upload: 30 * minute } }
    const id = await h.plan(['slow'], { dueIn: 10 * minute })
    await h.engine(brief).runAhead()
    h.net.retryAfter('1500')
    h.net.next.push('429')
    pass(10 * minute)
    await h.engine(brief).runDue()
    h.net.retryAfter('30')
    expect([(await h.read(id)).state, uploads]).toEqual(['waiting', 1])
    pass(26 * minute)
    await h.engine(brief).runDue()
    expect([(await h.read(id)).state, uploads, out('slow')]).toEqual(['published', 2, 1])
    expect(await story(id)).toContain('prepare-dropped expired')
  })
  it('what ended its life while a person was asked is made again, as it was', async () => {
    const id = await prepared('asked')
    h.net.next.push('lost-before')
    pass(10 * minute)
    await due()
    expect([(await h.read(id)).state, uploads]).toEqual(['unconfirmed', 1])
    pass(5 * minute)
    await edit(id, 'other words')
    pass(120 * minute)
    await resolvePublication(h.db, { ...h.target(id), again: true })
    await due()
    expect([(await h.read(id)).state, uploads, out('asked'), out('other words')]).toEqual(['published', 2, 1, 0])
  })
  it('nothing is made again while an answer is missing', async () => {
    const id = await h.plan(['doubt'], { dueIn: 10 * minute })
    const looked: ToyOptions = {
      ...toy,
      publish: steps(
        toy.publish![0]!,
        step('create', { again: 'ask', witness: async () => unsure('not shown') }, async (t) =>
          done({ id: (await send(t, 'posts')).body.id, url: null }),
        ),
      ),
    }
    await h.engine(looked).runAhead()
    h.net.next.push('lost')
    pass(10 * minute)
    await h.engine(looked).runDue()
    pass(120 * minute)
    await h.engine(looked).runDue()
    expect([uploads, out('doubt'), (await story(id)).includes('prepare-dropped expired')]).toEqual([1, 1, false])
  })
  it('what the network is still at work on is not made anew for its age', async () => {
    const id = await h.plan(['patience'], { dueIn: 14 * minute })
    const working: ToyOptions = {
      ...toy,
      ahead: { upload: 30 * minute, process: 30 * minute },
      publish: steps(
        step('upload', { again: 'safe' }, async () => {
          uploads++
          return done({ file: 1 })
        }),
        step('process', { again: 'safe', atMostMs: 5 * 60 * minute }, async (t) =>
          (await meets(t)) === 'wait' ? notYet(minute, 'working on it') : done(),
        ),
        step('create', { again: 'never' }, async (t) => done({ id: (await send(t, 'posts')).body.id, url: null })),
      ),
    }
    meets = () => 'wait'
    for (let i = 0; i < 50; i++) {
      await h.engine(working).runAhead()
      await h.engine(working).runDue()
      pass(minute)
    }
    expect([uploads, (await h.read(id)).state]).toEqual([1, 'waiting'])
    meets = () => 'done'
    await h.engine(working).runDue()
    expect([(await h.read(id)).state, uploads, out('patience')]).toEqual(['published', 1, 1])
  })
  it('a person who cancels while it is being prepared is obeyed', async () => {
    const id = await h.plan(['midway'], { dueIn: 10 * minute })
    meets = async (): Promise<Met> => {
      await cancelPublication(h.db, h.target(id))
      return 'done'
    }
    await ahead()
    pass(11 * minute)
    await due()
    expect([(await h.read(id)).state, await kept(id), out('midway')]).toEqual(['cancelled', [], 0])
  })
})

describe('a preparing that does not come through', () => {
  const refuse = (kind: 'refused-media' | 'try-later' | 'reconnect') => async () => {
    throw new PlatformFailure({ kind, code: `toy.${kind}`, message: `It said ${kind}.` })
  }
  it('is told before the due time, and tried once more at it', async () => {
    const id = await h.plan(['refused'], { dueIn: 10 * minute })
    meets = refuse('refused-media')
    await ahead()
    const p = await h.read(id)
    expect(p).toMatchObject({ state: 'scheduled', prepare_at: null, tries: 0 })
    expect(p.forecast).toMatchObject([
      { kind: 'prepare.failed', level: 'error', params: { why: 'It said refused-media.' } },
    ])
    pass(10 * minute)
    await due()
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'toy.refused-media' })
    expect([uploads, out('refused')]).toEqual([2, 0])
  })
  it('is tried again while there is time, and the warning goes when it works', async () => {
    const id = await h.plan(['later'], { dueIn: 14 * minute })
    meets = refuse('try-later')
    await ahead()
    expect((await h.read(id)).forecast).toMatchObject([{ kind: 'prepare.trouble', level: 'warning' }])
    meets = () => 'done'
    pass(5 * minute)
    await ahead()
    expect(await h.read(id)).toMatchObject({ forecast: [], prepare_tries: 0 })
    expect((await h.read(id)).prepared_at).not.toBe(null)
  })
  it('shows the channel as to reconnect before anything is due', async () => {
    const id = await h.plan(['dead token'], { dueIn: 14 * minute })
    meets = refuse('reconnect')
    await ahead()
    const channel = await h.db
      .selectFrom('channels')
      .select('state')
      .where('id', '=', channelA)
      .executeTakeFirstOrThrow()
    expect(channel.state).toBe('reconnect')
    expect((await h.read(id)).forecast).toMatchObject([{ kind: 'prepare.failed' }])
    await h.db.updateTable('channels').set({ state: 'ok' }).execute()
    meets = () => 'done'
    pass(2 * minute)
    await ahead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
  })
  it('leaves what was killed in the middle to the next worker', async () => {
    const id = await h.plan(['killed'], { dueIn: 10 * minute })
    let inside: () => void = () => {}
    const begun = new Promise<void>((r) => (inside = r))
    meets = (t) => {
      inside()
      return new Promise((_, reject) => t.signal.addEventListener('abort', () => reject(new Error('gone'))))
    }
    void h.engine(toy).runAhead()
    await begun
    meets = () => 'done'
    expect(await ahead()).toBe(0)
    pass(31_000)
    expect(await ahead()).toBe(1)
    pass(10 * minute)
    await due()
    expect([(await h.read(id)).state, out('killed')]).toEqual(['published', 1])
  })
})
