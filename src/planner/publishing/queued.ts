/** How much waits to be published, and for how long: for whoever watches. */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { isIn } from './transition.ts'

/** So many are counted at most: a backlog larger than this is told by its age. */
const most = 10_000

/** Due (or due again) and in nobody's hands, oldest first, on channels that can publish. `oldest` in UTC. */
export const queued = async (db: Db, now: Date): Promise<{ platform: string; n: number; oldest: Date }[]> => {
  const { rows } = await sql<{ platform: string; n: number; oldest: Date }>`
    select platform, count(*)::int as n, min(next_at) as oldest from (
      select c.platform, p.next_at from publications p join channels c on c.id = p.channel_id
      where ${isIn(['scheduled', 'waiting'], 'p')} and p.next_at <= ${now}
        and c.removed_at is null and c.paused_at is null and c.state = 'ok'
      order by p.next_at limit ${sql.lit(most)}
    ) x group by platform`.execute(db)
  return rows
}
