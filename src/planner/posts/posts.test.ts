/** The rules of drafts, edits, times, deletions and forecasts on a real database. Over 500 lines because one world (a workspace, two channels, a clock) serves them all. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultLatePolicy } from '#contract/people.ts'
import type { Post, PostInput, ScheduleInput } from '#contract/posts.ts'
import { Problem, type ProblemCode } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { topics } from '#infra/db/database.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { cancelPublication } from '../publishing/commands.ts'
import { createPosts, type Posts } from './service.ts'
import { input, seeder, toyNetworks } from './testing.ts'

const clock = manualClock(Date.UTC(2027, 2, 1, 12, 0, 0))
const hour = 3_600_000
let t: TestDatabase
let posts: Posts
let seed: ReturnType<typeof seeder>
let ws: { id: string; timeZone: string }
let author: string
let a: string
let b: string

beforeAll(async () => {
  t = await testDatabase()
  seed = seeder(t.db, clock)
  author = await seed.user()
  posts = createPosts({ db: t.db, clock, platforms: toyNetworks().platforms })
})
beforeEach(async () => {
  clock.set(Date.UTC(2027, 2, 1, 12, 0, 0))
  ws = await seed.workspace()
  a = await seed.channel(ws.id)
  b = await seed.channel(ws.id)
})
afterAll(() => t.drop())

const refused = async (run: Promise<unknown>): Promise<Problem> => {
  try {
    await run
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was not refused')
}
const codeOf = async (run: Promise<unknown>): Promise<ProblemCode> => (await refused(run)).code
const create = (i: PostInput) => posts.create(ws, author, i)
const at = (ms: number): ScheduleInput => ({ at: new Date(clock.now() + ms).toISOString() })
const schedule = (p: Post, when: ScheduleInput = at(hour)) => posts.schedule(ws, p.id, when, null)
const on = (p: Post, channelId: string) => p.publications.find((x) => x.channelId === channelId)!
/** What the engine would leave behind. */
const engine = (id: string, values: Record<string, unknown>) =>
  t.db.updateTable('publications').set(values).where('id', '=', id).execute()

