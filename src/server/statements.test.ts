/** What a burst costs the database, counted on the wire of the whole house: statements, and how often rows are written. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { cutWire } from '#infra/testing/wire.ts'
import { sealGrant } from '#planner/channels/token-store.ts'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { type House, openHouse } from './house.ts'

/** One step, one call, keyed: what is counted is the engine. */
const platform = platforms.find((p) => p.publish.some((s) => s.name === 'create' && s.options.again === 'keyed'))!
const count = 100
const dir = mkdtempSync(join(tmpdir(), 'clarion-statements-'))
const keys = memoryKeyRing()

let home: TestDatabase
let wire: Awaited<ReturnType<typeof cutWire>>
let database: Database
let sandbox: TestSandbox
let house: House
const channels: { id: string; ws: string }[] = []

beforeAll(async () => {
  home = await testDatabase()
  wire = await cutWire(home.url)
  database = openDatabase(wire.url, { poolSize: 10 })
  sandbox = await startSandbox(
    imitations.filter((i) => i.platform === platform.spec.id),
    { clock: systemClock },
  )
  house = await openHouse({
    database,
    clock: systemClock,
    keys,
    platforms: [platform],
    mediaDir: dir,
    sandboxUrl: sandbox.url,
    publicUrl: 'http://127.0.0.1',
    log: { info: () => {}, warn: () => {}, error: (o, m) => console.error(m, o) },
    worker: 'w',
  })
  const { db } = home
  const now = new Date()
  await db.insertInto('auth_users').values({ id: 'u', name: 'U', email: 'u@example.test' }).execute()
  const workspace = async () => {
    const id = newId(now.getTime())
    const late_policy = JSON.stringify({ maxLateMs: 86_400_000, otherwise: 'publish' })
    await db
      .insertInto('workspaces')
      .values({ id, name: 'W', time_zone: 'UTC', late_policy, created_at: now })
      .execute()
    return id
  }
  const first = await workspace()
  await db.insertInto('members').values({ workspace_id: first, user_id: 'u', role: 'owner', created_at: now }).execute()
  const [model] = await house.connectSandbox({ ws: first, userId: 'u' })
  const { grant } = await house.keeper.grant(model!.id)
  const row = await db.selectFrom('channels').selectAll().where('id', '=', model!.id).executeTakeFirstOrThrow()
  const facts = JSON.stringify(row.facts)
  // One account in many workspaces: as many channels, which do not wait for each other.
  for (let i = 0; i < count; i++) {
    const [id, ws] = [newId(now.getTime()), await workspace()]
    const expires_at = new Date(now.getTime() + 86_400_000)
    await db
      .insertInto('channels')
      .values({ ...row, id, workspace_id: ws, facts })
      .execute()
    await db
      .insertInto('channel_tokens')
      .values({ channel_id: id, sealed: sealGrant(keys, id, grant), expires_at, updated_at: now })
      .execute()
    channels.push({ id, ws })
  }
})
afterAll(async () => {
  await database.close()
  await wire.close()
  await sandbox.close()
  await home.drop()
  rmSync(dir, { recursive: true, force: true })
})

/** One due post on each of the first `n` channels. */
const plan = async (n: number) => {
  const now = new Date()
  for (const { id, ws } of channels.slice(0, n)) {
    const [post, publication] = [newId(now.getTime()), newId(now.getTime())]
    const times = { due_at: now, created_at: now, updated_at: now }
    const content = JSON.stringify({ segments: [{ text: `counted ${publication}`, mediaIds: [] }] })
    await home.db
      .insertInto('posts')
      .values({ id: post, workspace_id: ws, content, ...times })
      .execute()
    await home.db
      .insertInto('publications')
      .values({
        id: publication,
        post_id: post,
        workspace_id: ws,
        channel_id: id,
        state: 'scheduled',
        next_at: now,
        ...times,
      })
      .execute()
  }
}
const counted = async (n: number) => {
  await plan(n)
  const before = wire.statements()
  await house.publishing.runDue()
  const left = await home.db.selectFrom('publications').select('id').where('state', '!=', 'published').execute()
  expect(left).toEqual([])
  return wire.statements() - before
}

it('a publication of one step takes five statements alone, and together with others about one', async () => {
  // The first of a process also learns what is counted no more (credentials of the desk).
  await counted(1)
  // Its own: claim, what it is, token, begin, end. What the network's headers said, and one hint to the screens. The looks
  // around it: broken channels twice, and a claim that finds nothing more.
  expect(await counted(1)).toBeLessThanOrEqual(5 + 2 + 3)
  const burst = await counted(count)
  // 0.7 on a quiet machine, of which the headers' are what is left of one each; the issue asks for 5.
  expect(burst / count).toBeLessThan(1.5)
})

it('writes no row without need: what a publication of one step writes', async () => {
  const written = async () => {
    const { rows } = await home.pool.query<{ name: string; inserted: number; updated: number }>(
      `select relname as name, n_tup_ins::int as inserted, n_tup_upd::int as updated from pg_stat_user_tables
        where relname in ('publications', 'channels', 'steps', 'attempts', 'journal', 'posts')`,
    )
    return new Map(rows.map((r) => [r.name, r]))
  }
  await plan(count)
  // PostgreSQL counts a moment late: the plan itself is to be counted before.
  const planned = 2 + count + count
  await expect.poll(async () => (await written()).get('publications')!.inserted).toBe(planned)
  await expect.poll(async () => (await written()).get('journal')!.inserted).toBe(4 * (planned - count))
  const before = await written()
  await house.publishing.runDue()
  const each = async () =>
    Object.fromEntries(
      [...(await written())].map(([name, now]) => {
        const then = before.get(name)!
        return [name, [(now.inserted - then.inserted) / count, (now.updated - then.updated) / count]]
      }),
    )
  await expect.poll(each).toEqual({
    // Claimed, begun, published.
    publications: [0, 3],
    // The lease taken, and given back.
    channels: [0, 2],
    steps: [1, 1],
    attempts: [1, 1],
    // The attempt, the step's begin and end, and what became of it.
    journal: [4, 0],
    posts: [0, 0],
  })
})
