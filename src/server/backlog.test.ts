/** After an outage, on the composed house: what is late goes out in order and paced, is settled together, set aside, taken up, dropped. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { topics } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { type Whole, wholeApp } from './testing/whole.ts'

const hour = 3_600_000
let t: Whole
beforeEach(async () => {
  t = await wholeApp()
})
afterEach(() => t.close())

/** `count` publications over some channels, one due every second since `sinceMs` ago; with their channels, in due order. */
const overdue = async (count: number, channels: readonly string[], sinceMs: number) => {
  const now = t.clock.now()
  const made = Array.from({ length: count }, (_, i) => ({
    post: newId(now - 10 * hour + i),
    id: newId(now - 10 * hour + i),
    channel: channels[i % channels.length]!,
    due: new Date(now - sinceMs + i * 1_000),
  }))
  for (let i = 0; i < count; i += 1_000) {
    const part = made.slice(i, i + 1_000)
    const stamps = { created_at: new Date(now - 10 * hour), updated_at: new Date(now - 10 * hour) }
    await t.database.db
      .insertInto('posts')
      .values(
        part.map((p) => ({
          id: p.post,
          workspace_id: t.ws,
          content: JSON.stringify({ segments: [{ text: `late ${p.post}`, mediaIds: [] }] }),
          due_at: p.due,
          ...stamps,
        })),
      )
      .execute()
    await t.database.db
      .insertInto('publications')
      .values(
        part.map((p) => ({
          id: p.id,
          post_id: p.post,
          workspace_id: t.ws,
          channel_id: p.channel,
          state: 'scheduled' as const,
          due_at: p.due,
          next_at: p.due,
          ...stamps,
        })),
      )
      .execute()
  }
  return made
}
const policy = (otherwise: 'publish' | 'ask' | 'expire', maxLateMs = hour) =>
  t.call('workspacePatch', { body: { latePolicy: { maxLateMs, otherwise } } })
const states = async () => {
  const { rows } = await sql<{
    state: string
    n: number
  }>`select state, count(*)::int as n from publications group by 1`.execute(t.database.db)
  return Object.fromEntries(rows.map((r) => [r.state, r.n]))
}
const lines = async (event: string) => {
  const { rows } = await sql<{ data: { by?: string; reason?: string }; n: number }>`
    select data, count(*)::int as n from journal where event = ${event} group by 1`.execute(t.database.db)
  return rows
}

test('5,000 that are too late are missed, each with its line, and screens are told once', async () => {
  const channels = await Promise.all(Array.from({ length: 25 }, () => t.channel()))
  await policy('expire')
  await overdue(5_000, channels, 4 * hour)
  const heard: { kind: string; state?: string }[] = []
  const stop = await t.database.listen(topics.live, (x) => x && heard.push(JSON.parse(x)))
  expect(await t.house.publishing.runDue()).toBe(0)
  expect(await states()).toEqual({ missed: 5_000 })
  expect(await lines('missed')).toEqual([{ data: { reason: 'late' }, n: 5_000 }])
  await t.database.pool.query(`select pg_notify($1, '{"kind":"end"}')`, [topics.live])
  await expect.poll(() => heard.some((h) => h.kind === 'end')).toBe(true)
  expect(heard.filter((h) => h.state === 'missed')).toHaveLength(1)
  expect(heard).toHaveLength(2)
  await stop()
})

test('a policy that asks holds them with the question; a post of its own policy keeps it', async () => {
  const channels = [await t.channel(), await t.channel()]
  const made = await overdue(200, channels, 4 * hour)
  await t.database.db
    .updateTable('posts')
    .set({ late_policy: JSON.stringify({ maxLateMs: hour, otherwise: 'expire' }) })
    .where('id', '=', made[7]!.post)
    .execute()
  await t.house.publishing.runDue()
  expect(await states()).toEqual({ held: 199, missed: 1 })
  const held = await t.database.db
    .selectFrom('publications')
    .selectAll()
    .where('id', '=', made[0]!.id)
    .executeTakeFirstOrThrow()
  expect(held).toMatchObject({
    reason: 'late',
    message: 'It is 240 minutes late. Publish it now, choose another time, or cancel it.',
  })
})

test('the backlog is told by channel with its end, set aside, taken up, and dropped by name', async () => {
  const [a, b] = [await t.channel(), await t.channel()]
  await policy('publish')
  await overdue(300, [a, a, b], hour)
  const ahead = await overdue(1, [a], -2 * hour)
  const seen = await t.call('backlogGet')
  const gap = [...t.house.platforms.values()].find((p) => p.spec.id === 'plain')!.spec.pace.backlogGapMs
  expect(seen.body).toMatchObject({ count: 300, setAside: 0, order: 'oldest' })
  expect(seen.body.channels).toMatchObject([
    { channelId: a, count: 200 },
    { channelId: b, count: 100 },
  ])
  expect(Date.parse(String(seen.body.doneAt))).toBeGreaterThanOrEqual(t.clock.now() + 200 * gap)

  expect((await t.call('backlogPause')).body).toMatchObject({ count: 0, setAside: 300 })
  expect(await states()).toEqual({ held: 300, scheduled: 1 })
  expect(await t.house.publishing.runDue()).toBe(0)
  const { data } = (await lines('held'))[0]!
  expect(data).toEqual({ reason: 'backlog', by: expect.stringMatching(/./) })

  expect((await t.call('backlogResume')).body).toMatchObject({ count: 300, setAside: 0 })
  expect(await lines('released')).toEqual([{ data: { by: data.by }, n: 300 }])
  // However late: a person asked for it.
  await policy('expire', 0)
  await t.call('backlogPause')
  await t.call('backlogResume')
  expect(await states()).toEqual({ scheduled: 301 })

  const more = await t.call('backlogDrop', { body: { count: 299 } })
  expect([more.status, more.problem?.code]).toEqual([409, 'conflict'])
  expect(await states()).toEqual({ scheduled: 301 })
  expect((await t.call('backlogDrop', { body: { count: 300 } })).body).toMatchObject({
    count: 0,
    setAside: 0,
    channels: [],
  })
  expect(await states()).toEqual({ cancelled: 300, scheduled: 1 })
  expect(await lines('cancelled')).toEqual([{ data: { by: data.by }, n: 300 }])
  const kept = await t.database.db
    .selectFrom('publications')
    .select('state')
    .where('id', '=', ahead[0]!.id)
    .executeTakeFirst()
  expect(kept?.state).toBe('scheduled')
})

