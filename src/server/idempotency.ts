/**
 * Idempotency-Key: a write that is sent again gets the first one's answer, whatever happened to the connection.
 * running -> done | (5xx: forgotten). A runner touches its row while it works; one that stopped for a minute is dead
 * and the next caller takes the row over. The row's `created_at` is the runner's fence: only its owner may write it.
 * Answers rest sealed, since one of them (a new API key) is a secret.
 */
import { createHmac } from 'node:crypto'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { KeyRing } from '#infra/secrets.ts'

type Keys = Pick<KeyRing, 'seal' | 'open' | 'derive'>
export type Answer = { status: number; json: string; etag: string | null }
export type Once = (
  key: { actor: string; key: string; route: string; body: unknown },
  run: () => Promise<Answer>,
) => Promise<Answer & { replayed: boolean }>

/** ms a runner may be silent before it counts as dead. */
export const staleMs = 60_000
const touchMs = 20_000
/** ms an answer is kept. */
export const keptMs = 24 * 60 * 60_000
/** Printable ASCII, 1-255 characters. */
const form = /^[\x21-\x7e]{1,255}$/

/** The header's key, or null when absent. Raises `validation`. */
export const idempotencyKey = (header: string | string[] | undefined): string | null => {
  if (header === undefined) return null
  if (typeof header !== 'string' || !form.test(header))
    throw new Problem('validation', 'Idempotency-Key takes 1 to 255 printable ASCII characters without spaces.', {
      errors: [{ path: 'header.Idempotency-Key', message: 'is not in the right form' }],
    })
  return header
}

/** Where a stored answer lives, as its seal knows it. */
export const answerAad = (k: { actor: string; key: string }): string => `idempotency_keys/${k.actor}/${k.key}/reply`

/** Makes the runner. `run` answers (also with a 4xx); what it throws is not stored. */
export const createIdempotency = ({ db, clock, keys }: { db: Db; clock: Clock; keys: Keys }): Once => {
  // A body may hold a password: what rests of it must be no help for guessing.
  const secret = keys.derive('idempotency')
  const claim = async (
    k: { actor: string; key: string; route: string },
    hash: Buffer,
  ): Promise<{ mine: Date } | { answer: Answer }> => {
    const now = new Date(clock.now())
    const fresh = {
      ...k,
      body_hash: hash,
      state: 'running' as const,
      status: null,
      reply: null,
      etag: null,
      created_at: now,
    }
    const inserted = await db
      .insertInto('idempotency_keys')
      .values(fresh)
      .onConflict((c) => c.columns(['actor', 'key']).doNothing())
      .returning('created_at')
      .executeTakeFirst()
    if (inserted) return { mine: inserted.created_at }
    const row = await db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('actor', '=', k.actor)
      .where('key', '=', k.key)
      .executeTakeFirst()
    if (!row) return claim(k, hash) // forgotten between the two statements
    const age = now.getTime() - row.created_at.getTime()
    if (age <= keptMs && (row.route !== k.route || !row.body_hash.equals(hash)))
      throw new Problem('idempotency-mismatch')
    if (row.state === 'done' && age <= keptMs)
      return {
        answer: { status: row.status!, json: keys.open<string>(answerAad(k), row.reply as string), etag: row.etag },
      }
    if (row.state === 'running' && age <= staleMs) throw new Problem('idempotency-running')
    const taken = await db
      .updateTable('idempotency_keys')
      .set(fresh)
      .where('actor', '=', k.actor)
      .where('key', '=', k.key)
      .where('created_at', '=', row.created_at)
      .where('state', '=', row.state)
      .returning('created_at')
      .executeTakeFirst()
    if (!taken) throw new Problem('idempotency-running')
    return { mine: taken.created_at }
  }

  return async ({ body, ...k }, run) => {
    const hash = createHmac('sha256', secret).update(JSON.stringify(body)).digest()
    const claimed = await claim(k, hash)
    if ('answer' in claimed) return { ...claimed.answer, replayed: true }
    let mine = claimed.mine
    const row = () =>
      db
        .updateTable('idempotency_keys')
        .where('actor', '=', k.actor)
        .where('key', '=', k.key)
        .where('state', '=', 'running')
        .where('created_at', '=', mine)
    const forget = () =>
      db
        .deleteFrom('idempotency_keys')
        .where('actor', '=', k.actor)
        .where('key', '=', k.key)
        .where('state', '=', 'running')
        .where('created_at', '=', mine)
        .execute()
    const over = new AbortController()
    const touching = (async () => {
      for (;;) {
        await clock.sleep(touchMs, over.signal)
        if (over.signal.aborted) return
        const next = new Date(clock.now())
        const kept = await row().set({ created_at: next }).returning('created_at').executeTakeFirst()
        if (!kept) return // taken over: our answer still goes out, but is not the stored one
        mine = kept.created_at
      }
    })().catch(() => undefined) // a database that is away for one touch is told by the write that follows
    const stop = async () => {
      over.abort()
      await touching
    }
    try {
      const answer = await run()
      await stop()
      if (answer.status >= 500) await forget()
      else
        await row()
          .set({
            state: 'done',
            status: answer.status,
            reply: JSON.stringify(keys.seal(answerAad(k), answer.json)),
            etag: answer.etag,
          })
          .execute()
      return { ...answer, replayed: false }
    } catch (error) {
      await stop()
      await forget()
      throw error
    }
  }
}

/** Forgets answers older than a day. Gives how many. */
export const purgeIdempotency = async (db: Db, now: number): Promise<number> => {
  const gone = await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', new Date(now - keptMs))
    .executeTakeFirst()
  return Number(gone.numDeletedRows)
}
