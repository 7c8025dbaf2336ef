/**
 * Does anybody publish? Each worker writes down now and then that it has looked for what is due, so that a process which
 * only shows can say when nobody has.
 */
import { sql } from 'kysely'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Log } from './deps.ts'

/** Written down at most this often (ms). */
const everyMs = 10_000
/** Nobody has looked for this long (ms): nothing publishes. Looks are at most 5 s apart, and a machine may be slow. */
const quietAfterMs = 45_000
/** Workers that have not looked for this long (ms) are forgotten: most names never come again. */
const forgetAfterMs = 7 * 24 * 3_600_000

/** `looked`: this worker has completed a look. `flush`: what is being written has been. */
export type Presence = { looked: () => void; flush: () => Promise<void> }
export const createPresence = (d: { db: Db; clock: Pick<Clock, 'now'>; log: Log; worker: string }): Presence => {
  let saidAt = Number.NEGATIVE_INFINITY
  let saying: Promise<void> = Promise.resolve()
  const say = async (now: number) => {
    await sql`
      with old as (delete from workers where looked_at < ${new Date(now - forgetAfterMs)} and name <> ${d.worker})
      insert into workers (name, looked_at) values (${d.worker}, ${new Date(now)})
      on conflict (name) do update set looked_at = excluded.looked_at`.execute(d.db)
  }
  return {
    looked: () => {
      const now = d.clock.now()
      if (Math.abs(now - saidAt) < everyMs) return
      saidAt = now
      saying = say(now).catch((err: unknown) => {
        saidAt = Number.NEGATIVE_INFINITY
        d.log.warn({ err }, 'it could not be written down that this worker looks')
      })
    },
    flush: () => saying,
  }
}

/** When a worker last looked (null: none ever did), and whether that is recent enough to say that Clarion publishes. */
export const presenceOf = async (db: Db, now: number): Promise<{ working: boolean; lookedAt: Date | null }> => {
  const { rows } = await sql<{ at: Date | null }>`select max(looked_at) as at from workers`.execute(db)
  const lookedAt = rows[0]?.at ?? null
  return { working: lookedAt !== null && now - lookedAt.getTime() <= quietAfterMs, lookedAt }
}