test('its end is told for those that go; those that will be too late by then are counted', async () => {
  const channel = await t.channel()
  const empty = (await t.call('backlogGet')).body
  // No worker runs beside this app: that is told too.
  expect(empty).toMatchObject({ count: 0, doneAt: null, tooLate: 0, worker: { working: false, lookedAt: null } })
  const { backlogGapMs } = [...t.house.platforms.values()].find((p) => p.spec.id === 'plain')!.spec.pace
  await policy('ask', 2 * hour)
  await overdue(300, [channel], hour)
  const seen = (await t.call('backlogGet')).body
  // An hour is left to the first; each of the later ones has a second more, and takes a gap and a second.
  const turn = backlogGapMs + 1_000
  const go = Math.min(300, Math.floor(hour / (turn - 1_000)) + 1)
  expect(seen).toMatchObject({ count: 300, tooLate: 300 - go, channels: [{ channelId: channel, tooLate: 300 - go }] })
  expect(Date.parse(String(seen.doneAt)) - t.clock.now()).toBe(go * turn)
  // A person who takes it up lets all of it out.
  await t.call('backlogPause')
  expect((await t.call('backlogResume')).body).toMatchObject({ count: 300, tooLate: 0 })
})

test('that a worker looks is told, and since when none does', async () => {
  await t.house.publishing.start()
  const worker = async () =>
    (await t.call('backlogGet')).body.worker as unknown as { working: boolean; lookedAt: string | null }
  await expect.poll(worker).toMatchObject({ working: true })
  await t.house.publishing.stop()
  const lookedAt = (await worker()).lookedAt
  t.clock.set(t.clock.now() + 60_000)
  expect(await worker()).toEqual({ working: false, lookedAt })
  expect(Date.parse(String(lookedAt))).toBeLessThanOrEqual(t.clock.now() - 60_000)
})

test.each([3, 150])('%i that a person took up go out however long their turn takes to come', async (count) => {
  const channel = await t.channel()
  const made = await overdue(count, [channel], hour)
  await t.call('backlogPause')
  await policy('expire', 60_000)
  await t.call('backlogResume')
  // Paced, the last of many has its turn hours later.
  t.clock.set(t.clock.now() + 2 * hour)
  await t.house.publishing.runDue()
  const verdicts = async () =>
    (await t.database.db.selectFrom('attempts').select('verdict').execute()).map((a) => a.verdict)
  await expect.poll(verdicts).toEqual([expect.any(String)])
  expect(await verdicts()).not.toContain('late')
  expect(await lines('missed')).toEqual([])
  // A due time of later is a new plan, and judged as any other.
  await t.database.db
    .updateTable('publications')
    .set({ due_at: new Date(t.clock.now() - hour), started_at: null })
    .where('id', '=', made.at(-1)!.id)
    .execute()
  await t.database.db.updateTable('channels').set({ not_before: null }).execute()
  await t.database.db.deleteFrom('publications').where('id', '=', made[0]!.id).execute()
  if (count > 100) await t.house.publishing.runDue()
  expect(await lines('missed')).toEqual(count > 100 ? [{ data: { reason: 'late' }, n: 1 }] : [])
})

test.each(['oldest', 'newest'] as const)(
  'what is late goes out %s first, one at a time on a channel',
  async (order) => {
    const [a, b] = [await t.channel(), await t.channel()]
    await policy('publish')
    await t.call('workspacePatch', { body: { backlogOrder: order } })
    const made = await overdue(12, [a, b], hour)
    const taken: string[] = []
    for (let i = 0; i < 200 && taken.length < 12; i++) {
      // The network is away: what counts is whose turn it is.
      await t.house.publishing.runDue()
      const rows = await t.database.db.selectFrom('attempts').select('publication_id').orderBy('started_at').execute()
      for (const r of rows) if (!taken.includes(r.publication_id)) taken.push(r.publication_id)
      // The one that had its turn makes room for the next.
      await t.database.db
        .updateTable('publications')
        .set({ state: 'cancelled' })
        .where('id', 'in', [...taken, newId(0)])
        .execute()
      await t.database.db.updateTable('channels').set({ not_before: null, lease_until: null }).execute()
      t.clock.set(t.clock.now() + 1_000)
    }
    for (const channel of [a, b]) {
      const due = made.filter((m) => m.channel === channel).map((m) => m.id)
      expect(taken.filter((id) => due.includes(id))).toEqual(order === 'oldest' ? due : due.reverse())
    }
  },
)
