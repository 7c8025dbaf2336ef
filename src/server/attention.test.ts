/** What needs a person, on the composed house: each kind opens with its cause, and is gone when the cause is. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Attention, attentionKinds } from '#contract/attention.ts'
import { topics } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { toyNetworks } from '#planner/posts/testing.ts'
import { type Whole, wholeApp } from './testing/whole.ts'

const hour = 3_600_000
let t: Whole
/** What the network says to a create; null: it takes it. */
let says: FailureKind | null
/** What the disk has. */
let room: { free: number; total: number }
beforeEach(async () => {
  says = null
  const plain = toyNetworks().platforms.get('plain')!
  const moody: Platform = {
    ...plain,
    publish: steps(
      step('create', { again: 'never' }, async () => {
        if (says) throw new PlatformFailure({ kind: says, code: `plain.${says}`, message: 'The network says no.' })
        return done({ id: '1', url: null })
      }),
    ),
  }
  room = { free: 100e9, total: 500e9 }
  t = await wholeApp({ platforms: [moody], house: { disk: async () => room } })
})
afterEach(() => t.close())

const attention = async (): Promise<Attention> => {
  const r = await t.call('attentionGet')
  expect(r.status).toBe(200)
  return r.body as unknown as Attention
}
const kinds = async () => (await attention()).items.map((i) => i.kind)
const planned = async (channel?: string) => {
  const body = {
    content: { segments: [{ text: 'Hello over there' }] },
    publications: [{ channelId: channel ?? (await t.channel()) }],
  }
  const post = (await t.call('postCreate', { body })).body as unknown as { id: string; publications: { id: string }[] }
  const at = new Date(t.clock.now() + hour).toISOString()
  expect((await t.call('postSchedule', { params: { id: post.id }, body: { at } })).status).toBe(200)
  return { post: post.id, id: post.publications[0]!.id }
}
const due = async (lateMs = 0) => {
  t.clock.advance(hour + lateMs)
  await t.house.publishing.runDue()
}

const begunNow = () => ({ first_begun_at: new Date(t.clock.now()), begun_at: new Date(t.clock.now()) })

test('a publication that goes out needs nobody, and leaves no row', async () => {
  await planned()
  await due()
  const { rows } = await sql<{ state: string }>`select state from publications`.execute(t.database.db)
  expect(rows).toEqual([{ state: 'published' }])
  expect(await attention()).toEqual({ count: 0, items: [] })
  expect((await sql`select 1 from attention`.execute(t.database.db)).rows).toEqual([])
})

test('an outcome that nobody knows waits for a word, with its post and channel, and is gone when a person says it', async () => {
  const channel = await t.channel()
  const p = await planned(channel)
  // A worker that died between the begin of its create and the answer.
  await t.database.db
    .insertInto('steps')
    .values({ publication_id: p.id, key: 'create', position: 0, state: 'begun', times: 1, ...begunNow() })
    .execute()
  await t.database.db.updateTable('publications').set({ begun: true }).where('id', '=', p.id).execute()
  await due()
  const { count, items } = await attention()
  expect(count).toBe(1)
  expect(items[0]).toMatchObject({
    kind: 'unconfirmed',
    severity: 'danger',
    remedy: 'settle',
    openedAt: new Date(t.clock.now()).toISOString(),
    postId: p.post,
    channelId: channel,
    platform: 'plain',
    excerpt: 'Hello over there',
    holds: 0,
  })
  t.clock.advance(5_000)
  expect((await t.call('publicationResolve', { params: { id: p.id }, body: { there: true } })).status).toBe(200)
  expect(await kinds()).toEqual([])
  const { rows } = await sql<{ resolved_at: Date }>`select resolved_at from attention`.execute(t.database.db)
  expect(rows).toEqual([{ resolved_at: new Date(t.clock.now()) }])
})

