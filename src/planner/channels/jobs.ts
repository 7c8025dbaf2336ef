/** Background work of channels: tokens that are due for a refresh, connect flows nobody finished. */
import { sql } from 'kysely'
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, topics } from '#infra/db/database.ts'
import type { Keeper } from './keeper.ts'
import type { Quotas } from './quotas.ts'

/** How long a claimed token is left to its claimer before it is due again (ms); longer than a refresh call may take. */
export const claimMs = 90_000
/** Finished and expired connect flows are kept this long (ms), for the page a person still has open. */
export const keepFlowsMs = 24 * 60 * 60_000

/**
 * Claims up to `limit` channels whose token is due, oldest first, by moving `refresh_at` one claim ahead; a worker that
 * dies lets the claim run out. Two workers never claim the same one (SKIP LOCKED). Gives channel ids.
 */
export const claimDue = async (db: Db, now: Date, limit: number): Promise<string[]> => {
  const claimed = await db
    .with('due', (q) =>
      q
        .selectFrom('channel_tokens as t')
        .innerJoin('channels as c', 'c.id', 't.channel_id')
        .where('t.refresh_at', '<=', now)
        .where('c.removed_at', 'is', null)
        .where('c.state', '!=', 'reconnect')
        .orderBy('t.refresh_at')
        .limit(limit)
        .select('t.channel_id')
        .forUpdate('t')
        .skipLocked(),
    )
    .updateTable('channel_tokens')
    .from('due')
    .set({ refresh_at: new Date(now.getTime() + claimMs) })
    .whereRef('channel_tokens.channel_id', '=', 'due.channel_id')
    .returning('channel_tokens.channel_id')
    .execute()
  return claimed.map((r) => r.channel_id)
}

/** When the refresh job has work next; null when no token ever will. */
export const nextDue = async (db: Db): Promise<Date | null> => {
  const row = await db
    .selectFrom('channel_tokens as t')
    .innerJoin('channels as c', 'c.id', 't.channel_id')
    .where('c.removed_at', 'is', null)
    .where('c.state', '!=', 'reconnect')
    .select(sql<Date | null>`min(t.refresh_at)`.as('next'))
    .executeTakeFirst()
  return row?.next ?? null
}

/** Deletes connect flows that ended or expired a day ago; gives how many. */
export const sweepFlows = async (db: Db, now: Date): Promise<number> => {
  const r = await db
    .deleteFrom('connect_flows')
    .where('expires_at', '<', new Date(now.getTime() - keepFlowsMs))
    .executeTakeFirst()
  return Number(r.numDeletedRows)
}

const hourMs = 3_600_000

export const channelJobs = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  keeper: Pick<Keeper, 'refreshDue'>
  quotas: Pick<Quotas, 'sweep'>
}): Job[] => [
  {
    name: 'refresh tokens',
    topics: [topics.connected],
    atMostMs: 30_000,
    look: async () => (await d.keeper.refreshDue(20)).nextAt,
  },
  {
    name: 'sweep connect flows',
    givesWay: true,
    look: async () => {
      await sweepFlows(d.db, new Date(d.clock.now()))
      return new Date(d.clock.now() + hourMs)
    },
  },
  {
    name: 'sweep budgets',
    givesWay: true,
    look: async () => {
      await d.quotas.sweep(new Date(d.clock.now()))
      return new Date(d.clock.now() + 6 * hourMs)
    },
  },
]
