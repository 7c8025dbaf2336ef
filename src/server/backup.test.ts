/** `clarion backup` and `restore`, run for real: from a server's database into an own PostgreSQL, and back into a server's. */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { newId } from '#infra/ids.ts'
import { openKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { createPeople } from '#planner/people/service.ts'
import { backupOf } from './testing/backup-of.ts'

let dir: string
let over: () => void
let old: TestDatabase
let next: TestDatabase
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-backup-'))
  // As root the database runs as another user, who must come through.
  await chmod(dir, 0o711)
  ;[old, next] = [await testDatabase(), await testDatabase({ empty: true })]
  over = diesWithUs({ pgdata: join(dir, 'own', 'postgres', 'pgdata'), folder: dir })
})
afterEach(async () => {
  await old.drop()
  await next.drop()
  await rm(dir, { recursive: true, force: true })
  over()
})

const secret = { CLARION_BACKUP_PASSPHRASE: 'five words that nobody guesses' }
const clarion = async (args: string[], data: string, env: Record<string, string>) => {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url))
  const child = spawn(process.execPath, [cli, ...args, '--data', join(dir, data)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', CLARION_LOG: 'warn', ...env },
  })
  let said = ''
  for (const s of [child.stdout, child.stderr]) s.on('data', (d: Buffer) => (said += d.toString()))
  await once(child, 'close')
  return { code: child.exitCode, said }
}

const hour = 3_600_000
const picture = randomBytes(300_000)
/** A Clarion with a person, a picture, and publications that are out, due, in work, and planned. */
const seed = async () => {
  await mkdir(join(dir, 'old', 'media', 'media', 'ab'), { recursive: true })
  const ring = await openKeyRing({ dir: join(dir, 'old') })
  const people = createPeople({ database: old, clock: systemClock })
  const { userId } = await people.setup({
    name: 'Ada',
    email: 'ada@example.test',
    password: 'a long enough password',
    workspaceName: 'Zażółć\t"gęślą"\\N',
    timeZone: 'UTC',
    locale: 'en',
  })
  const run = (text: string, values: unknown[] = []) => old.pool.query(text, values)
  const ws = (await run('select id from workspaces')).rows[0].id as string
  const now = new Date()
  const channel = newId(1)
  await run(
    `insert into channels (id, workspace_id, platform, realm, kind, external_id, name, handle, created_at)
     values ($1, $2, 'bluesky', 'sandbox', 'profile', 'x', 'A', 'a', $3)`,
    [channel, ws, now],
  )
  await run('insert into channel_tokens (channel_id, sealed, updated_at) values ($1, $2, $3)', [
    channel,
    ring.seal(`channel_tokens/${channel}/sealed`, { accessToken: 'very-secret' }),
    now,
  ])
  await writeFile(join(dir, 'old', 'media', 'media', 'ab', 'picture'), picture)
  await run(
    `insert into media (id, workspace_id, kind, mime, bytes, sha256, name, storage_key, created_by, created_at)
     values ($1, $2, 'image', 'image/png', $3, $4, 'p.png', 'media/ab/picture', $5, $6)`,
    [newId(2), ws, picture.length, createHash('sha256').update(picture).digest(), userId, now],
  )
  const states = { published: -hour, scheduled: -hour, publishing: -hour, waiting: -hour, draft: null, later: hour }
  for (const [i, [state, inMs]] of Object.entries(states).entries()) {
    const due = inMs === null ? null : new Date(now.getTime() + inMs)
    const [post, publication] = [newId(10 + i), newId(20 + i)]
    await run(
      `insert into posts (id, workspace_id, author_id, content, due_at, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)`,
      [post, ws, userId, { segments: [{ text: `Line\nbreak ${state} 🚀`, mediaIds: [] }] }, due, now],
    )
    const is = state === 'later' ? 'scheduled' : state
    await run(
      `insert into publications (id, post_id, workspace_id, channel_id, state, due_at, next_at, created_at, updated_at, begun, message)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)`,
      [publication, post, ws, channel, is, due, is === 'published' ? null : due, now, is === 'publishing', state],
    )
    await run(`insert into journal (workspace_id, publication_id, at, event) values ($1, $2, $3, 'attempt')`, [
      ws,
      publication,
      now,
    ])
  }
}

/** Every row of a database as text. `but`: tables a restore adds to. */
const rowsOf = async (pool: pg.Pool, but: readonly string[]) => {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  )
  const told: Record<string, string[]> = {}
  for (const { name } of rows.filter((r) => !but.includes(r.name)))
    told[name] = (await pool.query<{ row: string }>(`select t::text as row from "${name}" t order by 1`)).rows.map(
      (r) => r.row,
    )
  return told
}
const touched = ['schema_migrations', 'publications', 'journal', 'attention', 'attempts']

