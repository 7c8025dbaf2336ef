/** What a burst costs the database, counted on the wire of the whole house: statements, and how often rows are written. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { type Database, notify, openDatabase, topics } from '#infra/db/database.ts'
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
  await house.publishing.start()
})
afterAll(async () => {
  await house.publishing.stop()
  await house.quotas.settled()
  await database.close()
  await wire.close()
  await sandbox.close()
  await home.drop()
  rmSync(dir, { recursive: true, force: true })
})

/** One due post on each of the first `n` channels. */
const plan = async (n: number, at = new Date()) => {
  for (const { id, ws } of channels.slice(0, n)) {
    const [post, publication] = [newId(at.getTime()), newId(at.getTime())]
    const times = { due_at: at, created_at: at, updated_at: at }
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
        next_at: at,
        ...times,
      })
      .execute()
  }
}
const open = () => home.db.selectFrom('publications').select('id').where('state', '!=', 'published').execute()
/** Statements while the engine runs, as it does for people, and `n` are due at once. */
const counted = async (n: number) => {
  await plan(n)
  const before = wire.statements()
  await notify(home.db, topics.due, '')
  await expect.poll(async () => (await open()).length, { interval: 50 }).toBe(0)
  return wire.statements() - before
}

it('a publication of one step costs less than five statements in a burst, and about one when its channel is known', async () => {
  // Everything counts: looks for work, hints to screens, what the network's headers said.
  const cold = (await counted(count)) / count
  const warm = (await counted(count)) / count
  expect(cold).toBeLessThan(5)
  // 0.6 here, 0.2 on a quiet machine; one that is slow gathers less.
  expect(warm).toBeLessThan(2)
})

it('what may be made twice goes down a connection that is there', async () => {
  const before = sandbox.connections()
  for (let i = 0; i < 5; i++) await counted(1)
  // All but the first, unless this machine stands still for longer than a connection is kept.
  expect(sandbox.connections() - before).toBeLessThan(5)
})

it('writes no row without need: what a publication of one step writes', async () => {
  const written = async () => {
    const { rows } = await home.pool.query<{ name: string; inserted: number; updated: number }>(
      `select relname as name, n_tup_ins::int as inserted, n_tup_upd::int as updated from pg_stat_user_tables
        where relname in ('publications', 'channels', 'steps', 'attempts', 'journal', 'posts')`,
    )
    return new Map(rows.map((r) => [r.name, r]))
  }
  const far = new Date(Date.now() + 3_600_000)
  await plan(count, far)
  // PostgreSQL counts a moment late: the plan itself, and the two bursts before, are to be counted before.
  const planned = 3 * count + 5
  await expect.poll(async () => (await written()).get('publications')!.inserted).toBe(planned)
  await expect.poll(async () => (await written()).get('journal')!.inserted).toBe(4 * (planned - count))
  const before = await written()
  await home.pool.query(`update publications set due_at = now(), next_at = now() where state = 'scheduled'`)
  await notify(home.db, topics.due, '')
  const each = async () =>
    Object.fromEntries(
      [...(await written())].map(([name, now]) => {
        const then = before.get(name)!
        return [name, [(now.inserted - then.inserted) / count, (now.updated - then.updated) / count]]
      }),
    )
  await expect.poll(each).toEqual({
    // Made due by this test; claimed, begun, published.
    publications: [0, 1 + 3],
    // The lease taken, and given back.
    channels: [0, 2],
    steps: [1, 1],
    attempts: [1, 1],
    // The attempt, the step's begin and end, and what became of it.
    journal: [4, 0],
    posts: [0, 0],
  })
})

it('numbers are not read while a publication is on its way', async () => {
  const { look } = house.jobs.list.find((j) => j.name === 'read insights')!
  const read = async () => (await home.db.selectFrom('snapshots').select('id').execute()).length
  // Every channel's first look is due: nobody has looked in this house.
  sandbox.desk.setFault({ platform: platform.spec.id, do: 'slow', ms: 3_000, times: 1 })
  const over = counted(1)
  await expect.poll(() => house.publishing.inFlight(), { interval: 20 }).toBe(1)
  const before = Date.now()
  const next = await look()
  expect(house.publishing.inFlight()).toBe(1)
  expect(next!.getTime()).toBeGreaterThan(before)
  expect(await read()).toBe(0)
  await over
  await expect.poll(house.publishing.busy).toBe(false)
  await look()
  expect(await read()).toBeGreaterThan(0)
})
