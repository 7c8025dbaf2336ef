/**
 * What networks tell may be kept for as long as each allows (`spec.keeps`): numbers of its posts and accounts, and what
 * its events said. Ids and links are no activity of people and stay.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'

type Forgotten = { platform: string; kinds: readonly string[] | null; numbers: number; events: number }

/** How long before the network's own limit (ms) things are forgotten, so that a sweep that comes late is still in time. */
const earlyMs = 2 * 3_600_000

/** Forgets what may no longer be kept; gives what it removed, rule by rule, those that found nothing left out. */
export const forgetTold = async (db: Db, platforms: ReadonlyMap<string, Platform>, now: Date): Promise<Forgotten[]> => {
  const gone: Forgotten[] = []
  for (const { spec } of platforms.values())
    for (const { kinds, ms } of spec.keeps ?? []) {
      const before = new Date(now.getTime() - ms + earlyMs)
      const numbers = await db
        .deleteFrom('snapshots')
        .using('channels as c')
        .whereRef('c.id', '=', 'snapshots.channel_id')
        .where('c.platform', '=', spec.id)
        .$if(kinds !== undefined, (q) => q.where('c.kind', 'in', [...(kinds ?? [])]))
        .where('snapshots.at', '<', before)
        .executeTakeFirst()
      // An event names its account; whose kind nobody knows any more goes by the shortest rule that could be meant. The
      // row stays, emptied, so that a replay is known as one.
      const events = await db
        .updateTable('webhook_events')
        .set({ data: 'null', message: null })
        .where('platform', '=', spec.id)
        .where('received_at', '<', before)
        .where('next_at', 'is', null)
        .where((e) => e.or([e('message', 'is not', null), sql<boolean>`data <> 'null'`]))
        .$if(kinds !== undefined, (q) =>
          q.where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('channels as c')
                  .select('c.id')
                  .whereRef('c.platform', '=', 'webhook_events.platform')
                  .whereRef('c.external_id', '=', 'webhook_events.account')
                  .where('c.kind', 'not in', [...(kinds ?? [])]),
              ),
            ),
          ),
        )
        .executeTakeFirst()
      const removed = { numbers: Number(numbers.numDeletedRows), events: Number(events.numUpdatedRows) }
      if (removed.numbers + removed.events > 0) gone.push({ platform: spec.id, kinds: kinds ?? null, ...removed })
    }
  return gone
}