describe('a draft', () => {
  test('comes back as it was written, by whom, with settings filled in and their version kept', async () => {
    const media = await seed.media(ws.id)
    const content = {
      segments: [
        { text: 'one 👋🏽', mediaIds: [media] },
        { text: 'two', mediaIds: [] },
      ],
      firstComment: 'hi',
    }
    const own = { segments: [{ text: 'own', mediaIds: [] }] }
    const p = await create({
      content,
      publications: [
        { channelId: b, content: own, settings: { audience: 'friends' } },
        { channelId: a, content: null, settings: {} },
      ],
      tags: ['x', 'y'],
      latePolicy: { ...defaultLatePolicy, maxLateMs: 5 },
    })
    expect(p).toMatchObject({
      content,
      state: 'draft',
      dueAt: null,
      wallTime: null,
      tags: ['x', 'y'],
      latePolicy: { ...defaultLatePolicy, maxLateMs: 5 },
      author: { id: author, name: 'Ada' },
      version: 1,
    })
    expect(p.publications.map((x) => [x.channelId, x.content, x.settings, x.state])).toEqual([
      [b, own, { audience: 'friends' }, 'draft'],
      [a, null, { audience: 'all' }, 'draft'],
    ])
    expect(await posts.get(ws, p.id)).toEqual(p)
    const rows = await t.db.selectFrom('publications').select('settings_version').where('post_id', '=', p.id).execute()
    expect(rows.map((r) => r.settings_version)).toEqual([3, 3])
  })

  test('is made of any post by duplicating it: what it says, for the channels still there, and nothing of its story', async () => {
    const media = await seed.media(ws.id)
    const content = { segments: [{ text: 'Again', mediaIds: [media] }], firstComment: 'hi' }
    const own = { segments: [{ text: 'own', mediaIds: [] }] }
    const publications = [
      { channelId: b, content: own, settings: { audience: 'friends' } },
      { channelId: a, content: null, settings: {} },
    ]
    const p = await create({ content, publications, tags: ['x'], latePolicy: { ...defaultLatePolicy, maxLateMs: 5 } })
    await schedule(p)
    await engine(on(p, b).id, {
      state: 'published',
      begun: true,
      external_id: '1',
      published_at: new Date(clock.now()),
    })
    const made = await posts.duplicate(ws, author, p.id)
    expect(made.id).not.toBe(p.id)
    expect(made).toMatchObject({
      content,
      state: 'draft',
      dueAt: null,
      tags: ['x'],
      latePolicy: p.latePolicy,
      version: 1,
    })
    expect(made.publications.map((x) => [x.channelId, x.content, x.settings, x.state, x.externalId])).toEqual([
      [b, own, { audience: 'friends' }, 'draft', null],
      [a, null, { audience: 'all' }, 'draft', null],
    ])
    // Disconnected meanwhile: left out. Deleted meanwhile: kept by name, and preflight tells.
    await t.db
      .updateTable('channels')
      .set({ removed_at: new Date(clock.now()) })
      .where('id', '=', b)
      .execute()
    await t.db
      .updateTable('media')
      .set({ deleted_at: new Date(clock.now()) })
      .where('id', '=', media)
      .execute()
    const later = await posts.duplicate(ws, author, p.id)
    expect(later.publications.map((x) => x.channelId)).toEqual([a])
    expect(later.content).toEqual(content)
    expect(await codeOf(posts.schedule(ws, later.id, at(hour), null))).toBe('preflight')
    expect(await codeOf(posts.duplicate(ws, author, crypto.randomUUID()))).toBe('not-found')
    const elsewhere = await seed.workspace()
    expect(await codeOf(posts.duplicate(elsewhere, author, p.id))).toBe('not-found')
  })

  test('may lack settings a network needs, but not have wrong ones', async () => {
    const board = await seed.channel(ws.id, 'board')
    const withSettings = (settings: Record<string, unknown>) =>
      input('x', [], { publications: [{ channelId: board, content: null, settings }] })
    expect(on(await create(withSettings({})), board).settings).toEqual({})
    expect(on(await create(withSettings({ board: '' })), board).settings).toEqual({ board: '' })
    const p = await refused(create(withSettings({ note: 'far too long' })))
    expect([p.code, p.extra.errors?.[0]?.path]).toEqual(['validation', 'publications.0.settings.note'])
    // A typo is told by its name, with the names that are known.
    const typo = await refused(create(withSettings({ baord: 'x' })))
    expect(typo.extra.errors).toEqual([
      { path: 'publications.0.settings.baord', message: expect.stringMatching(/^is not known here; known: .*board/) },
    ])
    expect(await codeOf(create(withSettings({ board: 'b', boardd: 'typo' })))).toBe('validation')
  })

  test('takes at most 100 channels: 1,000 are refused by name of the limit', async () => {
    const p = await refused(
      create(
        input(
          'x',
          Array.from({ length: 1000 }, () => crypto.randomUUID()),
        ),
      ),
    )
    expect(p.code).toBe('too-many-channels')
    expect(p.message).toMatch(/1000.*100/)
  })

  test('takes a channel once', async () => {
    const p = await refused(create(input('x', [a, b, a])))
    expect([p.code, p.extra.errors?.[0]?.path]).toEqual(['validation', 'publications.2.channelId'])
  })

  test('is refused when all its texts together are too much to keep', async () => {
    const text = 'x'.repeat(100_000)
    expect(
      await codeOf(
        create(input(text, [], { content: { segments: Array.from({ length: 6 }, () => ({ text, mediaIds: [] })) } })),
      ),
    ).toBe('too-large')
  })

  test('cannot name channels or media of another workspace, or removed ones; the field is named', async () => {
    const other = await seed.workspace()
    const [theirs, theirMedia] = [await seed.channel(other.id), await seed.media(other.id)]
    const pathOf = async (i: PostInput) => {
      const p = await refused(create(i))
      return [p.code, p.extra.errors?.[0]?.path, p.message.includes(p.extra.errors![0]!.path)]
    }
    expect(await pathOf(input('x', [a, theirs]))).toEqual(['not-found', 'publications.1.channelId', true])
    const naming = (id: string) => ({ segments: [{ text: 'x', mediaIds: [id] }] })
    expect(await pathOf(input('x', [], { content: naming(theirMedia) }))).toEqual([
      'not-found',
      'content.segments.0.mediaIds.0',
      true,
    ])
    expect(
      await pathOf(input('x', [], { publications: [{ channelId: a, content: naming(theirMedia), settings: {} }] })),
    ).toEqual(['not-found', 'publications.0.content.segments.0.mediaIds.0', true])
    await t.db.updateTable('channels').set({ removed_at: new Date() }).where('id', '=', b).execute()
    expect(await pathOf(input('x', [b]))).toEqual(['not-found', 'publications.0.channelId', true])
    expect(await t.db.selectFrom('posts').select('id').where('workspace_id', '=', ws.id).execute()).toEqual([])
  })

  test('is out of sight for another workspace, for every command', async () => {
    const other = await seed.workspace()
    const p = await create(input('x', [a]))
    const id = p.publications[0]!.id
    const tries = [
      () => posts.get(other, p.id),
      () => posts.replace(other, p.id, input('y'), 1),
      () => posts.remove(other, p.id, null),
      () => posts.schedule(other, p.id, { now: true }, null),
      () => posts.unschedule(other, p.id, null),
      () => posts.publication(other, id),
      () => posts.publicationDetail(other, id),
      () => posts.reschedule(other, id, { now: true }),
    ]
    for (const run of tries) expect(await codeOf(run())).toBe('not-found')
    expect(await posts.get(ws, p.id)).toEqual(p)
  })
})