test('a refusal stands until it is tried again, and comes back when it is refused again', async () => {
  says = 'refused-content'
  const p = await planned()
  await due()
  expect((await attention()).items[0]).toMatchObject({
    kind: 'failed',
    remedy: 'retry',
    reason: 'plain.refused-content',
    message: 'The network says no.',
  })
  expect((await t.call('publicationRetry', { params: { id: p.id } })).status).toBe(200)
  expect(await kinds()).toEqual([])
  await t.house.publishing.runDue()
  expect(await kinds()).toEqual(['failed'])
  says = null
  await t.call('publicationRetry', { params: { id: p.id } })
  await t.house.publishing.runDue()
  expect(await kinds()).toEqual([])
})

test.each([
  ['ask', 'held', 'decide'],
  ['expire', 'missed', 'replan'],
] as const)('what came too late is told (%s), and is gone when it is cancelled', async (otherwise, kind, remedy) => {
  await t.call('workspacePatch', { body: { latePolicy: { maxLateMs: hour, otherwise } } })
  const p = await planned()
  await due(5 * hour)
  expect((await attention()).items).toMatchObject([{ kind, remedy, reason: 'late' }])
  expect((await t.call('publicationCancel', { params: { id: p.id } })).status).toBe(200)
  expect(await kinds()).toEqual([])
})

test('a channel that lost its token is one item, however much it holds, and ends when it is connected', async () => {
  const channel = await t.channel()
  await planned(channel)
  await planned(channel)
  await t.house.keeper.markReconnect(channel, 'The password was changed.')
  expect((await attention()).items).toMatchObject([
    {
      kind: 'channel-reconnect',
      remedy: 'reconnect',
      message: 'The password was changed.',
      channelId: channel,
      holds: 0,
    },
  ])
  await due()
  const { rows } = await sql<{ n: number }>`select count(*)::int as n from publications where state = 'held'`.execute(
    t.database.db,
  )
  expect(rows).toEqual([{ n: 2 }])
  expect(await attention()).toMatchObject({ count: 1, items: [{ kind: 'channel-reconnect', holds: 2 }] })
  await t.call('channelRemove', { params: { id: channel } })
  // Nobody connects it any more: what it held waits for a word of its own.
  expect(await kinds()).toEqual(['held', 'held'])
})

test('what the forecast says will fail is told beforehand, until it is mended', async () => {
  const p = await planned()
  const forecast = (findings: object[]) =>
    t.database.db
      .updateTable('publications')
      .set({ forecast: JSON.stringify(findings) })
      .where('id', '=', p.id)
      .execute()
  await forecast([{ kind: 'quota.planned', level: 'warning' }])
  expect(await kinds()).toEqual([])
  await forecast([{ kind: 'text.tooLong', level: 'error' }])
  expect((await attention()).items).toMatchObject([{ kind: 'will-fail', remedy: 'mend', postId: p.post }])
  await forecast([
    { kind: 'text.tooLong', level: 'error' },
    { kind: 'x', level: 'error' },
  ])
  expect(await kinds()).toEqual(['will-fail'])
  await forecast([])
  expect(await kinds()).toEqual([])
  await forecast([{ kind: 'text.tooLong', level: 'error' }])
  says = 'refused-content'
  await due()
  expect(await kinds()).toEqual(['failed'])
})

test('a workspace sees its own, and what is deleted needs nobody', async () => {
  says = 'refused-content'
  const p = await planned()
  await due()
  const other = await t.stranger()
  const theirs = await t.call('attentionGet', { params: { ws: other.ws }, as: { cookie: other.cookie } })
  expect(theirs).toMatchObject({ status: 200, body: { count: 0, items: [] } })
  expect((await t.call('attentionGet', { as: { cookie: other.cookie } })).status).toBe(404)
  await sql`delete from posts where id = ${p.post}`.execute(t.database.db)
  expect((await sql`select 1 from attention`.execute(t.database.db)).rows).toEqual([])
})

const look = async () => {
  const job = t.house.jobs.list.find((j) => j.name === 'attention')!
  expect((await job.look())!.getTime()).toBe(t.clock.now() + 60_000)
}

