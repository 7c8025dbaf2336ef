/** Media's SQL. */
import { sql } from 'kysely'
import { type PublicationState, publicationStates } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'
import type { Cursor } from '../paging/cursor.ts'
import { isIn } from '../publishing/transition.ts'
import { endedStates } from './rules.ts'

const columns = [
  'id',
  'workspace_id',
  'kind',
  'mime',
  'bytes',
  'width',
  'height',
  'duration_ms',
  'facts',
  'sha256',
  'name',
  'alt',
  'storage_key',
  'created_at',
  'version',
  'source_url',
] as const
const there = (db: Db) => db.selectFrom('media').select(columns).where('deleted_at', 'is', null)

/** Newest first; one more than `limit` tells whether there is another page. */
export const list = (db: Db, ws: string, o: { after: Pick<Cursor, 'at' | 'id'> | null; limit: number }) => {
  const q = there(db)
    .where('workspace_id', '=', ws)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(o.limit + 1)
  return (
    o.after ? q.where((e) => e(e.refTuple('created_at', 'id'), '<', e.tuple(o.after!.at, o.after!.id))) : q
  ).execute()
}
export type MediaRow = Awaited<ReturnType<typeof list>>[number]

export const one = (db: Db, ws: string, id: string) =>
  there(db).where('workspace_id', '=', ws).where('id', '=', id).executeTakeFirst()
/** Whichever workspace it is in: for the engine, which has no caller. */
export const anywhere = (db: Db, id: string) => there(db).where('id', '=', id).executeTakeFirst()
export const lock = (trx: Db, ws: string, id: string) =>
  there(trx).where('workspace_id', '=', ws).where('id', '=', id).forUpdate().executeTakeFirst()

/** The post of publication `u` is not deleted. Asked one by one, of what shows the file: few do, and the open ones may be many. */
const postStands = sql`(select p.deleted_at is null from posts p where p.id = u.post_id)`

/** Publication `u` is not over. */
const goesOn = isIn(
  publicationStates.filter((s) => !endedStates.includes(s)),
  'u',
)

/** Posts of the workspace that are not over and use this file: in their text, an override, a setting or the frozen copy. */
export const inUse = async (db: Db, ws: string, id: string): Promise<boolean> => {
  const shows = sql<string>`${JSON.stringify({ segments: [{ mediaIds: [id] }] })}::jsonb`
  const { rows } = await sql<{ used: boolean }>`select exists (
    select 1 from posts p where p.workspace_id = ${ws} and p.deleted_at is null and p.content @> ${shows}
      and (not exists (select 1 from publications u where u.post_id = p.id)
        or exists (select 1 from publications u where u.post_id = p.id and u.content is null and ${goesOn}))
    union all
    select 1 from publications u
      where u.workspace_id = ${ws} and ${postStands} and ${goesOn}
        and (u.content @> ${shows} or position(${id} in u.settings::text) > 0 or position(${id} in u.frozen::text) > 0)
  ) as used`.execute(db)
  return rows[0]!.used
}

/** Does a publication in one of these states show the file: in the post's words, its own, or a setting? */
export const shownBy = async (
  db: Db,
  ws: string,
  id: string,
  states: readonly PublicationState[],
): Promise<boolean> => {
  const shows = sql<string>`${JSON.stringify({ segments: [{ mediaIds: [id] }] })}::jsonb`
  const { rows } = await sql<{ shown: boolean }>`select exists (
    select 1 from posts p where p.workspace_id = ${ws} and p.deleted_at is null and p.content @> ${shows}
      and exists (select 1 from publications u where u.post_id = p.id and u.content is null and ${isIn(states, 'u')})
    union all
    select 1 from publications u
      where u.workspace_id = ${ws} and ${postStands} and ${isIn(states, 'u')}
        and (u.content @> ${shows} or position(${id} in u.settings::text) > 0)
  ) as shown`.execute(db)
  return rows[0]!.shown
}

export const renditionsOf = (db: Db, mediaId: string) =>
  db.selectFrom('renditions').selectAll().where('media_id', '=', mediaId).execute()
export const rendition = (db: Db, mediaId: string, profile: string) =>
  db
    .selectFrom('renditions')
    .selectAll()
    .where('media_id', '=', mediaId)
    .where('profile', '=', profile)
    .executeTakeFirst()
export type RenditionRow = NonNullable<Awaited<ReturnType<typeof rendition>>>
