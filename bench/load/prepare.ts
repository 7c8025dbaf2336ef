/** Fills a database with the bench's plan: 100 channels of sandbox accounts, 1,000 publications due at one second. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { systemClock } from '#infra/clock.ts'
import { notify, openDatabase, topics } from '#infra/db/database.ts'
import { migrate } from '#infra/db/migrate.ts'
import { newId } from '#infra/ids.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import type { Grant } from '#kit/client/steps.ts'
import { sealGrant } from '#planner/channels/token-store.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { openHouse } from '../../src/server/house.ts'

export type Plan = {
  databaseUrl: string
  keys: string
  sandboxUrl: string
  mediaDir: string
  channels: number
  publications: number
}
/** One HTTP call as it left, for the floor to repeat. */
export type Sent = { method: string; url: string; headers: Record<string, string>; body: string }

const silent = { info: () => {}, warn: () => {}, error: (o: object, m: string) => console.error(m, o) }

/** The bench publishes text on the platform whose create is keyed: one call, no waiting, so that the engine is what is measured. */
export const benched = platforms.find((p) => p.publish.some((s) => s.name === 'create' && s.options.again === 'keyed'))!

/** Makes workspaces, channels, posts and publications, due far in the future. Gives the calls one publication makes. */
export const prepare = async (
  o: Plan,
): Promise<{
  calls: Sent[]
  due: (at: Date) => Promise<void>
  results: () => Promise<{ state: string; lateness: number; publishedAt: number }[]>
  close: () => Promise<void>
}> => {
  const clock = systemClock
  const database = openDatabase(o.databaseUrl, { poolSize: 4 })
  const { db } = database
  await migrate(database)
  const calls: Sent[] = []
  const keys = keyRingFrom(o.keys)
  const house = await openHouse({
    database,
    clock,
    keys,
    platforms: [benched],
    mediaDir: o.mediaDir,
    sandboxUrl: o.sandboxUrl,
    publicUrl: 'http://127.0.0.1',
    log: silent,
    worker: 'prepare',
    publishing: {
      fetch: async (url, init) => {
        calls.push({
          method: init?.method ?? 'GET',
          url: String(url),
          headers: init?.headers as Record<string, string>,
          body: String(init?.body ?? ''),
        })
        return fetch(url, init)
      },
    },
  })
  const user = 'bench'
  await db.insertInto('auth_users').values({ id: user, name: 'Bench', email: 'bench@clarion.local' }).execute()
  const policy = JSON.stringify({ maxLateMs: 86_400_000, otherwise: 'publish' })
  const workspace = async () => {
    const id = newId(clock.now())
    await db
      .insertInto('workspaces')
      .values({ id, name: 'Bench', time_zone: 'UTC', late_policy: policy, created_at: new Date() })
      .execute()
    return id
  }
  const home = await workspace()
  const [model] = await house.connectSandbox({ ws: home, userId: user })
  const { grant } = await house.keeper.grant(model!.id)
  const row = await db.selectFrom('channels').selectAll().where('id', '=', model!.id).executeTakeFirstOrThrow()

  const channels: { id: string; ws: string }[] = []
  for (let i = 0; i < o.channels; i++) {
    const ws = await workspace()
    const id = newId(clock.now())
    await db
      .insertInto('channels')
      .values({ ...row, id, workspace_id: ws, facts: JSON.stringify(row.facts), created_at: new Date() })
      .execute()
    const far = new Date(Date.now() + 86_400_000)
    const sealed = sealGrant(keys, id, { ...grant, expiresAt: far.toISOString() } satisfies Grant)
    await db
      .insertInto('channel_tokens')
      .values({ channel_id: id, sealed, expires_at: far, updated_at: new Date() })
      .execute()
    channels.push({ id, ws })
  }
  const far = new Date(Date.now() + 86_400_000)
  const posts = Array.from({ length: o.publications + 1 }, (_, i) => {
    const c = i === o.publications ? { id: model!.id, ws: home } : channels[i % channels.length]!
    return {
      post: newId(clock.now()),
      publication: randomUUID(),
      channel: c.id,
      ws: c.ws,
      text: `bench ${i} ${randomUUID()}`,
    }
  })
  for (let i = 0; i < posts.length; i += 500) {
    const part = posts.slice(i, i + 500)
    await db
      .insertInto('posts')
      .values(
        part.map((p) => ({
          id: p.post,
          workspace_id: p.ws,
          content: JSON.stringify({ segments: [{ text: p.text, mediaIds: [] }] }),
          due_at: far,
          created_at: new Date(),
          updated_at: new Date(),
        })),
      )
      .execute()
    await db
      .insertInto('publications')
      .values(
        part.map((p) => ({
          id: p.publication,
          post_id: p.post,
          workspace_id: p.ws,
          channel_id: p.channel,
          state: 'scheduled' as const,
          due_at: far,
          next_at: far,
          created_at: new Date(),
          updated_at: new Date(),
        })),
      )
      .execute()
  }
  // One publication, to see its calls.
  await db
    .updateTable('publications')
    .set({ due_at: new Date(), next_at: new Date() })
    .where('channel_id', '=', model!.id)
    .execute()
  await house.publishing.runDue()
  await sql`vacuum analyze`.execute(db)

  return {
    calls,
    due: async (at) => {
      await db.updateTable('publications').set({ due_at: at, next_at: at }).where('state', '=', 'scheduled').execute()
      // As scheduling does: the engine is told.
      await notify(db, topics.due, '')
    },
    results: async () => {
      const rows = await db
        .selectFrom('publications')
        .select(['state', 'lateness_ms', 'published_at'])
        .where('channel_id', '!=', model!.id)
        .execute()
      return rows.map((r) => ({
        state: r.state,
        lateness: r.lateness_ms ?? Number.NaN,
        publishedAt: r.published_at?.getTime() ?? Number.NaN,
      }))
    },
    close: () => database.close(),
  }
}
