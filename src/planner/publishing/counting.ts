/** How many publications there are in each state: of a million, some milliseconds. */
import { sql } from 'kysely'
import type { PublicationState } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'
import { isIn, openStates, settledStates } from './transition.ts'

/** What is under way is due by now, on some machine's clock. */
const skewMs = 3_600_000

/**
 * States nothing is in are left out. What is published is a number that is kept (`published_counts`, and `uncounted` for what
 * is not in it yet): it is nearly everything. What else is settled is counted in its index; what is open is one number in
 * its own, the few under way are read, and the rest is scheduled.
 */
export const countByState = async (db: Db, now: Date): Promise<{ state: PublicationState; n: number }[]> => {
  const few = settledStates.filter((s) => s !== 'published')
  const { rows } = await sql<{ state: PublicationState; n: number }>`
    with open as (select count(*) as n from publications where ${isIn(openStates)}),
    going as (
      select x.state, sum(x.n) as n from channels c cross join lateral (
        select p.state, count(*) as n from publications p
        where p.channel_id = c.id and ${isIn(['publishing', 'waiting'], 'p')} and p.due_at <= ${new Date(now.getTime() + skewMs)}
        group by p.state
      ) x group by x.state
    )
    select state, n::float8 from (
      select s.state, sum(x.n) as n from workspaces w cross join unnest(${few}::text[]) s (state)
      cross join lateral (select count(*) as n from publications p where p.workspace_id = w.id and p.settled = s.state) x group by s.state
      union all select 'published', (select coalesce(sum(n), 0) from published_counts) + (select count(*) from uncounted)
      union all select state, n from going
      union all select 'scheduled', open.n - (select coalesce(sum(n), 0) from going) from open
    ) x where n > 0`.execute(db)
  return rows
}
