/**
 * For carriers of many processes: which publications come next, one a channel, so that each can be given its turn. It only
 * foretells what `due.claim` will take; a turn that came too early, or for something that is gone, takes nothing.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { headOf } from './due.ts'
import { may } from './transition.ts'

export type Coming = { id: string; platform: string; attempt: number; at: Date }

/** At most so many of one look; the others come with the next. */
const most = 2_000

/** The heads of channels that nobody works on, due until then. `channels`: of these alone. */
export const coming = async (
  db: Db,
  o: { now: Date; until: Date; channels?: readonly string[] },
): Promise<Coming[]> => {
  const rows = await sql<{ id: string; platform: string; attempt: number; at: Date }>`
    with due as (
      select distinct p.channel_id from publications p
      where ${may('claim', 'p')} and p.next_at <= ${o.until}
        ${o.channels ? sql`and p.channel_id = any(${o.channels as string[]}::uuid[])` : sql``}
    )
    select x.id, c.platform, x.attempt + 1 as attempt, greatest(x.next_at, coalesce(c.not_before, x.next_at)) as at
    from due join channels c on c.id = due.channel_id join workspaces w on w.id = c.workspace_id
    cross join lateral (${headOf(sql`w.backlog_order`, { now: sql`${o.now}::timestamptz`, until: sql`${o.until}::timestamptz` })}) x
    where c.state = 'ok' and c.removed_at is null and c.paused_at is null and w.paused_at is null
      and (c.lease_until is null or c.lease_until <= ${o.now})
      and x.next_at <= ${o.until} and (c.not_before is null or c.not_before <= ${o.until})
    order by 4 limit ${most}`.execute(db)
  return rows.rows
}
