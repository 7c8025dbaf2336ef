/**
 * A database with one sandbox channel, connected through the real flow, which has published once: the call it made is
 * what the floor and the textbook repeat, and the channel is what the plan copies.
 */
import { randomBytes } from 'node:crypto'
import { systemClock } from '#infra/clock.ts'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { newId } from '#infra/ids.ts'
import { type KeyRing, keyRingFrom } from '#infra/secrets.ts'
import { createSend } from '#kit/client/send.ts'
import type { Grant } from '#kit/client/steps.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { openHouse } from '../../src/server/house.ts'
import { benchText, type Sent } from './call.ts'

/** The bench publishes text on the platform whose create is keyed: one call, no waiting, so that the engine is what is measured. */
export const benched = platforms.find((p) => p.publish.some((s) => s.name === 'create' && s.options.again === 'keyed'))!

export type Model = {
  database: Database
  /** CLARION_KEYS of whoever is to read the tokens. */
  keys: string
  ring: KeyRing
  workspace: string
  channel: string
  grant: Grant
  /** The one call of a publication. */
  call: Sent
}

const silent = { info: () => {}, warn: () => {}, error: (o: object, m: string) => console.error(m, o) }
/** Nothing of the bench is ever too late to go out. */
const policy = JSON.stringify({ maxLateMs: 86_400_000, otherwise: 'publish' })

export const addWorkspaces = async ({ db }: Database, count: number): Promise<string[]> => {
  const now = new Date()
  const ids = Array.from({ length: count }, () => newId(now.getTime()))
  await db
    .insertInto('workspaces')
    .values(ids.map((id) => ({ id, name: 'Bench', time_zone: 'UTC', late_policy: policy, created_at: now })))
    .execute()
  return ids
}

export const openModel = async (o: { databaseUrl: string; sandboxUrl: string; mediaDir: string }): Promise<Model> => {
  const keys = `k1:${randomBytes(32).toString('base64')}`
  const ring = keyRingFrom(keys)
  const database = openDatabase(o.databaseUrl, { poolSize: 4 })
  await migrate(database)
  const calls: Sent[] = []
  const send = createSend()
  const house = await openHouse({
    database,
    clock: systemClock,
    keys: ring,
    platforms: [benched],
    mediaDir: o.mediaDir,
    sandboxUrl: o.sandboxUrl,
    publicUrl: 'http://127.0.0.1',
    log: silent,
    worker: 'prepare',
    publishing: {
      fetch: async (url, init, to) => {
        calls.push({
          method: init?.method ?? 'GET',
          url: String(url),
          headers: init?.headers as Record<string, string>,
          body: String(init?.body ?? ''),
        })
        return send(url, init, to)
      },
    },
  })
  const userId = 'bench'
  await database.db
    .insertInto('auth_users')
    .values({ id: userId, name: 'Bench', email: 'bench@clarion.local' })
    .execute()
  const [ws] = await addWorkspaces(database, 1)
  await database.db
    .insertInto('members')
    .values({ workspace_id: ws!, user_id: userId, role: 'owner', created_at: new Date() })
    .execute()
  const [channel] = await house.connectSandbox({ ws: ws!, userId })
  const workspace = { id: ws!, timeZone: 'UTC' }
  const post = await house.posts.create(workspace, userId, {
    content: { segments: [{ text: benchText(0), mediaIds: [] }] },
    publications: [{ channelId: channel!.id, content: null, settings: {} }],
    tags: [],
    latePolicy: null,
  })
  await house.posts.schedule(workspace, post.id, { now: true }, null)
  await house.publishing.runDue()
  if (calls.length !== 1) throw new Error(`one publication made ${calls.length} calls; the bench counts on one`)
  const { grant } = await house.keeper.grant(channel!.id)
  return { database, keys, ring, workspace: ws!, channel: channel!.id, grant, call: calls[0]! }
}
