/** SQL of posts. Everything is scoped by workspace; deleted posts are out of sight. */
import { type Selectable, type SqlBool, sql } from 'kysely'
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
const contentTypeOf = (alias: 'p' | 'x') => sql<ContentType>`(
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

export type ListQuery = {
  ws: string
  limit: number
  after: { at: Date; id: string } | null
  /** The calendar: a range of due times, `from` included, `to` not. Null: the list, newest first. */
  range: { from: Date | null; to: Date | null } | null
  channelId?: string
  platform?: string
  contentType?: ContentType
  state?: PostState
  q?: string
}

/** `postState` of publishing/rules.ts in SQL; a test holds the two together. */
export const stateSql = sql<PostState>`(
  select case
    when bool_or(s.gone) and bool_and(s.gone or s.state = 'cancelled') then 'removed'
    when count(*) > 0 and bool_and(s.state = 'cancelled') then 'cancelled'
    when count(*) = 0 or bool_and(s.gone or s.state in ('draft', 'cancelled')) then 'draft'
    when bool_or(s.state in ('unconfirmed', 'held', 'missed')) then 'attention'
    when bool_or(s.state in ('publishing', 'waiting')) then 'publishing'
    when bool_or(s.state = 'scheduled') then 'scheduled'
    when bool_or(s.state = 'failed') then case when bool_or(s.state = 'published' and not s.gone) then 'attention' else 'failed' end
    when bool_or(s.state = 'draft') then 'partly_published'
    else 'published' end
  from (select x.state, x.state = 'published' and x.removed_at is not null as gone
    from publications x where x.post_id = p.id) s)`

/** The instant a post stands at in the calendar: its first due time inside the range. Channels may have times of their own. */
const dueIn = (range: { from: Date | null; to: Date | null }) => {
  const from = range.from ? sql<SqlBool>`d.at >= ${range.from}` : sql<SqlBool>`true`
  const to = range.to ? sql<SqlBool>`d.at < ${range.to}` : sql<SqlBool>`true`
  return sql<Date | null>`(select min(d.at) from (
    select p.due_at as at where not exists (select 1 from publications x where x.post_id = p.id and x.due_at is not null)
    union all select x.due_at from publications x where x.post_id = p.id) d where ${from} and ${to})`
}

const inRange = (ws: string, range: { from: Date | null; to: Date | null }) => {
  const part = (
    table: 'posts' | 'publications',
    column: 'id' | 'post_id',
  ) => sql`select ${sql.ref(column)} from ${sql.table(table)}
    where workspace_id = ${ws} and due_at >= ${range.from ?? sql`'-infinity'`} and due_at < ${range.to ?? sql`'infinity'`}`
  return sql<SqlBool>`p.id in (${part('posts', 'id')} union all ${part('publications', 'post_id')})`
}

/** Anything a person typed, as LIKE takes it literally. */
const like = (q: string) => `%${q.replace(/[\\%_]/g, '\\$&')}%`

const says = (q: string) => {
  const inContent = (column: 'p.content' | 'x.content') =>
    sql<SqlBool>`exists (select 1 from jsonb_path_query(${sql.ref(column)}, '$.segments[*].text') t where t #>> '{}' ilike ${like(q)})`
  return sql<SqlBool>`(${inContent('p.content')} or exists (select 1 from unnest(p.tags) tag where tag ilike ${like(q)})
    or exists (select 1 from publications x where x.post_id = p.id and ${inContent('x.content')}))`
}

/** Has the post a publication that is all of this? */
const hasPublication = (o: Pick<ListQuery, 'channelId' | 'platform' | 'contentType'>) => sql<SqlBool>`exists (
  select 1 from publications x join channels c on c.id = x.channel_id where x.post_id = p.id
    and ${o.channelId ? sql`x.channel_id = ${o.channelId}` : sql`true`}
    and ${o.platform ? sql`c.platform = ${o.platform}` : sql`true`}
    and ${o.contentType ? sql`${contentTypeOf('x')} = ${o.contentType}` : sql`true`})`

/** One page and one more, so that the caller knows whether there is a next. `at` is the sort key. */
export const listPosts = async (db: Db, o: ListQuery): Promise<(PostRow & { at: Date })[]> => {
  const key = o.range ? dueIn(o.range) : sql<Date>`p.created_at`
  let query = posts(db).select(sql<Date>`${key}`.as('at')).where('p.workspace_id', '=', o.ws)
  // The first line says what the second needs, in a form an index can answer.
  if (o.range) query = query.where(inRange(o.ws, o.range)).where(sql<SqlBool>`${key} is not null`)
  if (o.after)
    query = query.where(
      sql<SqlBool>`(${key}, p.id) ${sql.raw(o.range ? '>' : '<')} (${o.after.at}::timestamptz, ${o.after.id}::uuid)`,
    )
  if (o.channelId || o.platform || o.contentType) query = query.where(hasPublication(o))
  if (o.state) query = query.where(sql<SqlBool>`${stateSql} = ${o.state}`)
  if (o.q?.trim()) query = query.where(says(o.q.trim()))
  const direction = o.range ? 'asc' : 'desc'
  return query
    .orderBy('at', direction)
    .orderBy('p.id', direction)
    .limit(o.limit + 1)
    .execute()
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
