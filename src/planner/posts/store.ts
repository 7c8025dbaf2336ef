/** SQL of posts. Everything is scoped by workspace; deleted posts are out of sight. */
import { type Selectable, sql } from 'kysely'
import type { ContentType, PostState } from '#contract/posts.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Tables } from '#infra/db/tables.ts'

export type PostRow = Selectable<Tables['posts']> & { author_name: string | null }
export type PublicationRow = Selectable<Tables['publications']> & { platform: string; content_type: ContentType }
export type MediaRow = Selectable<Tables['media']>

const posts = (db: Db) =>
  db
    .selectFrom('posts as p')
    .leftJoin('auth_users as u', 'u.id', 'p.author_id')
    .where('p.deleted_at', 'is', null)
    .selectAll('p')
    .select('u.name as author_name')

/** What the publication `alias` is made of: of its own content, or its post's. */
export const contentTypeOf = (alias: 'p' | 'x') => sql<ContentType>`(
  select case
    when jsonb_array_length(c.json -> 'segments') > 1 then 'thread'
    when m.n = 0 then 'text'
    when m.documents > 0 then 'document'
    when m.n = 1 and m.videos = 1 then 'video'
    when m.n = 1 then 'image'
    when m.videos = 0 then 'images'
    else 'mixed' end
  from (select coalesce(${sql.ref(`${alias}.content`)}, o.content) as json from posts o where o.id = ${sql.ref(`${alias}.post_id`)}) c
  cross join lateral (
    select count(*) as n, count(*) filter (where f.kind = 'video') as videos,
      count(*) filter (where f.kind = 'document') as documents
    from jsonb_array_elements_text(coalesce(c.json #> '{segments,0,mediaIds}', '[]'::jsonb)) as i (id)
      join media f on f.id = i.id::uuid) m)`

const publications = (db: Db) =>
  db
    .selectFrom('publications as p')
    .innerJoin('channels as c', 'c.id', 'p.channel_id')
    .selectAll('p')
    .select(['c.platform', contentTypeOf('p').as('content_type')])

/** One post of a workspace; undefined when it is elsewhere or deleted. */
export const findPost = (db: Db, ws: string, id: string): Promise<PostRow | undefined> =>
  posts(db).where('p.workspace_id', '=', ws).where('p.id', '=', id).executeTakeFirst()

/** The same, its row locked: edits of one post happen one after another. */
export const lockPost = async (trx: Db, ws: string, id: string): Promise<PostRow | undefined> => {
  const locked = await trx
    .selectFrom('posts')
    .select('id')
    .where('workspace_id', '=', ws)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
  return locked && findPost(trx, ws, id)
}

/** Publications of posts, in the order they were put on them. */
export const publicationsOf = (db: Db, postIds: readonly string[]): Promise<PublicationRow[]> =>
  postIds.length === 0
    ? Promise.resolve([])
    : publications(db).where('p.post_id', 'in', postIds).orderBy('p.created_at').orderBy('p.id').execute()

/**
 * The same for one post, locked. First their channels, lightly: the engine claims several channels at once, each with a
 * publication, in an order nobody knows, and skips a channel that is locked; so it never holds one row of this post
 * while it waits for another. (A key share lock stops nothing else the engine does.) `transact` wakes the engine.
 */
export const lockPublications = async (trx: Db, postId: string): Promise<PublicationRow[]> => {
  const channels = trx.selectFrom('publications').select('channel_id').where('post_id', '=', postId)
  await trx.selectFrom('channels').select('id').where('id', 'in', channels).orderBy('id').forKeyShare().execute()
  await trx.selectFrom('publications').select('id').where('post_id', '=', postId).orderBy('id').forUpdate().execute()
  return publicationsOf(trx, [postId])
}

/** One publication of a post that is not deleted. */
export const findPublication = (db: Db, ws: string, id: string): Promise<PublicationRow | undefined> =>
  publications(db)
    .innerJoin('posts as b', 'b.id', 'p.post_id')
    .where('b.deleted_at', 'is', null)
    .where('p.workspace_id', '=', ws)
    .where('p.id', '=', id)
    .executeTakeFirst()

/**
 * Media rows of a workspace by id. `share`: keeps them from being deleted until the transaction ends. Deleted ones come
 * too (`deleted_at`): a post may still name them.
 */
export const mediaRows = async (
  db: Db,
  ws: string,
  ids: readonly string[],
  o: { share?: boolean } = {},
): Promise<Map<string, MediaRow>> => {
  // A setting may hold anything; what is no id names no media.
  const wanted = [...new Set(ids)].filter((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
  if (wanted.length === 0) return new Map()
  const query = db
    .selectFrom('media')
    .selectAll()
    .where('workspace_id', '=', ws)
    .where('id', 'in', wanted)
    .orderBy('id')
  const rows = await (o.share ? query.forShare() : query).execute()
  return new Map(rows.map((r) => [r.id, r]))
}

export type ChannelFacts = Selectable<Tables['channels']> & {
  token_ends: Date | null
  workspace_paused_at: Date | null
}

/** Channels of a workspace by id, removed ones included, with what preflight asks about their tokens and the workspace. */
export const channelRows = async (db: Db, ids: readonly string[], ws?: string): Promise<Map<string, ChannelFacts>> => {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('channels as c')
    .innerJoin('workspaces as w', 'w.id', 'c.workspace_id')
    .leftJoin('channel_tokens as t', 't.channel_id', 'c.id')
    .selectAll('c')
    .select('w.paused_at as workspace_paused_at')
    .select(sql<Date | null>`case when t.refresh_at is null then t.expires_at end`.as('token_ends'))
    .where('c.id', 'in', [...new Set(ids)])
    .$if(ws !== undefined, (q) => q.where('c.workspace_id', '=', ws!))
    .execute()
  return new Map(rows.map((r) => [r.id, r]))
}

/** Tells screens that a post changed, when the transaction commits. */
export const tellPost = (trx: Db, ws: string, id: string, state?: PostState): Promise<void> =>
  notify(trx, topics.live, { workspaceId: ws, kind: 'post', id, postId: id, state })

const deadlock = '40P01'

/**
 * A transaction of an edit. Run again when PostgreSQL broke it off as one side of a deadlock. Whatever its end, the
 * engine is told to look again, since it passes over channels an edit has locked; what is planned is forecast anew.
 */
export const transact = async <T>(db: Db, run: (trx: Db) => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(async (trx) => {
        const result = await run(trx)
        await notify(trx, topics.due, '')
        await notify(trx, topics.plans, '')
        return result
      })
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code === deadlock && tries < 3) continue
      await notify(db, topics.due, '')
      throw error
    }
  }
}