describe('an edit', () => {
  test('replaces words, channels and settings, and counts the version up', async () => {
    const p = await create(input('x', [a]))
    clock.set(clock.now() + 1000)
    const q = await posts.replace(ws, p.id, input('y', [b], { tags: ['t'] }), 1)
    expect(q).toMatchObject({ id: p.id, version: 2, tags: ['t'], content: input('y').content, createdAt: p.createdAt })
    expect(q.updatedAt > p.updatedAt).toBe(true)
    expect(q.publications.map((x) => x.channelId)).toEqual([b])
    const r = await posts.replace(ws, p.id, input('y', [a, b]), 2)
    expect(on(r, b).id).toBe(on(q, b).id)
  })

  test('needs the version it was made on', async () => {
    const p = await create(input('x'))
    expect(await codeOf(posts.replace(ws, p.id, input('y'), null))).toBe('version-required')
    expect(await codeOf(posts.replace(ws, p.id, input('y'), 2))).toBe('version-mismatch')
    expect((await posts.get(ws, p.id)).content).toEqual(p.content)
  })

  test('of the same version by several people: one wins, the others are told', async () => {
    const p = await create(input('x', [a]))
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => posts.replace(ws, p.id, input(`edit ${i}`, [a, b]), 1)),
    )
    const won = tries.filter((r) => r.status === 'fulfilled')
    expect(won).toHaveLength(1)
    for (const r of tries) if (r.status === 'rejected') expect((r.reason as Problem).code).toBe('version-mismatch')
    const now = await posts.get(ws, p.id)
    expect([now.version, now.content]).toEqual([2, won[0]!.value.content])
    expect(now.publications).toHaveLength(2)
  })

  test('of a scheduled post keeps its time, gives new channels the same, and drops the forecast of the old words', async () => {
    const p = await schedule(await create(input('x', [a])))
    await engine(on(p, a).id, { forecast: JSON.stringify([{ rule: 'old' }]), forecast_at: new Date(clock.now()) })
    const q = await posts.replace(ws, p.id, input('y', [a, b]), p.version)
    expect(q.publications.map((x) => [x.state, x.dueAt, x.forecast])).toEqual([
      ['scheduled', p.dueAt, []],
      ['scheduled', p.dueAt, []],
    ])
    const rows = await t.db.selectFrom('publications').select('forecast_at').where('post_id', '=', p.id).execute()
    expect(rows.every((r) => r.forecast_at === null)).toBe(true)
  })

  test('of a scheduled post is refused when a network would refuse the new words, and nothing changes', async () => {
    const p = await schedule(await create(input('x', [a])))
    const r = await refused(posts.replace(ws, p.id, input('y'.repeat(101), [a, b]), p.version))
    expect(r.code).toBe('preflight')
    expect(r.extra.findings).toMatchObject([
      { channelId: a, rule: 'plain.text.length' },
      { channelId: b, rule: 'plain.text.length' },
    ])
    expect(await posts.get(ws, p.id)).toEqual(p)
  })

  test('of a scheduled post passes while its channel has trouble of its own', async () => {
    const p = await schedule(await create(input('x', [a])))
    await t.db.updateTable('channels').set({ state: 'reconnect' }).where('id', '=', a).execute()
    expect((await posts.replace(ws, p.id, input('corrected', [a]), p.version)).content.segments[0]!.text).toBe(
      'corrected',
    )
  })

  test('never touches what is out or on its way, yet lets the rest of the post change', async () => {
    const p = await create(input('x', [a, b]))
    await engine(on(p, a).id, { state: 'published', begun: true, attempt: 1 })
    await engine(on(p, b).id, { state: 'failed', begun: true, attempt: 1 })
    expect(await codeOf(posts.replace(ws, p.id, input('y', [a, b]), 1))).toBe('conflict')
    expect(await codeOf(posts.replace(ws, p.id, input('x', [b]), 1))).toBe('conflict')
    expect(await codeOf(posts.replace(ws, p.id, input('x', [a]), 1))).toBe('conflict')
    const own = { segments: [{ text: 'shorter', mediaIds: [] }] }
    // Half a thread is out: the rest goes as it was frozen, so an edit would be a promise nobody keeps.
    const half = { channelId: b, content: own, settings: {} }
    const whole = { channelId: a, content: null, settings: {} }
    const halfOut = input('x', [a], { publications: [whole, half] })
    expect(await codeOf(posts.replace(ws, p.id, halfOut, 1))).toBe('conflict')
    await engine(on(p, b).id, { state: 'failed', begun: false, attempt: 1 })
    const q = await posts.replace(
      ws,
      p.id,
      input('x', [a], {
        publications: [
          { channelId: a, content: null, settings: {} },
          { channelId: b, content: own, settings: {} },
        ],
      }),
      1,
    )
    expect([on(q, a).content, on(q, b).content]).toEqual([null, own])
    for (const state of ['publishing', 'waiting', 'unconfirmed'] as const) {
      await engine(on(p, a).id, { state, begun: false })
      expect(await codeOf(posts.replace(ws, p.id, input('y', [a, b]), q.version))).toBe('conflict')
    }
  })

  test('that takes a tried channel off keeps its trail, cancelled', async () => {
    const p = await schedule(await create(input('x', [a, b])))
    await engine(on(p, a).id, { state: 'missed', attempt: 1 })
    const q = await posts.replace(ws, p.id, input('x', [b]), p.version)
    expect(on(q, a).state).toBe('cancelled')
    // Naming it again does not revive it: only a person's own schedule does.
    const r = await posts.replace(ws, p.id, input('z', [a, b]), q.version)
    expect([on(r, a).state, on(r, b).state]).toEqual(['cancelled', 'scheduled'])
  })
})

