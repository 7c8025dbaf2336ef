/** What somebody who watches an installation asks of all channels together: states, tokens that end, budgets that run out. */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { isPace, spanOf } from './quotas.ts'

export const channelsByState = async (db: Db): Promise<{ platform: string; state: string; n: number }[]> => {
  const { rows } = await sql<{ platform: string; state: string; n: number }>`
    select platform, state, count(*)::int as n from channels where removed_at is null group by platform, state`.execute(
    db,
  )
  return rows
}

/** When the first token of a working channel ends (UTC), told apart by whether we renew it ourselves. */
export const firstToEnd = async (db: Db): Promise<{ platform: string; renews: boolean; at: Date }[]> => {
  const { rows } = await sql<{ platform: string; renews: boolean; at: Date }>`
    select c.platform, t.refresh_at is not null as renews, min(t.expires_at) as at
    from channels c join channel_tokens t on t.channel_id = c.id
    where c.removed_at is null and c.state = 'ok' and t.expires_at is not null
    group by c.platform, t.refresh_at is not null`.execute(db)
  return rows
}

/** The part (0 to 1) left of each budget in the window that holds now, of the account that has least. Nothing counted yet: not told. A pace is the engine's concern. */
export const leastLeft = async (
  db: Db,
  specs: readonly Pick<PlatformSpec, 'id' | 'budgets'>[],
  now: number,
): Promise<{ platform: string; bucket: string; ratio: number }[]> => {
  const all = specs.flatMap(({ id, budgets = [] }) =>
    budgets
      .filter((b) => !isPace(b) && b.told !== 'alone')
      .map((b) => ({ platform: id, bucket: b.bucket, start: new Date(spanOf(b, now).start).toISOString() })),
  )
  const { rows } = await sql<{ platform: string; bucket: string; ratio: number }>`
    select platform, bucket, greatest(0, min(part))::float8 as ratio from (
      select q.platform, q.bucket, 1 - sum(q.used)::float8 / max(q.cap) as part
      from quotas q join unnest(${all.map((b) => b.platform)}::text[], ${all.map((b) => b.bucket)}::text[], ${all.map((b) => b.start)}::timestamptz[])
        as b (platform, bucket, start) on b.platform = q.platform and b.bucket = q.bucket and q.window_end > b.start
      where q.cap > 0
      group by q.platform, q.bucket, q.account
    ) x group by platform, bucket`.execute(db)
  return rows
}
