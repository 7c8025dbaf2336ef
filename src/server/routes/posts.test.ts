/** Posts and publications over HTTP: ETags, roles, Problems and bad input, from the door to the database. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { versionOf } from '#contract/etag.ts'
import { manualClock } from '#infra/clock.ts'
import { topics } from '#infra/db/database.ts'
import { createCalling } from '#planner/channels/calling.ts'
import { createChannelHttp } from '#planner/channels/http.ts'
import { createPosts } from '#planner/posts/service.ts'
import { seeder, toyNetworks } from '#planner/posts/testing.ts'
import { createEdit } from '#planner/published/edit.ts'
import { createTakeDown } from '#planner/published/take-down.ts'
import { type Call, type TestApp, testApp } from '../testing.ts'
import { registerPosts } from './posts.ts'
import { registerPublications } from './publications.ts'

const clock = manualClock(Date.UTC(2027, 2, 1, 12, 0, 0))
const { platforms, removals } = toyNetworks()
let t: TestApp
let seed: ReturnType<typeof seeder>
let channel: string

beforeAll(async () => {
  t = await testApp({
    clock,
    register: ({ database: { db } }) => {
      const posts = createPosts({ db, clock, platforms })
      const held = { grant: { access: 'token' }, credentials: {}, generation: 1 }
      const keeper = { grant: async () => held, renew: async () => held, markReconnect: async () => true }
      const http = createChannelHttp({ platforms, sandboxUrl: null, clock })
      const call = createCalling({ db, clock, platforms, http, keeper })
      const takeDown = createTakeDown({ db, clock, platforms, call })
      const edit = createEdit({ db, clock, platforms, call })
      return (bind) => {
        registerPosts(bind, { posts })
        registerPublications(bind, { db, clock, posts, takeDown, edit })
      }
    },
  })
  seed = seeder(t.database.db, clock)
})
beforeEach(async () => {
  channel = await seed.channel(t.ws)
})
afterAll(() => t.close())

type Shown = {
  id: string
  version: number
  state: string
  content: unknown
  dueAt: string | null
  publications: { id: string; state: string }[]
}
const body = (text = 'Hello', channels: string[] = [channel]) => ({
  content: { segments: [{ text }] },
  publications: channels.map((channelId) => ({ channelId })),
})
const write = async (text?: string, channels?: string[]) => {
  const r = await t.call('postCreate', { body: body(text, channels) })
  expect(r.status).toBe(201)
  return { post: r.body as unknown as Shown, etag: String(r.headers.etag) }
}
const on = (id: string) => ({ params: { id } })
const inAnHour = () => ({ at: new Date(clock.now() + 3_600_000).toISOString() })
const engine = (id: string, values: Record<string, unknown>) =>
  t.database.db.updateTable('publications').set(values).where('id', '=', id).execute()

describe('ETags', () => {
  test('a post is created with one, read with one, and changes only with it', async () => {
    const { post, etag } = await write()
    expect((await t.call('postGet', on(post.id))).headers.etag).toBe(etag)
    expect((await t.call('postPut', { ...on(post.id), body: body('b') })).problem).toMatchObject({
      status: 428,
      code: 'version-required',
    })
    const put = await t.call('postPut', { ...on(post.id), body: body('b'), ifMatch: etag })
    expect([put.status, put.headers.etag !== etag]).toEqual([200, true])
    expect((await t.call('postPut', { ...on(post.id), body: body('c'), ifMatch: etag })).problem).toMatchObject({
      status: 412,
      code: 'version-mismatch',
    })
  })

  test('tell every change of the body, also what the engine did, and name the version a person changes', async () => {
    const { post, etag } = await write()
    const id = post.publications[0]!.id
    const planned = await t.call('postSchedule', { ...on(post.id), body: { at: '2027-06-01T08:00:00Z' } })
    const tags = [etag, planned.headers.etag]
    await engine(id, { state: 'waiting', reason: 'processing', message: 'It is being processed.' })
    tags.push((await t.call('postGet', on(post.id))).headers.etag)
    await engine(id, { state: 'scheduled', permalink: 'https://net.example/2' })
    tags.push((await t.call('postGet', on(post.id))).headers.etag)
    expect(new Set(tags).size).toBe(4)
    expect((await t.call('postGet', on(post.id))).headers.etag).toBe(tags[3])
    // What the engine did does not make a person's edit stale.
    const put = await t.call('postPut', { ...on(post.id), body: body('b'), ifMatch: String(tags[2]) })
    expect(put.status).toBe(200)
  })

  test('If-Match is honoured by the commands of a publication', async () => {
    const { post } = await write()
    await t.call('postSchedule', { ...on(post.id), body: { at: '2027-06-01T08:00:00Z' } })
    const id = post.publications[0]!.id
    const etag = String((await t.call('publicationGet', on(id))).headers.etag)
    const moved = await t.call('publicationReschedule', {
      ...on(id),
      body: { at: '2027-04-01T08:00:00Z' },
      ifMatch: etag,
    })
    expect(moved.status).toBe(200)
    for (const name of ['publicationReschedule', 'publicationCancel'] as const) {
      const call = {
        ...on(id),
        ...(name === 'publicationCancel' ? {} : { body: { at: '2027-06-01T08:00:00Z' } }),
        ifMatch: etag,
      }
      expect((await t.call(name, call)).problem?.code).toBe('version-mismatch')
    }
    expect((await t.call('publicationCancel', { ...on(id), ifMatch: String(moved.headers.etag) })).status).toBe(200)
  })

  test('of two PUTs with one ETag one wins, and what it wrote stays', async () => {
    const { post, etag } = await write()
    const both = await Promise.all(
      ['left', 'right'].map((text) => t.call('postPut', { ...on(post.id), body: body(text), ifMatch: etag })),
    )
    expect(both.map((r) => r.status).sort()).toEqual([200, 412])
    const won = both.find((r) => r.status === 200)!
    expect((await t.call('postGet', on(post.id))).body.content).toEqual(won.body.content)
  })

  test('a repeated write with one Idempotency-Key makes one post', async () => {
    const send = () => t.call('postCreate', { body: body('once'), idempotencyKey: 'same-key-1' })
    const [first, second] = [await send(), await send()]
    expect(second.body.id).toBe(first.body.id)
    expect((await t.call('postCreate', { body: body('other'), idempotencyKey: 'same-key-1' })).problem?.code).toBe(
      'idempotency-mismatch',
    )
  })
})

describe('a life over HTTP', () => {
  test('written, scheduled, moved, taken back, deleted', async () => {
    const { post } = await write()
    const planned = await t.call('postSchedule', { ...on(post.id), body: { wallTime: '2027-03-02T09:30' } })
    expect(planned.body).toMatchObject({
      state: 'scheduled',
      dueAt: '2027-03-02T08:30:00.000Z',
      wallTime: '2027-03-02T09:30',
      timeZone: 'Europe/Warsaw',
    })
    expect(planned.headers.etag).toBeDefined()
    const id = post.publications[0]!.id
    const moved = await t.call('publicationReschedule', { ...on(id), body: inAnHour() })
    expect(moved.body).toMatchObject({ id, state: 'scheduled', dueAt: inAnHour().at })
    expect(
      (await t.call('postList', { query: { from: '2027-03-01T00:00:00Z', to: '2027-03-03T00:00:00Z' } })).body.items,
    ).toMatchObject([{ id: post.id }])
    const copy = await t.call('postDuplicate', on(post.id))
    expect([copy.status, versionOf(String(copy.headers.etag)), copy.body.state]).toEqual([201, 1, 'draft'])
    expect((await t.call('postUnschedule', on(post.id))).body).toMatchObject({ state: 'draft', dueAt: null })
    expect((await t.call('postRemove', on(post.id))).body).toEqual({ ok: true })
    expect((await t.call('postGet', on(post.id))).problem?.code).toBe('not-found')
  })

  test('a publication is cancelled, tried again, told as a story; too late is said', async () => {
    const { post } = await write()
    const id = post.publications[0]!.id
    await t.call('postSchedule', { ...on(post.id), body: inAnHour() })
    expect((await t.call('publicationCancel', on(id))).body.state).toBe('cancelled')
    expect((await t.call('publicationRetry', on(id))).body.state).toBe('scheduled')
    const told = await t.call('publicationGet', on(id))
    expect((told.body as unknown as { journal: { event: string }[] }).journal.map((j) => j.event)).toEqual([
      'scheduled',
      'cancelled',
      'person-retry',
    ])
    expect(told.headers.etag).toBeDefined()
    await engine(id, { state: 'publishing', begun: true })
    expect((await t.call('publicationCancel', on(id))).problem).toMatchObject({ status: 409, code: 'cannot-cancel' })
    expect((await t.call('postRemove', on(post.id))).problem?.code).toBe('conflict')
  })

  test('an unconfirmed publication is settled by a person, a published one taken down', async () => {
    const { post } = await write()
    const id = post.publications[0]!.id
    await engine(id, { state: 'unconfirmed', begun: true, due_at: new Date(clock.now()), attempt: 1 })
    const now = new Date(clock.now())
    await t.database.db
      .insertInto('steps')
      .values({
        publication_id: id,
        key: 'create',
        position: 0,
        state: 'unknown',
        first_begun_at: now,
        begun_at: now,
        ended_at: null,
      })
      .execute()
    // It would run in the browser of whoever clicks it.
    for (const permalink of ['javascript:alert(1)', 'data:text/html,x', 'ftp://net.example/1'])
      expect(
        (await t.call('publicationResolve', { ...on(id), body: { there: true, permalink } })).problem?.code,
        permalink,
      ).toBe('validation')
    const events: unknown[] = []
    const stop = await t.database.listen(topics.live, (payload) => events.push(JSON.parse(payload || '{}')))
    const settled = await t.call('publicationResolve', {
      ...on(id),
      body: { there: true, permalink: 'https://net.example/1' },
    })
    expect(settled.body).toMatchObject({ state: 'published', permalink: 'https://net.example/1' })
    await expect
      .poll(() => events)
      .toContainEqual(expect.objectContaining({ kind: 'publication', id, state: 'published' }))
    expect(events).not.toContainEqual(expect.objectContaining({ kind: 'publication', id, state: 'waiting' }))
    await stop()
    expect((await t.call('publicationResolve', { ...on(id), body: { again: true } })).problem?.code).toBe('conflict')
    // A person said it is there; the network never told an id to take down.
    expect((await t.call('publicationRemove', on(id))).problem?.code).toBe('conflict')
    await t.database.db
      .updateTable('steps')
      .set({ checkpoint: '{"id":"7","url":null}' })
      .where('publication_id', '=', id)
      .execute()
    expect((await t.call('publicationRemove', on(id))).body).toMatchObject({
      state: 'published',
      reason: 'removed',
      permalink: null,
      removedAt: now.toISOString(),
    })
    const down = { ...on(post.id) }
    expect((await t.call('postGet', down)).body).toMatchObject({
      state: 'removed',
      publications: [{ permalink: null }],
    })
    const idsOf = async (state: string) =>
      ((await t.call('postList', { query: { state } })).body.items as unknown as { id: string }[]).map((p) => p.id)
    expect(await idsOf('removed')).toContain(post.id)
    expect(await idsOf('published')).not.toContain(post.id)
    expect(removals.ids).toContain('7')
  })

  test('preflight answers per channel without saving, wrong settings included', async () => {
    const r = await t.call('postPreflight', {
      body: { ...body('x'.repeat(101)), publications: [{ channelId: channel, settings: { audience: 'nobody' } }] },
    })
    const [first] = (r.body as unknown as { channels: { channelId: string; findings: { rule: string }[] }[] }).channels
    expect([first!.channelId, first!.findings.map((f) => f.rule)]).toEqual([
      channel,
      ['plain.text.length', 'plain.settings.audience'],
    ])
  })
})

describe('what is refused', () => {
  const refused = async (name: Parameters<TestApp['call']>[0], call: Call) => {
    const { problem } = await t.call(name, call)
    return problem && `${problem.status} ${problem.code}`
  }

  test('1,000 channels on one post', async () => {
    const r = await t.call('postCreate', {
      body: body(
        'x',
        Array.from({ length: 1000 }, () => crypto.randomUUID()),
      ),
    })
    expect(r.problem).toMatchObject({ status: 422, code: 'too-many-channels' })
    expect(r.problem?.detail).toContain('100')
  })

  test('a time in a DST gap, with a time that exists; a time in the past', async () => {
    const { post } = await write()
    const r = await t.call('postSchedule', { ...on(post.id), body: { wallTime: '2027-03-28T02:30' } })
    expect(r.problem).toMatchObject({ status: 422, code: 'time-gap', suggestion: '2027-03-28T03:30' })
    expect(await refused('postSchedule', { ...on(post.id), body: { at: '2027-02-28T12:00:00Z' } })).toBe(
      '422 time-past',
    )
    expect(
      await refused('publicationReschedule', {
        ...on(post.publications[0]!.id),
        body: { wallTime: '2027-03-28T02:30' },
      }),
    ).toBe('422 time-gap')
    for (const when of [
      {},
      { wallTime: 'tomorrow' },
      { at: '2027-05-01' },
      { now: false },
      { now: true, at: '2027-05-01T00:00:00Z' },
      { wallTime: '2027-02-30T10:00' },
    ])
      expect(await refused('postSchedule', { ...on(post.id), body: when })).toBe('400 validation')
    const day = await t.call('postSchedule', { ...on(post.id), body: { at: '2027-05-01' } })
    expect(day.problem?.errors).toEqual([{ path: 'at', message: expect.stringContaining('a day without a time') }])
  })

  test('a schedule a network would refuse, with findings', async () => {
    const { post } = await write('x'.repeat(101))
    const r = await t.call('postSchedule', { ...on(post.id), body: inAnHour() })
    expect(r.problem).toMatchObject({
      status: 422,
      code: 'preflight',
      findings: [{ channelId: channel, rule: 'plain.text.length', level: 'error' }],
    })
  })

  test('cursors and queries that are not ours', async () => {
    for (let i = 0; i < 3; i++) await write(`page ${i}`)
    const page = await t.call('postList', { query: { limit: 1 } })
    const cursor = String(page.body.nextCursor)
    expect((await t.call('postList', { query: { limit: 1, cursor } })).status).toBe(200)
    const changed = `${cursor.slice(0, 5)}${cursor[5] === 'A' ? 'B' : 'A'}${cursor.slice(6)}`
    expect(await refused('postList', { query: { cursor: changed } })).toBe('400 bad-cursor')
    expect(await refused('postList', { query: { cursor, from: '2027-01-01T00:00:00Z' } })).toBe('400 bad-cursor')
    expect(await refused('postList', { query: { limit: 101 } })).toBe('400 validation')
    expect(await refused('postList', { query: { state: 'lost' } })).toBe('400 validation')
    expect(await refused('postList', { query: { q: 'a\u0000b' } })).toBe('400 bad-encoding')
  })

  test("another workspace's ids, whoever asks and wherever they stand", async () => {
    const other = await t.stranger()
    const theirs = await seed.channel(other.ws)
    const { post } = await write()
    const id = post.publications[0]!.id
    const named = await t.call('postCreate', { body: body('x', [theirs]) })
    expect(named.problem).toMatchObject({
      status: 404,
      code: 'not-found',
      errors: [{ path: 'publications.0.channelId' }],
    })
    const as = { cookie: other.cookie }
    for (const params of [
      { ws: t.ws, id: post.id },
      { ws: other.ws, id: post.id },
    ]) {
      expect(await refused('postGet', { params, as })).toBe('404 not-found')
      expect(await refused('postPut', { params, as, body: body('x', []), ifMatch: '"v1"' })).toBe('404 not-found')
      expect(await refused('postSchedule', { params, as, body: { now: true } })).toBe('404 not-found')
      expect(await refused('postUnschedule', { params, as })).toBe('404 not-found')
      expect(await refused('postRemove', { params, as })).toBe('404 not-found')
      expect(await refused('postDuplicate', { params, as })).toBe('404 not-found')
    }
    for (const name of ['publicationGet', 'publicationCancel', 'publicationRetry', 'publicationRemove'] as const)
      expect(await refused(name, { params: { ws: other.ws, id }, as })).toBe('404 not-found')
    expect(await refused('publicationReschedule', { params: { ws: other.ws, id }, as, body: { now: true } })).toBe(
      '404 not-found',
    )
    expect(await refused('publicationResolve', { params: { ws: other.ws, id }, as, body: { again: true } })).toBe(
      '404 not-found',
    )
    expect((await t.call('postGet', on(post.id))).body).toMatchObject({ version: 1, state: 'draft' })
  })

  test('a viewer who writes, and a key without the scope', async () => {
    const { post } = await write()
    const viewer = { cookie: (await t.person('viewer')).cookie }
    expect((await t.call('postGet', { ...on(post.id), as: viewer })).status).toBe(200)
    expect(await refused('postCreate', { body: body(), as: viewer })).toBe('403 forbidden')
    expect(await refused('postDuplicate', { ...on(post.id), as: viewer })).toBe('403 forbidden')
    const { key } = await t.key(['read', 'write'])
    expect((await t.call('postCreate', { body: body(), as: { key } })).body).toMatchObject({
      author: { id: t.owner.userId },
    })
    expect(await refused('postSchedule', { ...on(post.id), body: { now: true }, as: { key } })).toBe(
      '403 scope-missing',
    )
  })
})
