/** Migrations that change rows: a database of the version before keeps everything it holds. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStepKey } from '#contract/steps.ts'
import { newId } from '../ids.ts'
import { type TestDatabase, testDatabase } from '../testing/db.ts'
import { migrate, migrationsFolder, readMigrations } from './migrate.ts'

let db: TestDatabase
beforeEach(async () => {
  db = await testDatabase({ empty: true })
})
afterEach(() => db.drop())

/** Brings the empty database to a version, as an installation that was not updated since. */
const standAt = async (version: number) => {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-old-'))
  for (const { name } of (await readMigrations()).slice(0, version))
    await copyFile(join(migrationsFolder, name), join(folder, name))
  await migrate(db, { folder })
  await rm(folder, { recursive: true })
}
const at = '2026-11-22T09:00:00Z'
const [ws, channel, post, publication] = [newId(1), newId(2), newId(3), newId(4)]
const planned = async () => {
  const run = (text: string, values: unknown[]) => db.pool.query(text, values)
  await run(`insert into workspaces (id, name, time_zone, late_policy, created_at) values ($1, 'W', 'UTC', '{}', $2)`, [
    ws,
    at,
  ])
  await run(
    `insert into channels (id, workspace_id, platform, realm, kind, external_id, name, handle, created_at) values ($1, $2, 'toy', 'sandbox', 'profile', 'x', 'A', 'a', $3)`,
    [channel, ws, at],
  )
  await run(
    `insert into posts (id, workspace_id, content, created_at, updated_at) values ($1, $2, '{"segments":[]}', $3, $3)`,
    [post, ws, at],
  )
  await run(
    `insert into publications (id, post_id, workspace_id, channel_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)`,
    [publication, post, ws, channel, at],
  )
}

test('0006: steps learn their names from their keys', async () => {
  await standAt(5)
  await planned()
  const keys = ['prepare', 'upload:0', 'upload:11', 'create', 'create:2', 'comment']
  for (const key of keys)
    await db.pool.query(
      `insert into steps (publication_id, key, position, state, first_begun_at, begun_at) values ($1, $2, 0, 'done', $3, $3)`,
      [publication, key, at],
    )
  await migrate(db)
  const { rows } = await db.pool.query<{ key: string; name: string }>('select key, name from steps')
  expect(rows.map((r) => [r.key, r.name])).toEqual(keys.map((key) => [key, readStepKey(key)?.name]))
})

test('0005: lines of the journal learn their workspace, and what they said in a sentence becomes data', async () => {
  await standAt(4)
  await planned()
  const said: [string, string | null][] = [
    ['scheduled', '2026-12-01T08:00:00.000Z'],
    ['attempt', null],
    ['person-there', 'https://example.test/1'],
    ['person-there', null],
    ['edit-failed', 'toy.refused: It says: no.'],
  ]
  for (const [event, message] of said)
    await db.pool.query('insert into journal (publication_id, at, event, message) values ($1, $2, $3, $4)', [
      publication,
      at,
      event,
      message,
    ])
  await migrate(db)
  const { rows } = await db.pool.query('select workspace_id, event, message, data from journal order by id')
  expect(rows).toEqual([
    { workspace_id: ws, event: 'scheduled', message: null, data: { dueAt: '2026-12-01T08:00:00.000Z' } },
    { workspace_id: ws, event: 'attempt', message: null, data: {} },
    { workspace_id: ws, event: 'person-there', message: null, data: { permalink: 'https://example.test/1' } },
    { workspace_id: ws, event: 'person-there', message: null, data: {} },
    { workspace_id: ws, event: 'edit-failed', message: 'It says: no.', data: { code: 'toy.refused' } },
  ])
})

test('0012: what a sandbox of an older version called its app secrets is forgotten, what people entered stays', async () => {
  await standAt(11)
  for (const realm of ['live', 'sandbox'])
    await db.pool.query(
      `insert into platform_credentials (platform, realm, sealed, updated_at) values ('toy', $1, 'sealed', $2)`,
      [realm, at],
    )
  await migrate(db)
  expect((await db.pool.query('select realm from platform_credentials')).rows).toEqual([{ realm: 'live' }])
})