describe('a schedule', () => {
  test('stores wall time, zone and instant, and every channel gets the instant', async () => {
    const p = await schedule(await create(input('x', [a, b])), { wallTime: '2027-03-28T03:15', fold: 'earlier' })
    expect(p).toMatchObject({
      state: 'scheduled',
      dueAt: '2027-03-28T01:15:00.000Z',
      wallTime: '2027-03-28T03:15',
      timeZone: 'Europe/Warsaw',
    })
    expect(p.publications.map((x) => [x.state, x.dueAt, x.nextAt])).toEqual([
      ['scheduled', p.dueAt, p.dueAt],
      ['scheduled', p.dueAt, p.dueAt],
    ])
  })

  test('in a DST gap is refused with a time that exists; in the past, too far, in no zone it is refused', async () => {
    const p = await create(input('x', [a]))
    const gap = await refused(schedule(p, { wallTime: '2027-03-28T02:30', fold: 'earlier' }))
    expect([gap.code, gap.extra.suggestion]).toEqual(['time-gap', '2027-03-28T03:30'])
    expect(await codeOf(schedule(p, at(-hour)))).toBe('time-past')
    expect(await codeOf(schedule(p, { wallTime: '2099-01-01T00:00', fold: 'earlier' }))).toBe('validation')
    expect(await codeOf(schedule(p, { wallTime: '2027-05-01T00:00', timeZone: 'Mars/Base', fold: 'earlier' }))).toBe(
      'validation',
    )
    expect(await posts.get(ws, p.id)).toEqual(p)
  })

  test('needs a channel', async () => expect(await codeOf(schedule(await create(input('x'))))).toBe('no-channels'))

  test('is refused with findings per channel when a network would refuse; warnings pass', async () => {
    const board = await seed.channel(ws.id, 'board')
    const p = await create(input('y'.repeat(101), [a, board]))
    const r = await refused(schedule(p))
    expect(r.code).toBe('preflight')
    const found = (r.extra.findings as { channelId: string; rule: string; level: string }[]).map((f) => [
      f.channelId,
      f.rule,
      f.level,
    ])
    expect(found).toEqual([
      [a, 'plain.text.length', 'error'],
      [board, 'board.text.length', 'error'],
      [board, 'board.media.required', 'error'],
      [board, 'board.settings.board', 'error'],
    ])
    expect((await posts.get(ws, p.id)).state).toBe('draft')
    const warned = await create(
      input('x', [a], { content: { segments: [{ text: 'x', mediaIds: [await seed.media(ws.id, '')] }] } }),
    )
    expect((await schedule(warned)).state).toBe('scheduled')
  })

  test('looks at the account: dead token and removed channel refuse, a pause and an ending token warn', async () => {
    const p = await create(input('x', [a]))
    const set = (values: Record<string, unknown>) =>
      t.db
        .updateTable('channels')
        .set({ state: 'ok', paused_at: null, removed_at: null, ...values })
        .where('id', '=', a)
        .execute()
    const rules = async () =>
      (await posts.preflight(ws, input('x', [a]))).channels[0]!.findings.map((f) => [f.rule, f.level])
    await set({ state: 'reconnect', state_reason: 'The token was revoked.' })
    expect(await rules()).toEqual([['plain.channel.reconnect', 'error']])
    expect((await refused(schedule(p))).message).toContain('The token was revoked.')
    await set({ state: 'blocked' })
    expect(await codeOf(schedule(p))).toBe('preflight')
    await set({ removed_at: new Date() })
    expect(await codeOf(schedule(p))).toBe('preflight')
    await set({ paused_at: new Date() })
    expect(await rules()).toEqual([['plain.channel.paused', 'warning']])
    expect((await schedule(p)).state).toBe('scheduled')
  })

  test('moves a scheduled post, and wakes the engine and the screens', async () => {
    const heard: string[] = []
    const stops = [
      await t.listen(topics.live, (x) => heard.push(x)),
      await t.listen(topics.due, () => heard.push('due')),
    ]
    const p = await create(input('x', [a]))
    await schedule(p)
    const q = await schedule(p, at(2 * hour))
    const told = () => heard.filter((x) => x.includes('"post"') && x.includes(p.id)).length
    await expect.poll(() => heard.filter((x) => x === 'due').length).toBeGreaterThanOrEqual(2)
    await expect.poll(told).toBe(3)
    for (const stop of stops) await stop()
    expect(q.publications[0]).toMatchObject({ state: 'scheduled', dueAt: q.dueAt, nextAt: q.dueAt })
    expect(heard.some((x) => x.includes('"publication"') && x.includes('scheduled'))).toBe(true)
  })

  test('leaves a cancelled channel cancelled, but schedules a post that is cancelled as a whole', async () => {
    const p = await schedule(await create(input('x', [a, b])))
    await cancelPublication(t.db, { id: on(p, a).id, ws: ws.id, now: new Date(clock.now()) })
    const q = await schedule(p, at(2 * hour))
    expect([on(q, a).state, on(q, b).state]).toEqual(['cancelled', 'scheduled'])
    const back = await posts.unschedule(ws, p.id, null)
    expect([on(back, a).state, on(back, b).state]).toEqual(['cancelled', 'draft'])
    await cancelPublication(t.db, { id: on(p, b).id, ws: ws.id, now: new Date(clock.now()) })
    expect((await posts.get(ws, p.id)).state).toBe('cancelled')
    expect((await schedule(p)).publications.map((x) => x.state)).toEqual(['scheduled', 'scheduled'])
  })

  test('is refused once publishing has begun everywhere', async () => {
    const p = await schedule(await create(input('x', [a])))
    await engine(on(p, a).id, { state: 'publishing', begun: true })
    expect(await codeOf(schedule(p, at(2 * hour)))).toBe('conflict')
    expect(await codeOf(posts.unschedule(ws, p.id, null))).toBe('conflict')
    expect(await codeOf(posts.reschedule(ws, on(p, a).id, at(hour)))).toBe('conflict')
  })

  test('is taken back as far as nothing has begun, and the time with it', async () => {
    const p = await schedule(await create(input('x', [a, b])))
    await engine(on(p, a).id, { state: 'published', begun: true })
    const q = await posts.unschedule(ws, p.id, p.version)
    expect([on(q, a).state, on(q, b).state, q.state, q.dueAt]).toEqual([
      'published',
      'draft',
      'partly_published',
      p.dueAt,
    ])
    const r = await posts.unschedule(ws, (await schedule(await create(input('x', [a])))).id, null)
    expect(r).toMatchObject({ state: 'draft', dueAt: null, wallTime: null, timeZone: null })
    expect(await codeOf(posts.unschedule(ws, r.id, r.version - 1))).toBe('version-mismatch')
  })

  test('of one channel moves it alone; the post follows when nobody keeps its time', async () => {
    const p = await schedule(await create(input('x', [a, b])))
    const one = await posts.reschedule(ws, on(p, a).id, at(3 * hour))
    expect(one).toMatchObject({ state: 'scheduled', dueAt: new Date(clock.now() + 3 * hour).toISOString() })
    expect((await posts.get(ws, p.id)).dueAt).toBe(p.dueAt)
    const two = await posts.reschedule(ws, on(p, b).id, at(4 * hour))
    expect((await posts.get(ws, p.id)).dueAt).toBe(two.dueAt)
    expect(await codeOf(posts.reschedule(ws, on(p, b).id, at(-hour)))).toBe('time-past')
  })
})

