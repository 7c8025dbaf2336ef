/**
 * One refresh at a time per channel, across threads and processes: a PostgreSQL session advisory lock on a pool client
 * held for the length of the call. The database lets go by itself when the process dies, at any instruction.
 * (A session lock needs a session: behind PgBouncer use its session mode.)
 */
import type pg from 'pg'
import type { Database } from '#infra/db/database.ts'
import { tooLong } from '#infra/db/trouble.ts'

export type TokenLock = {
  /** Runs `work` while no other process runs one for this channel; waits for its turn. */
  hold: <T>(channelId: string, work: () => Promise<T>) => Promise<T>
}

/** Waits as long as it takes: the limits on locks and statements of a connection are for work, and this is a turn. */
const waitFor = async (client: pg.PoolClient, channelId: string): Promise<void> => {
  for (;;) {
    try {
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`clarion/token/${channelId}`])
      return
    } catch (error) {
      if (!tooLong(error)) throw error
    }
  }
}

/**
 * At most a third of the pool is spent on locks, so that whoever holds one always finds a connection to store what it
 * got. The pool needs at least two connections.
 */
export const createTokenLock = (database: Pick<Database, 'pool'>): TokenLock => {
  const seats = Math.max(1, Math.floor((database.pool.options.max ?? 10) / 3))
  const queue: (() => void)[] = []
  let taken = 0
  const sit = async () => {
    if (taken >= seats) await new Promise<void>((resolve) => queue.push(resolve))
    else taken++
  }
  // A seat is handed over, not given back and taken again: nobody can slip in between.
  const rise = () => {
    const next = queue.shift()
    if (next) next()
    else taken--
  }

  return {
    hold: async (channelId, work) => {
      await sit()
      try {
        const client = await database.pool.connect()
        // A checked-out client that loses its connection emits `error`; unheard, it would end the process.
        const lost = () => undefined
        client.on('error', lost)
        let clean = false
        try {
          await waitFor(client, channelId)
          try {
            return await work()
          } finally {
            clean = await client
              .query('select pg_advisory_unlock(hashtextextended($1, 0))', [`clarion/token/${channelId}`])
              .then(
                () => true,
                () => false,
              )
          }
        } finally {
          client.off('error', lost)
          // Not provably unlocked: end the connection, or the pool would carry the lock on.
          client.release(!clean)
        }
      } finally {
        rise()
      }
    },
  }
}
