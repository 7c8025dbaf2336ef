/** Rotation over a real database and a real key file, cut short between any two writes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KyselyPlugin } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Db } from '#infra/db/database.ts'
import { type KeyRing, keyRingFrom, openKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { answerAad } from './idempotency.ts'
import { keyStatus, rotateKeys } from './keys.ts'

let database: TestDatabase
let dir: string
const at = new Date('2026-11-22T09:00:00Z')
const uuid = (n: number) => `01920000-0000-7000-8000-${String(n).padStart(12, '0')}`
const quiet = () => undefined

/** Two of everything Clarion seals. */
const fill = async (keys: KeyRing) => {
  const { db } = database
  const ws = uuid(1)
  await db
    .insertInto('workspaces')
    .values({ id: ws, name: 'W', time_zone: 'UTC', late_policy: '{}', created_at: at })
    .execute()
  await db.insertInto('auth_users').values({ id: 'u', name: 'U', email: 'u@example.test' }).execute()
  for (const n of [1, 2]) {
    const id = uuid(10 + n)
    await db
      .insertInto('channels')
      .values({
        id,
        workspace_id: ws,
        platform: 'net',
        realm: 'live',
        kind: 'profile',
        external_id: `${n}`,
        name: 'N',
        handle: 'n',
        created_at: at,
      })
      .execute()
    await db
      .insertInto('channel_tokens')
      .values({ channel_id: id, sealed: keys.seal(`channel_tokens/${id}/sealed`, { token: `t${n}` }), updated_at: at })
      .execute()
    await db
      .insertInto('platform_credentials')
      .values({
        platform: `net${n}`,
        realm: 'live',
        sealed: keys.seal(`platform_credentials/net${n}/live/sealed`, { clientSecret: `s${n}` }),
        updated_at: at,
      })
      .execute()
    const flow = uuid(20 + n)
    await db
      .insertInto('connect_flows')
      .values({
        id: flow,
        workspace_id: ws,
        user_id: 'u',
        platform: 'net',
        realm: 'live',
        state: `state${n}`,
        step: 'redirect',
        sealed: keys.seal(`connect_flows/${flow}/sealed`, { keep: n }),
        public: '{}',
        created_at: at,
        expires_at: at,
      })
      .execute()
    const k = { actor: 'user:u', key: `k/${n}` }
    await db
      .insertInto('idempotency_keys')
      .values({
        ...k,
        route: 'keyCreate',
        body_hash: Buffer.alloc(32),
        state: 'done',
        status: 201,
        reply: JSON.stringify(keys.seal(answerAad(k), `{"key":"clr_${n}"}`)),
        etag: null,
        created_at: at,
      })
      .execute()
  }
}

/** Every sealed value, opened where it lives. */
const openAll = async (keys: KeyRing): Promise<unknown[]> => {
  const { db } = database
  const tokens = await db.selectFrom('channel_tokens').selectAll().orderBy('channel_id').execute()
  const credentials = await db.selectFrom('platform_credentials').selectAll().orderBy('platform').execute()
  const flows = await db.selectFrom('connect_flows').selectAll().orderBy('id').execute()
  const answers = await db.selectFrom('idempotency_keys').selectAll().orderBy('key').execute()
  return [
    ...tokens.map((r) => keys.open(`channel_tokens/${r.channel_id}/sealed`, r.sealed)),
    ...credentials.map((r) => keys.open(`platform_credentials/${r.platform}/${r.realm}/sealed`, r.sealed)),
    ...flows.map((r) => keys.open(`connect_flows/${r.id}/sealed`, r.sealed)),
    ...answers.map((r) => keys.open(answerAad(r), r.reply as string)),
  ]
}
const all = [
  { token: 't1' },
  { token: 't2' },
  { clientSecret: 's1' },
  { clientSecret: 's2' },
  { keep: 1 },
  { keep: 2 },
  '{"key":"clr_1"}',
  '{"key":"clr_2"}',
]

class Killed extends Error {}
/** Lets `n` writes through, then dies in front of the next one. */
const dyingAfter = (n: number, keys: KeyRing): { db: Db; keys: KeyRing; writes: () => number } => {
  let writes = 0
  const write = () => {
    if (writes >= n) throw new Killed()
    writes++
  }
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (node.kind === 'UpdateQueryNode') write()
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    db: database.db.withPlugin(plugin),
    writes: () => writes,
    keys: {
      ...keys,
      rotate: async () => {
        write()
        return keys.rotate()
      },
      forgetOld: async () => {
        write()
        return keys.forgetOld()
      },
    },
  }
}

