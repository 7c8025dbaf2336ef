/**
 * That a network said "nothing is left until then", told to every process and kept over a restart: a second worker, and the
 * other channels of the same app, do not have to meet the refusal themselves. What is left, while something is, stays
 * with who heard it (told.ts): it changes with each call, and being wrong by a few calls harms nobody.
 */
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Clock } from '#infra/clock.ts'
import { type Database, type Db, topics } from '#infra/db/database.ts'

/** Whose budget: as `quotas` has it. */
export type WordPlace = { platform: string; account: string; bucket: string }
export const keyAt = ({ platform, account, bucket }: WordPlace): string => `${platform}/${account}/${bucket}`
/** `until` in epoch ms; null: it holds no more. */
type Word = WordPlace & { cap: number; until: number | null }

const message = z.object({
  by: z.string(),
  platform: z.string(),
  account: z.string(),
  bucket: z.string(),
  cap: z.number(),
  until: z.number().nullable(),
})

/** Words read at once. */
const most = 20_000
/** An end that moved by less (ms) is the same word. */
const sameMs = 5_000

const rowsNow = (db: Db, now: Date, platforms?: readonly string[]) =>
  db
    .selectFrom('quota_words')
    .selectAll()
    .where('until', '>', now)
    .$if(platforms !== undefined, (q) => q.where('platform', 'in', platforms!))
    .orderBy('at', 'desc')
    .limit(most)
    .execute()

/** The words that hold now, by their place (`keyAt`). `platforms` not empty. */
export const wordsNow = async (db: Db, platforms: readonly string[], now: Date) =>
  new Map((await rowsNow(db, now, platforms)).map((w) => [keyAt(w), w]))

export const sweepWords = async (db: Db, now: Date): Promise<void> => {
  await db.deleteFrom('quota_words').where('until', '<', now).execute()
}

export const createWords = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  /** Told of a word of another process, and of those from before this one. */
  hear: (word: Word) => void
  listen?: Database['listen']
  onError?: (error: unknown, about: string) => void
}) => {
  /** Tells our own echo apart. */
  const by = randomBytes(8).toString('hex')
  /** What was last told, so that it is not told with every answer. */
  const said = new Map<string, number>()
  let work: Promise<void> = Promise.resolve()
  let started: Promise<void> | null = null

  const hear = (word: Word) => {
    const key = keyAt(word)
    if (word.until === null) said.delete(key)
    else said.set(key, word.until)
    d.hear(word)
  }
  const load = async () => {
    for (const w of await rowsNow(d.db, new Date(d.clock.now()))) hear({ ...w, until: w.until.getTime() })
  }
  const onNotice = (payload: string) => {
    // After a gap in the connection something may have been missed.
    if (payload === '') return void load().catch((error: unknown) => d.onError?.(error, 'budgets'))
    let data: unknown
    try {
      data = JSON.parse(payload)
    } catch {
      data = null
    }
    const word = message.safeParse(data)
    if (!word.success) return d.onError?.(new Error('a word of a budget is not in the right form'), 'budgets')
    if (word.data.by !== by) hear(word.data)
  }
  const start = async () => {
    const stop = await d.listen?.(topics.budgets, onNotice)
    try {
      await load()
    } catch (error) {
      await stop?.()
      throw error
    }
  }

  const write = async (word: Word) => {
    const { platform, account, bucket, cap, until } = word
    const at = new Date(d.clock.now())
    const kept =
      until === null
        ? sql`delete from quota_words where platform = ${platform} and account = ${account} and bucket = ${bucket} returning 1`
        : sql`insert into quota_words (platform, account, bucket, cap, until, at)
            values (${platform}, ${account}, ${bucket}, ${cap}::float8, ${new Date(until)}::timestamptz, ${at}::timestamptz)
            on conflict (platform, account, bucket) do update set cap = excluded.cap, until = excluded.until, at = excluded.at
            returning 1`
    await sql`with kept as (${kept}) select pg_notify(${topics.budgets}, ${JSON.stringify({ by, ...word })}) from kept`.execute(
      d.db,
    )
  }
  /** One after the other, so that the last word is the one that stays. */
  const tell = (word: Word) => {
    work = work.then(() =>
      write(word).catch((error: unknown) => {
        // So that the next answer tells it again.
        said.delete(keyAt(word))
        d.onError?.(error, 'budgets')
      }),
    )
  }

  return {
    /** Before the first call that a word may stop: knows what is known, and hears what others hear from here on. Never throws. */
    ready: async (): Promise<void> => {
      started ??= start()
      await started.catch((error: unknown) => {
        // Nothing is known then, as on the first day; the next call asks again.
        started = null
        d.onError?.(error, 'budgets')
      })
    },
    /** Nothing is left until then (epoch ms). In the background. */
    spent: (place: WordPlace, cap: number, until: number): void => {
      const key = keyAt(place)
      if (Math.abs((said.get(key) ?? 0) - until) < sameMs) return
      if (said.size >= most) said.clear()
      said.set(key, until)
      tell({ ...place, cap, until })
    },
    /** There is room again before the time that was told. In the background. */
    over: (place: WordPlace): void => {
      if (said.delete(keyAt(place))) tell({ ...place, cap: 0, until: null })
    },
    settled: async (): Promise<void> => {
      const mine = work
      await mine
      if (work !== mine) await work
    },
  }
}
