/** How many publications there are in each state, counted within indexes: of a million, tens of milliseconds. */
import { sql } from 'kysely'
import type { PublicationState } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'
import { isIn, openStates, settledStates } from './transition.ts'

/** What is under way is due by now, on some machine's clock. */
const skewMs = 3_600_000

/** States nothing is in are left out. What is open is one number in its index; the few under way are read, and the rest is scheduled. */
export const countByState = async (db: Db, now: Date): Promise<{ state: PublicationState; n: number }[]> => {
  const { rows } = await sql<{ state: PublicationState; n: number }>`
    with open as (select count(*) as n from publications where ${isIn(openStates)}),
    going as (
      select p.state, count(*) as n from channels c join publications p on p.channel_id = c.id
      where ${isIn(['publishing', 'waiting'], 'p')} and p.due_at <= ${new Date(now.getTime() + skewMs)} group by p.state
    )
    select state, n::float8 from (
      select s.state, sum(x.n) as n from workspaces w cross join unnest(${[...settledStates]}::text[]) s (state)
      cross join lateral (select count(*) as n from publications p where p.workspace_id = w.id and p.settled = s.state) x group by s.state
      union all select state, n from going
      union all select 'scheduled', open.n - (select coalesce(sum(n), 0) from going) from open
    ) x where n > 0`.execute(db)
  return rows
}
