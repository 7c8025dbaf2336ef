/**
 * Budgets of "so many in any minute": a window that slides. Time is cut into slices, each a row of `quotas`; what counts
 * are all slices of which a part lies within the window, so that no stretch of its length ever holds more than the cap.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'

/** Whose budget: the primary key of `quotas` without its window. */
export type BudgetKey = { platform: string; account: string; bucket: string }
export type Slice = { start: number; end: number; used: number }

/** Slices of one window: the more, the closer to the cap one gets. Minutes are cut into ten, hours and days into quarters of an hour or less. */
const slicesOf = (ms: number) => (ms >= 3_600_000 ? 96 : 10)

/** The slice of a window of `ms` that holds `now` (epoch ms). Pure. */
export const sliceOf = (ms: number, now: number): { start: number; end: number } => {
  const length = Math.ceil(ms / slicesOf(ms))
  const start = Math.floor(now / length) * length
  return { start, end: start + length }
}

/** When `units` more fit under `cap` (epoch ms): now, or when enough old slices have left the window. Pure. */
export const roomAt = (held: readonly Slice[], ms: number, cap: number, units: number, now: number): number => {
  let used = held.reduce((sum, s) => sum + s.used, 0)
  let at = now
  for (const s of [...held].sort((a, b) => a.end - b.end)) {
    if (used + units <= cap) break
    used -= s.used
    at = Math.max(now, s.end + ms)
  }
  return at
}

/**
 * Takes `units` when no window of `ms` that holds `now` would have more than `cap`. Gives the slice they were taken from,
 * or when to ask again. All or nothing; workers side by side take turns on an advisory lock of this budget.
 */
export const takeRolling = (
  db: Db,
  key: BudgetKey,
  o: { ms: number; cap: number; units: number; now: number },
): Promise<{ start: Date } | { until: Date }> =>
  db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`quota ${key.platform} ${key.account} ${key.bucket}`}, 0))`.execute(
      trx,
    )
    const rows = await trx
      .selectFrom('quotas')
      .select(['window_start', 'window_end', 'used'])
      .where('platform', '=', key.platform)
      .where('account', '=', key.account)
      .where('bucket', '=', key.bucket)
      .where('window_end', '>', new Date(o.now - o.ms))
      .execute()
    const held = rows.map((r) => ({ start: r.window_start.getTime(), end: r.window_end.getTime(), used: r.used }))
    // More than the whole cap never fits: it goes alone, when the window is empty.
    const at = roomAt(held, o.ms, o.cap, Math.min(o.units, o.cap), o.now)
    if (at > o.now) return { until: new Date(at) }
    const slice = sliceOf(o.ms, o.now)
    await sql`
      insert into quotas (platform, account, bucket, window_start, window_end, used, cap)
      values (${key.platform}, ${key.account}, ${key.bucket}, ${new Date(slice.start)}, ${new Date(slice.end)}, ${o.units}::int, ${o.cap}::int)
      on conflict (platform, account, bucket, window_start) do update
        set used = quotas.used + excluded.used, cap = excluded.cap`.execute(trx)
    return { start: new Date(slice.start) }
  })