test('much that is late is one item, also when it is set aside, and ends when it is through', async () => {
  const channel = await t.channel()
  const all = []
  for (let n = 0; n < 5; n++) all.push(await planned(channel))
  await look()
  expect(await kinds()).toEqual([])
  t.clock.advance(hour + 120_000)
  const heard: { kind: string; workspaceId: string }[] = []
  const stop = await t.database.listen(topics.live, (x) => x && heard.push(JSON.parse(x)))
  await look()
  await look()
  expect((await attention()).items).toMatchObject([{ kind: 'backlog', remedy: 'work-off', holds: 0 }])
  await expect.poll(() => heard).toEqual([{ kind: 'attention', id: 'backlog', workspaceId: t.ws }])
  await stop()
  await t.call('backlogPause')
  await look()
  expect(await attention()).toMatchObject({ count: 1, items: [{ kind: 'backlog', holds: 5 }] })
  await t.call('backlogDrop', { body: { count: 5 } })
  await look()
  expect(await kinds()).toEqual([])
})

test('a channel whose token ends before what is planned is told beforehand, one that is renewed is not', async () => {
  const channel = await t.channel()
  await planned(channel)
  const ends = new Date(t.clock.now() + hour / 2)
  const token = (refreshAt: Date | null) =>
    t.database.db
      .updateTable('channel_tokens')
      .set({ expires_at: ends, refresh_at: refreshAt })
      .where('channel_id', '=', channel)
      .execute()
  await token(ends)
  await look()
  expect(await kinds()).toEqual([])
  await token(null)
  await look()
  expect((await attention()).items).toMatchObject([
    { kind: 'channel-dying', remedy: 'reconnect', channelId: channel, until: ends.toISOString() },
  ])
  await t.call('channelRemove', { params: { id: channel } })
  expect(await kinds()).toEqual(['held'])
})

test('what waits for a budget is told once a channel, until nothing waits', async () => {
  const channel = await t.channel()
  const ids = [(await planned(channel)).id, (await planned(channel)).id]
  const until = new Date(t.clock.now() + hour + 600_000)
  const said = { reason: 'plain.budget-spent' as const, message: 'Posts a day: the 3 of this window are spent.' }
  await t.database.db
    .updateTable('publications')
    .set({ state: 'waiting', ...said, next_at: until })
    .where('id', 'in', ids)
    .execute()
  await look()
  expect((await attention()).items).toMatchObject([
    { kind: 'budget-spent', remedy: 'move', channelId: channel, until: until.toISOString(), ...said },
  ])
  // The second waits for its turn on the channel.
  t.clock.advance(hour + 600_000)
  await t.house.publishing.runDue()
  t.clock.advance(10_000)
  await t.house.publishing.runDue()
  await look()
  expect(await kinds()).toEqual([])
})

test("a disk that is nearly full is the installation's, told to the first workspace alone, and not when there is room again", async () => {
  const other = await t.stranger()
  room = { free: 1e9, total: 500e9 }
  await look()
  expect((await attention()).items).toMatchObject([
    { kind: 'disk-nearly-full', severity: 'danger', remedy: 'free-space', place: 'test', freeBytes: 1e9, postId: null },
  ])
  const theirs = await t.call('attentionGet', { params: { ws: other.ws }, as: { cookie: other.cookie } })
  expect(theirs.body).toMatchObject({ count: 0 })
  room = { free: 100e9, total: 500e9 }
  await look()
  expect(await kinds()).toEqual([])
})

test('the database opens no kind that the contract does not know', async () => {
  const { rows } = await sql<{ words: string[] }>`
    select array(select distinct w from regexp_matches(pg_get_functiondef('attention_of_publication'::regproc), 'state in \\(([^)]*)\\)', 'g') m,
      unnest(string_to_array(replace(m[1], '''', ''), ', ')) w order by w) as words`.execute(t.database.db)
  const states = Object.entries(attentionKinds).flatMap(([kind, k]) =>
    k.of === 'publication' && kind !== 'will-fail' ? [kind] : [],
  )
  expect(rows[0]!.words).toEqual(states.sort())
})