describe('a deletion', () => {
  test('hides the post and cancels what has not begun; nothing is due any more', async () => {
    const p = await schedule(await create(input('x', [a, b])))
    expect(await codeOf(posts.remove(ws, p.id, p.version - 1))).toBe('version-mismatch')
    await posts.remove(ws, p.id, null)
    expect(await codeOf(posts.get(ws, p.id))).toBe('not-found')
    expect(await codeOf(posts.remove(ws, p.id, null))).toBe('not-found')
    expect(await codeOf(posts.publication(ws, on(p, a).id))).toBe('not-found')
    expect((await posts.list(ws, { limit: 10 })).items).toEqual([])
    const rows = await t.db
      .selectFrom('publications')
      .select(['state', 'next_at'])
      .where('post_id', '=', p.id)
      .execute()
    expect(rows).toEqual([
      { state: 'cancelled', next_at: null },
      { state: 'cancelled', next_at: null },
    ])
  })

  test('is refused when something is out or may be', async () => {
    const p = await create(input('x', [a, b]))
    for (const values of [
      { state: 'published', begun: true },
      { state: 'unconfirmed', begun: true },
      { state: 'publishing', begun: true },
      { state: 'waiting', begun: true },
      { state: 'held', begun: true },
    ]) {
      await engine(on(p, a).id, values)
      expect(await codeOf(posts.remove(ws, p.id, null))).toBe('conflict')
    }
    expect(on(await posts.get(ws, p.id), b).state).toBe('draft')
    await engine(on(p, a).id, { state: 'failed', begun: true })
    await posts.remove(ws, p.id, null)
    expect(await codeOf(posts.get(ws, p.id))).toBe('not-found')
  })
})

