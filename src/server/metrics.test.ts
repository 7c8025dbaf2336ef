/** What /metrics reads from the database: right values, and the rest all the same while the database is away. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { createMetrics } from './metrics.ts'

const now = Date.UTC(2026, 4, 5, 12)
const clock = { now: () => now }
const at = (s: number) => new Date(now + s * 1000)
const budgets = [
  {
    id: 'toy',
    budgets: [{ bucket: 'posts', label: 'Posts', scope: 'channel', cap: 10, window: { daily: 'UTC' } }],
  },
] as const
let t: TestDatabase
beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())

test('tokens that end, budgets left, silence of workers and what needs a person are told as they are', async () => {
  const { db } = t
  const ws = newId(now)
  const late_policy = JSON.stringify({ maxLateMs: 86_400_000, otherwise: 'publish' })
  await db
    .insertInto('workspaces')
    .values({ id: ws, name: 'W', time_zone: 'UTC', late_policy, created_at: at(0) })
    .execute()
  for (const [i, refresh_at] of [null, at(60)].entries()) {
    const id = newId(now)
    await db
      .insertInto('channels')
      .values({
        id,
        workspace_id: ws,
        platform: 'toy',
        realm: 'live',
        kind: 'page',
        external_id: `${i}`,
        name: 'N',
        handle: 'n',
        created_at: at(0),
      })
      .execute()
    await db
      .insertInto('channel_tokens')
      .values({ channel_id: id, sealed: 'x', expires_at: at(3600 * (i + 1)), refresh_at, updated_at: at(0) })
      .execute()
    const window = { window_start: new Date(Date.UTC(2026, 4, 5)), window_end: new Date(Date.UTC(2026, 4, 6)) }
    await db
      .insertInto('quotas')
      .values({ platform: 'toy', account: `channel:${id}`, bucket: 'posts', ...window, used: 4 + 3 * i, cap: 10 })
      .execute()
  }
  // Of yesterday, and of no weight today.
  const before = { window_start: new Date(Date.UTC(2026, 4, 4)), window_end: new Date(Date.UTC(2026, 4, 5)) }
  await db
    .insertInto('quotas')
    .values({ platform: 'toy', account: 'channel:x', bucket: 'posts', ...before, used: 10, cap: 10 })
    .execute()
  await db
    .insertInto('workers')
    .values({ name: 'w', looked_at: at(-90) })
    .execute()
  await db
    .insertInto('attention')
    .values({ workspace_id: ws, kind: 'failed', subject: 'a', opened_at: at(0) })
    .execute()
  const { text } = await createMetrics({ db, pool: t.pool, clock, budgets }).text()
  expect(text).toContain('clarion_channels{platform="toy",state="ok"} 2\n')
  expect(text).toContain('clarion_token_expires_in_seconds{platform="toy",renews="no"} 3600\n')
  expect(text).toContain('clarion_token_expires_in_seconds{platform="toy",renews="yes"} 7200\n')
  expect(Number(/clarion_budget_left_ratio\{platform="toy",bucket="posts"\} (\S+)/.exec(text)?.[1])).toBeCloseTo(0.3)
  expect(text).toContain('clarion_worker_silent_seconds 90\n')
  expect(text).toContain('clarion_attention_open{kind="failed"} 1\n')
  expect(text).toContain('clarion_database_up 1\n')
})

test('a database that is away is told and counted, and no number is made up', async () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:1/none')
  try {
    const { text } = await createMetrics({ db: away.db, pool: away.pool, clock, budgets }).text()
    expect(text).toContain('clarion_database_up 0\n')
    expect(text).toContain('clarion_scrape_errors_total{metric="clarion_publications_due"} 1\n')
    expect(text).not.toMatch(/^clarion_(worker_silent_seconds|publications|attention_open)\b/m)
  } finally {
    await away.close()
  }
})
