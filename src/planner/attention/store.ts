/** Opening and resolving what no row of a publication or channel tells by itself: what stands is compared with what is found. */
import { type RawBuilder, sql } from 'kysely'
import type { AttentionKind } from '#contract/attention.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'

/** The workspace whose people run the installation: they are told what is the installation's. */
export const firstWorkspace: RawBuilder<string> = sql`(select w.id from workspaces w order by w.created_at, w.id limit 1)`

/** `workspaceId` null: the installation's. */
export type Found = { workspaceId: string | null; subject: string; data?: Record<string, unknown> }

/**
 * What is `found` of a kind is open afterwards, and nothing else of it: what is gone is resolved. `of`: found was looked for
 * at this subject alone, and others stay. Screens are told of a change. In the caller's transaction, if it has one.
 */
export const keepOpen = async (
  db: Db,
  kind: AttentionKind,
  found: readonly Found[],
  now: Date,
  of?: string,
): Promise<void> => {
  const { rows } = await sql<{ ws: string | null }>`
    with found as (
      select * from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as f("workspaceId" uuid, subject text, data jsonb)
    ), over as (
      update attention a set resolved_at = ${now} where a.kind = ${kind} and a.resolved_at is null
        and (${of ?? null}::text is null or a.subject = ${of ?? null}) and not exists (select from found f where f.subject = a.subject)
      returning a.workspace_id
    ), opened as (
      insert into attention (workspace_id, kind, subject, data, opened_at)
      select "workspaceId", ${kind}, subject, coalesce(data, '{}'), ${now}::timestamptz from found
      on conflict do nothing returning workspace_id
    )
    select distinct coalesce(x.workspace_id, ${firstWorkspace}) as ws
    from (select * from over union all select * from opened) x`.execute(db)
  for (const { ws } of rows) if (ws) await notify(db, topics.live, { workspaceId: ws, kind: 'attention', id: kind })
}

/** Forgets what was resolved before `before`; gives how many. */
export const forgetResolved = async (db: Db, before: Date): Promise<number> => {
  const gone = await db.deleteFrom('attention').where('resolved_at', '<', before).executeTakeFirst()
  return Number(gone.numDeletedRows)
}

/** What is open, by kind, in the whole installation. */
export const countOpen = async (db: Db): Promise<{ kind: string; n: number }[]> => {
  const { rows } = await sql<{ kind: string; n: number }>`
    select kind, count(*)::int as n from attention where resolved_at is null group by kind`.execute(db)
  return rows
}