describe('the forecast', () => {
  const forecastOf = async (p: Post) =>
    (await posts.get(ws, p.id)).publications[0]!.forecast.map((f) => [f.rule, f.level])

  beforeEach(() => t.db.updateTable('publications').set({ state: 'draft' }).execute())

  test('says ten minutes before what will go wrong, once', async () => {
    const p = await schedule(await create(input('x', [a])))
    const ends = new Date(clock.now() + hour / 2)
    await t.db
      .insertInto('channel_tokens')
      .values({
        channel_id: a,
        sealed: '',
        expires_at: ends,
        refresh_at: null,
        refresh_begun_at: null,
        updated_at: ends,
      })
      .execute()
    expect(await posts.forecastDue(10)).toBe(0)
    expect((await posts.nextForecast())?.getTime()).toBe(clock.now() + hour - 600_000)
    clock.set(clock.now() + hour - 600_000)
    expect(await posts.forecastDue(10)).toBe(1)
    expect(await forecastOf(p)).toEqual([['plain.channel.token-ends', 'error']])
    expect(await posts.forecastDue(10)).toBe(0)
    expect(await posts.nextForecast()).toBeNull()
    // Another time is another forecast.
    await posts
      .reschedule(ws, on(p, a).id, { at: new Date(ends.getTime() - 60_000).toISOString() })
      .catch(() => undefined)
    await t.db.updateTable('channel_tokens').set({ refresh_at: ends }).where('channel_id', '=', a).execute()
    await posts.schedule(ws, p.id, at(hour), null)
    expect(await forecastOf(p)).toEqual([])
    clock.set(clock.now() + hour - 60_000)
    expect(await posts.forecastDue(10)).toBe(1)
    expect(await forecastOf(p)).toEqual([])
  })

  test('is made at once when the post is due within minutes, and leaves what is about to go out alone', async () => {
    await t.db.updateTable('channels').set({ paused_at: new Date() }).where('id', '=', a).execute()
    const p = await schedule(await create(input('x', [a])), at(300_000))
    expect(await forecastOf(p)).toEqual([['plain.channel.paused', 'warning']])
    expect(await posts.forecastDue(10)).toBe(0)
    await engine(on(p, a).id, { forecast_at: null, next_at: new Date(clock.now() + 5000) })
    expect(await posts.forecastDue(10)).toBe(0)
  })

  test('keeps what preparing met, until the words are others', async () => {
    const p = await schedule(await create(input('x', [a])))
    const met = {
      rule: 'plain.prepare.failed',
      kind: 'prepare.failed',
      level: 'error',
      message: '',
      remedy: '',
      params: {},
    }
    const until = new Date(clock.now() + hour * 2)
    await engine(on(p, a).id, {
      forecast: JSON.stringify([met]),
      frozen: '{}',
      prepared_at: until,
      prepared_until: until,
    })
    clock.set(clock.now() + hour - 600_000)
    expect(await posts.forecastDue(10)).toBe(1)
    expect(await forecastOf(p)).toEqual([['plain.prepare.failed', 'error']])
    const now = await posts.get(ws, p.id)
    expect(on(now, a).preparedAt).not.toBeNull()
    const edited = await posts.replace(ws, p.id, input('other words', [a]), now.version)
    expect(on(edited, a)).toMatchObject({ state: 'scheduled', preparedAt: null, forecast: [] })
    const row = await t.db
      .selectFrom('publications')
      .selectAll()
      .where('id', '=', on(p, a).id)
      .executeTakeFirstOrThrow()
    expect([row.frozen, row.prepared_until, row.prepare_at!.getTime()]).toEqual([
      null,
      null,
      row.due_at!.getTime() - 900_000,
    ])
    const { journal } = await posts.publicationDetail(ws, row.id)
    expect(journal.find((j) => j.event === 'prepare-dropped')?.data).toEqual({ why: 'changed' })
  })

  test('by two workers at once looks at everything once', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, async () => schedule(await create(input('x', [a])))))
    clock.set(clock.now() + hour - 300_000)
    const counts = await Promise.all([posts.forecastDue(6), posts.forecastDue(6), posts.forecastDue(6)])
    expect(counts.reduce((n, x) => n + x, 0)).toBe(made.length)
  })

  test('finds a picture that was deleted meanwhile', async () => {
    const media = await seed.media(ws.id)
    const p = await schedule(
      await create(input('x', [a], { content: { segments: [{ text: 'x', mediaIds: [media] }] } })),
    )
    await t.db.updateTable('media').set({ deleted_at: new Date() }).where('id', '=', media).execute()
    clock.set(clock.now() + hour - 60_000)
    expect(await posts.forecastDue(10)).toBe(1)
    expect(await forecastOf(p)).toEqual([['plain.media.missing', 'error']])
  })
})
