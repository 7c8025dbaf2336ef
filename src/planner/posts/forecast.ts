/** The forecast: preflight once more, shortly before the due time, with the account as it is then. "Will fail" shows in the calendar. */
import { sql } from 'kysely'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { isIn } from '../publishing/transition.ts'
import { checkCandidates, type PlanDeps } from './plan.ts'
import { forecastAheadMs, worthSaying } from './rules.ts'

/**
 * What is due within this (ms) is left to the engine: its rows must not be locked when their moment comes. It was
 * forecast minutes ago, or checked when it was scheduled or edited.
 */
const handsOffMs = 20_000

const waiting = (db: Db, now: Date) =>
  db
    .selectFrom('publications as p')
    .where(isIn(['scheduled'], 'p'))
    .where('p.forecast_at', 'is', null)
    .where('p.next_at', '<=', new Date(now.getTime() + forecastAheadMs))
    .where('p.next_at', '>', new Date(now.getTime() + handsOffMs))
    .orderBy('p.next_at')
    .orderBy('p.id')

export type ForecastDeps = PlanDeps & {
  /** Asks networks about the accounts first: their quotas and limits as they are now. */
  askAccounts?: (channelIds: readonly string[]) => Promise<void>
}

/**
 * Forecasts up to `limit` publications due within the next 10 minutes that have no forecast yet. Many workers may run
 * it at once (SKIP LOCKED). Gives how many it looked at: call again while it equals `limit`.
 */
export const forecastDue = async (d: ForecastDeps, limit: number): Promise<number> => {
  // Before any row is locked: a network may take its time.
  if (d.askAccounts) {
    const soon = await waiting(d.db, new Date(d.clock.now())).select('p.channel_id').limit(limit).execute()
    await d.askAccounts([...new Set(soon.map((p) => p.channel_id))])
  }
  return d.db.transaction().execute(async (trx) => {
    const now = new Date(d.clock.now())
    const due = await waiting(trx, now)
      .innerJoin('posts as b', 'b.id', 'p.post_id')
      .select([
        'p.id',
        'p.post_id',
        'p.workspace_id',
        'p.channel_id',
        'p.content',
        'p.settings',
        'p.next_at',
        'p.forecast',
        'b.content as base',
      ])
      .limit(limit)
      .forUpdate('p')
      .skipLocked()
      .execute()
    for (const p of due) {
      const [checked] = await checkCandidates(
        trx,
        d.preflight,
        [{ id: p.id, channelId: p.channel_id, base: p.base, own: p.content, settings: p.settings, dueAt: p.next_at }],
        now,
      )
      // What preparing met is known to preparing alone.
      const met = (p.forecast as Finding[]).filter((f) => f.kind.startsWith('prepare.'))
      const forecast = [...met, ...worthSaying(checked!.findings)]
      await trx
        .updateTable('publications')
        .set({
          forecast: JSON.stringify(forecast),
          forecast_at: now,
          ...(forecast.length > 0 ? { version: sql<number>`version + 1` } : {}),
        })
        .where('id', '=', p.id)
        .execute()
      if (forecast.length > 0)
        await notify(trx, topics.live, {
          workspaceId: p.workspace_id,
          kind: 'publication',
          id: p.id,
          postId: p.post_id,
          state: 'scheduled',
        })
    }
    return due.length
  })
}

/** When the job should look next (a UTC instant, maybe past): ten minutes before the first publication without a forecast. Null: nothing to do. */
export const nextForecast = async (d: Pick<PlanDeps, 'db' | 'clock'>): Promise<Date | null> => {
  const row = await d.db
    .selectFrom('publications')
    .select((e) => e.fn.min('next_at').as('at'))
    .where(isIn(['scheduled']))
    .where('forecast_at', 'is', null)
    .where('next_at', '>', new Date(d.clock.now() + handsOffMs))
    .executeTakeFirst()
  return row?.at ? new Date(row.at.getTime() - forecastAheadMs) : null
}