test('a Clarion moves into its own PostgreSQL and back into a server with every row, file and key; what was due is held', {
  timeout: 300_000,
}, async () => {
  await seed()
  const [first, second] = [join(dir, 'first.backup'), join(dir, 'second.backup')]
  const made = await clarion(['backup', first], 'old', { ...secret, DATABASE_URL: old.url })
  expect(made).toMatchObject({ code: 0, said: expect.stringContaining('1 files, read back and whole') })
  const sealed = await readFile(first)
  for (const word of ['ada@example.test', 'nobody guesses', picture.subarray(0, 64)])
    expect(sealed.includes(word)).toBe(false)

  const came = await clarion(['restore', first], 'own', secret)
  expect(came).toMatchObject({ code: 0, said: expect.stringContaining('3 publications were due since the backup') })
  expect(await readFile(join(dir, 'own', 'media', 'media', 'ab', 'picture'))).toEqual(picture)
  expect(await readFile(join(dir, 'own', 'keys.json'))).toEqual(await readFile(join(dir, 'old', 'keys.json')))
  const again = await clarion(['restore', first], 'own', secret)
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('is not empty') })

  expect((await clarion(['backup', second], 'own', secret)).code).toBe(0)
  const back = await clarion(['restore', second], 'back', { ...secret, DATABASE_URL: next.url })
  expect(back).toMatchObject({ code: 0, said: expect.not.stringContaining('due since') })
  expect(await rowsOf(next.pool, touched)).toEqual(await rowsOf(old.pool, touched))
  const states = await next.pool.query(
    `select (b.content #>> '{segments,0,text}') as text, p.state, p.reason, p.next_at is not null as planned
     from publications p join posts b on b.id = p.post_id order by p.id`,
  )
  expect(states.rows.map((r) => [r.text.split(' ')[1], r.state, r.reason, r.planned])).toEqual([
    ['published', 'published', null, false],
    ['scheduled', 'held', 'restored', false],
    ['publishing', 'held', 'restored', false],
    ['waiting', 'held', 'restored', false],
    ['draft', 'draft', null, false],
    ['later', 'scheduled', null, true],
  ])
  expect(
    (await next.pool.query(`select count(*)::int as n from attention where kind = 'held' and resolved_at is null`))
      .rows,
  ).toEqual([{ n: 3 }])
  // Counters go on after the last row, references and triggers stand again.
  const inserted = await next.pool.query(
    `insert into journal (workspace_id, publication_id, at, event) select workspace_id, id, now(), 'held' from publications limit 1 returning id`,
  )
  const most = await next.pool.query('select max(id) as id from journal')
  expect(inserted.rows).toEqual(most.rows)
  await expect(next.pool.query(`update publications set channel_id = gen_random_uuid()`)).rejects.toThrow('foreign key')
  await next.pool.query(`update posts set tags = '{newword}'`)
  expect((await next.pool.query(`select bool_and(words like '%newword%') as ok from post_words`)).rows).toEqual([
    { ok: true },
  ])
})

test('what is changed, cut short, newer or sealed otherwise is refused, and nothing is made of it', {
  timeout: 300_000,
}, async () => {
  await seed()
  const file = join(dir, 'a.backup')
  const from = { ...secret, DATABASE_URL: old.url }
  const into = { ...secret, DATABASE_URL: next.url }
  expect((await clarion(['backup', file], 'old', { DATABASE_URL: old.url })).said).toContain('Nothing is set to seal')
  expect((await clarion(['backup', file], 'old', from)).code).toBe(0)
  const bytes = await readFile(file)
  const refused = async (name: string, content: Buffer, env: Record<string, string>, why: string) => {
    await writeFile(join(dir, name), content)
    const r = await clarion(['restore', join(dir, name)], 'into', env)
    expect([name, r.code, r.said]).toEqual([name, 1, expect.stringContaining(why)])
  }
  const bent = Buffer.from(bytes)
  bent[150_000]! ^= 1
  await refused('bent', bent, into, 'does not open')
  await refused('cut', bytes.subarray(0, bytes.length - 100), into, 'damaged')
  const chunk = 65_552
  const head = bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1
  await refused('whole chunks only', bytes.subarray(0, head + 2 * chunk), into, 'damaged')
  await refused('other', bytes, { ...into, CLARION_BACKUP_PASSPHRASE: 'five other words than those' }, 'does not open')
  await refused('text', Buffer.from('hello\n'), into, 'no backup of Clarion')
  await old.pool.query(
    `insert into schema_migrations (version, name, sha256) values (9999, '9999_later.sql', repeat('0', 64))`,
  )
  // A database of a version to come: only the tables' own reading of it is asked here, so the server's check is gone around.
  const later = await backupOf(old, join(dir, 'old'), Buffer.from(secret.CLARION_BACKUP_PASSPHRASE))
  await refused('newer', later, into, 'this version does not know it')
  expect((await next.pool.query('select count(*)::int as n from auth_users')).rows).toEqual([{ n: 0 }])
  expect(await readdir(join(dir, 'into'))).not.toContain('media')
})