beforeEach(async () => {
  database = await testDatabase()
  dir = await mkdtemp(join(tmpdir(), 'clarion-keys-'))
})
afterEach(async () => {
  await database.drop()
  await rm(dir, { recursive: true, force: true })
})

test('a rotation seals everything again, forgets the old key, and nothing is lost', async () => {
  const keys = await openKeyRing({ dir })
  await fill(keys)
  const [old] = keys.kids()
  const r = await rotateKeys(database.db, keys, quiet)
  expect(r).toMatchObject({ how: 'new', resealed: 8, forgotten: [old], kept: [], broken: [] })
  const after = await openKeyRing({ dir })
  expect(after.kids()).toEqual([r.current])
  expect(r.current).not.toBe(old)
  expect(await openAll(after)).toEqual(all)
  const status = await keyStatus(database.db, after)
  expect(status.sealed).toEqual(
    ['channel_tokens', 'connect_flows', 'platform_credentials', 'idempotency_keys'].map((place) => ({
      place,
      kid: r.current,
      count: 2,
    })),
  )
})

test('killed between any two writes, everything opens, and the next run finishes it', async () => {
  await fill(await openKeyRing({ dir }))
  for (let n = 0; ; n++) {
    const dying = dyingAfter(n, await openKeyRing({ dir }))
    const before = (await openKeyRing({ dir })).kids()
    const ended = await rotateKeys(dying.db, dying.keys, quiet).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof Killed)) throw error
        return false
      },
    )
    expect(await openAll(await openKeyRing({ dir })), `after ${n} writes`).toEqual(all)
    if (ended) {
      // A new key, eight values, the forgetting.
      expect(n).toBe(10)
      return
    }
    const again = await rotateKeys(database.db, await openKeyRing({ dir }), quiet)
    expect(again).toMatchObject({
      how: n === 0 ? 'new' : 'resumed',
      kept: [],
      broken: [],
      resealed: n === 0 ? 8 : 9 - n,
    })
    const rest = await openKeyRing({ dir })
    expect(rest.kids()).toEqual([again.current])
    expect(before).not.toContain(again.current)
    expect(await openAll(rest)).toEqual(all)
  }
})

test('a value that no key opens is named and left as it is, the others are sealed again, and no key is forgotten', async () => {
  const keys = await openKeyRing({ dir })
  await fill(keys)
  const [old] = keys.kids()
  // A value moved to another row.
  await database.pool.query(
    'update channel_tokens set sealed = (select sealed from channel_tokens where channel_id = $1) where channel_id = $2',
    [uuid(11), uuid(12)],
  )
  const r = await rotateKeys(database.db, keys, quiet)
  expect(r).toMatchObject({ resealed: 7, forgotten: [], kept: [old] })
  expect(r.broken).toEqual([
    { place: `channel_tokens/${uuid(12)}/sealed`, message: expect.stringContaining('does not open') },
  ])
  expect((await openKeyRing({ dir })).kids()).toEqual([r.current, old])
  // The channel is connected again, and the rotation ends.
  await database.pool.query('update channel_tokens set sealed = $1 where channel_id = $2', [
    keys.seal(`channel_tokens/${uuid(12)}/sealed`, { token: 't2' }),
    uuid(12),
  ])
  expect(await rotateKeys(database.db, await openKeyRing({ dir }), quiet)).toMatchObject({
    how: 'resumed',
    forgotten: [old],
  })
  expect(await openAll(await openKeyRing({ dir }))).toEqual(all)
})

test('with CLARION_KEYS the first key takes over, and it is told which may go', async () => {
  const k = (n: number) => Buffer.alloc(32, n).toString('base64')
  await fill(keyRingFrom(`old:${k(1)}`))
  const r = await rotateKeys(database.db, keyRingFrom(`new:${k(2)},old:${k(1)}`), quiet)
  expect(r).toMatchObject({ how: 'fixed', current: 'new', resealed: 8, forgotten: ['old'], kept: [] })
  expect(await openAll(keyRingFrom(`new:${k(2)}`))).toEqual(all)
})