test('0021 to 0024: publications learn what is settled, and those without looks at their numbers are kept in mind', async () => {
  await standAt(20)
  await planned()
  const other = newId(5)
  await db.pool.query(
    `insert into posts (id, workspace_id, content, created_at, updated_at) values ($1, $2, '{"segments":[]}', $3, $3)`,
    [other, ws, at],
  )
  const stood: [id: string, state: string, counted: boolean, settled: string | null][] = [
    [newId(6), 'scheduled', false, null],
    [newId(7), 'waiting', false, null],
    [newId(8), 'published', true, 'published'],
    [newId(9), 'published', false, 'published'],
    [newId(10), 'held', false, 'held'],
  ]
  for (const [i, [id, state, counted]] of stood.entries()) {
    const channelOf = newId(20 + i)
    await db.pool.query(
      `insert into channels (id, workspace_id, platform, realm, kind, external_id, name, handle, created_at) values ($1::uuid, $2, 'toy', 'sandbox', 'profile', $1::text, 'A', 'a', $3)`,
      [channelOf, ws, at],
    )
    await db.pool.query(
      `insert into publications (id, post_id, workspace_id, channel_id, state, counted, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $7)`,
      [id, other, ws, channelOf, state, counted, at],
    )
    await db.pool.query(
      `insert into journal (publication_id, workspace_id, at, event) values ($1, $2, $3, 'scheduled'), ($1, $2, $3, 'held')`,
      [id, ws, at],
    )
  }
  await migrate(db)
  const { rows } = await db.pool.query<{ id: string; settled: string | null }>(
    'select id, settled from publications order by id',
  )
  expect(rows.map((r) => [r.id, r.settled])).toEqual([
    [publication, 'draft'],
    ...stood.map(([id, , , settled]) => [id, settled]),
  ])
  const { rows: open } = await db.pool.query('select publication_id from uncounted')
  expect(open).toEqual([{ publication_id: stood[3]![0] }])
  const { rows: lines } = await db.pool.query('select 1 from journal')
  expect(lines).toHaveLength(10)
})

test('0030 and 0031: posts learn their kinds of content, and what is published is counted', async () => {
  await standAt(29)
  await planned()
  const picture = newId(5)
  await db.pool.query(
    `insert into media (id, workspace_id, kind, mime, bytes, sha256, name, storage_key, created_at) values ($1, $2, 'image', 'image/png', 1, '', 'x', 'x', $3)`,
    [picture, ws, at],
  )
  const content = JSON.stringify({ segments: [{ text: 'x', mediaIds: [picture] }] })
  await db.pool.query(`update publications set content = $2 where id = $1`, [publication, content])
  const threads: string[] = []
  for (const counted of [true, false, true]) {
    const [of, id] = [newId(10), newId(20)]
    threads.push(of)
    await db.pool.query(
      `insert into posts (id, workspace_id, content, created_at, updated_at) values ($1, $2, '{"segments":[{"text":"a"},{"text":"b"}]}', $3, $3)`,
      [of, ws, at],
    )
    await db.pool.query(
      `insert into publications (id, post_id, workspace_id, channel_id, state, created_at, updated_at) values ($1, $2, $3, $4, 'published', $5, $5)`,
      [id, of, ws, channel, at],
    )
    if (counted) await db.pool.query('delete from uncounted where publication_id = $1', [id])
  }
  await migrate(db)
  const { rows: kinds } = await db.pool.query<{ post_id: string; kind: string }>('select post_id, kind from post_kinds')
  expect(kinds.map((k) => [k.post_id, k.kind]).sort()).toEqual(
    [[post, 'image'], [post, 'text'], ...threads.map((id) => [id, 'thread'])].sort(),
  )
  const { rows } = await db.pool.query(
    'select sum(n)::int as n, (select count(*)::int from uncounted) as more from published_counts',
  )
  expect(rows).toEqual([{ n: 2, more: 1 }])
})
