/** Fills a database with the bench's plan: channels of sandbox accounts, publications that come due at one second. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { notify, topics } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import type { Grant } from '#kit/client/steps.ts'
import { sealGrant } from '#planner/channels/token-store.ts'
import { benchText } from './call.ts'
import { addWorkspaces, type Model } from './model.ts'

export type Plan = {
  /** Makes all due at this instant, as scheduling does: the engine is told. */
  due: (at: Date) => Promise<void>
  /** How many are not yet over. */
  open: () => Promise<number>
  /** When each was out (epoch ms). */
  times: () => Promise<number[]>
}

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, i * size + size))

/** Copies the model's channel `channels` times, each in a workspace of its own, and writes the publications, due tomorrow. */
export const prepare = async (model: Model, o: { channels: number; publications: number }): Promise<Plan> => {
  const { db } = model.database
  const row = await db.selectFrom('channels').selectAll().where('id', '=', model.channel).executeTakeFirstOrThrow()
  const now = new Date()
  const far = new Date(now.getTime() + 86_400_000)
  let dueAt = far
  const workspaces = await addWorkspaces(model.database, o.channels)
  const channels = workspaces.map((ws) => ({ ws, id: newId(now.getTime()) }))
  const grant = { ...model.grant, expiresAt: far.toISOString() } satisfies Grant
  for (const part of chunks(channels, 200)) {
    await db
      .insertInto('channels')
      .values(
        part.map(({ id, ws }) => ({
          ...row,
          id,
          workspace_id: ws,
          facts: JSON.stringify(row.facts),
          lease_token: null,
          lease_until: null,
          created_at: now,
        })),
      )
      .execute()
    await db
      .insertInto('channel_tokens')
      .values(
        part.map(({ id }) => ({
          channel_id: id,
          sealed: sealGrant(model.ring, id, grant),
          expires_at: far,
          updated_at: now,
        })),
      )
      .execute()
  }
  // They have been here for a while: what is measured is a burst, and not the first look at the numbers of new channels.
  const next_at = new Date(now.getTime() + 3_600_000)
  for (const part of chunks(channels, 200))
    await db
      .insertInto('insight_looks')
      .values(part.map(({ id }) => ({ id, channel_id: id, looked_at: now, next_at })))
      .execute()
  const posts = Array.from({ length: o.publications }, (_, i) => ({
    post: newId(now.getTime()),
    publication: randomUUID(),
    ...channels[i % channels.length]!,
    text: benchText(i),
  }))
  for (const part of chunks(posts, 500)) {
    await db
      .insertInto('posts')
      .values(
        part.map((p) => ({
          id: p.post,
          workspace_id: p.ws,
          content: JSON.stringify({ segments: [{ text: p.text, mediaIds: [] }] }),
          due_at: far,
          created_at: now,
          updated_at: now,
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
          channel_id: p.id,
          state: 'scheduled' as const,
          due_at: far,
          next_at: far,
          created_at: now,
          updated_at: now,
        })),
      )
      .execute()
  }
  await sql`vacuum analyze`.execute(db)

  return {
    due: async (at) => {
      dueAt = at
      await db
        .updateTable('publications')
        .set({ due_at: at, next_at: at })
        .where('state', '=', 'scheduled')
        .where('due_at', '=', far)
        .execute()
      await notify(db, topics.due, '')
    },
    open: async () => {
      const { n } = await db
        .selectFrom('publications')
        .where('state', 'in', ['scheduled', 'publishing', 'waiting'])
        .where('due_at', '=', dueAt)
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      return n
    },
    times: async () => {
      const rows = await db
        .selectFrom('publications')
        .select('published_at')
        .where('created_at', '=', now)
        .where('published_at', 'is not', null)
        .where('channel_id', '!=', model.channel)
        .execute()
      return rows.map((r) => r.published_at!.getTime())
    },
  }
}
