/**
 * Tells screens what may be stale, after the commit it speaks of: a NOTIFY inside makes commits wait for each other. What
 * comes within a moment goes in one statement, of each publication the newest word. A word that could not be sent is
 * kept and sent again; it is lost only with the process, and a screen that connects anew reads everything anyway.
 */
import { sql } from 'kysely'
import type { LiveEvent, PublicationState } from '#contract/posts.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, topics } from '#infra/db/database.ts'
import type { Log } from './deps.ts'
import type { Claim } from './store.ts'

export type Hints = {
  /** The publication came into this state. Call after the commit. */
  tell: (c: Claim, state: PublicationState) => void
  /** Sends what waits, now. Never rejects. */
  flush: () => Promise<void>
}

/** Words this close together (ms) go at once. */
const gatherMs = 40
/** A word that could not be sent is tried again after this long (ms). */
const againMs = 1_000

export const createHints = (d: { db: Db; clock: Clock; log: Log }): Hints => {
  // No more than there are publications in work.
  const waiting = new Map<string, string>()
  let planned = false
  /** One after another, or an older word could come after a newer one. */
  let sending = Promise.resolve()

  const send = async () => {
    if (waiting.size === 0) return
    const all = [...waiting]
    waiting.clear()
    try {
      await sql`select pg_notify(${topics.live}, said) from unnest(${all.map(([, said]) => said)}::text[]) as said`.execute(
        d.db,
      )
    } catch (err) {
      d.log.warn({ err }, 'screens could not be told; they are told again')
      for (const [id, said] of all) if (!waiting.has(id)) waiting.set(id, said)
      plan(againMs)
    }
  }
  const flush = () => {
    sending = sending.then(send)
    return sending
  }
  const plan = (ms: number) => {
    if (planned) return
    planned = true
    void d.clock.sleep(ms).then(() => {
      planned = false
      return flush()
    })
  }

  return {
    tell: (c, state) => {
      const event: LiveEvent = { kind: 'publication', id: c.publicationId, postId: c.postId, state }
      waiting.set(c.publicationId, JSON.stringify({ workspaceId: c.workspaceId, ...event }))
      plan(gatherMs)
    },
    flush,
  }
}
