/**
 * What networks say about their quotas, as it is kept for people and for the next start: of each channel and bucket the last
 * word. Answers bring one each, and the next replaces it, so what is heard is gathered for a moment and written once.
 */
import { sql } from 'kysely'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Quota } from '#kit/client/platform.ts'

export type ReadingSource = 'account' | 'headers'
type Word = { channelId: string; quota: Quota; at: Date }

/** Words of the same channel and bucket within this (ms) are written as one, the last. */
const gatherMs = 1_000
/** Words that are remembered as written at most; forgotten, one is written once more. */
const mostRemembered = 10_000

const isNumber = ({ used, cap }: Quota) => Number.isFinite(used) && Number.isFinite(cap)

/** Each channel and bucket once. */
const storeWords = async (db: Db, source: ReadingSource, words: readonly Word[]): Promise<void> => {
  const rows = words.map(({ channelId, quota: q, at }) => ({
    channel_id: channelId,
    bucket: q.bucket,
    source,
    label: q.label,
    used: q.used,
    cap: q.cap,
    resets_at: q.resetsAt === null || Number.isNaN(Date.parse(q.resetsAt)) ? null : new Date(q.resetsAt),
    at,
  }))
  if (rows.length === 0) return
  // In one order, so that two processes do not wait for each other in a ring.
  await sql`
    insert into quota_readings (channel_id, bucket, source, label, used, cap, resets_at, at)
    select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(channel_id uuid, bucket text, source text, label text,
      used float8, cap float8, resets_at timestamptz, at timestamptz) order by 1, 2
    on conflict (channel_id, bucket) do update set source = excluded.source, label = excluded.label, used = excluded.used,
      cap = excluded.cap, resets_at = excluded.resets_at, at = excluded.at`.execute(db)
}

/** Stores what the network said about its quotas on a channel; an older word is replaced. */
export const storeReadings = (
  db: Db,
  channelId: string,
  source: ReadingSource,
  quotas: readonly Quota[],
  now: Date,
): Promise<void> => {
  // A list that names a bucket twice would make the statement fail.
  const last = new Map(quotas.filter(isNumber).map((quota) => [quota.bucket, { channelId, quota, at: now }]))
  return storeWords(db, source, [...last.values()])
}

export type Readings = {
  /** Keeps what an answer's headers said, at `now` (epoch ms); in the background. */
  hear: (channelId: string, quotas: readonly Quota[], now: number) => void
  /** Writes what was heard, now; resolves when it is. */
  settled: () => Promise<void>
}

const same = (a: Quota, b: Quota) =>
  a.used === b.used && a.cap === b.cap && a.resetsAt === b.resetsAt && a.label === b.label

/** `onError`: told when a word could not be written. */
export const createReadings = (d: {
  db: Db
  clock: Pick<Clock, 'sleep'>
  onError?: (error: unknown, channelId: string) => void
}): Readings => {
  const waiting = new Map<string, Word>()
  /** What was last written, so that an unchanged header is not written again. */
  const written = new Map<string, Quota>()
  let writing: Promise<void> | undefined
  let hurry = new AbortController()

  const one = async (key: string, word: Word): Promise<void> => {
    try {
      await storeWords(d.db, 'headers', [word])
    } catch (error) {
      written.delete(key)
      d.onError?.(error, word.channelId)
    }
  }
  /** One write at a time: two answers at once must not end with the older one's word. */
  const write = async (): Promise<void> => {
    hurry = new AbortController()
    await d.clock.sleep(gatherMs, hurry.signal)
    const all = [...waiting]
    waiting.clear()
    try {
      await storeWords(
        d.db,
        'headers',
        all.map(([, word]) => word),
      )
    } catch {
      // One of them may be the cause (its channel is gone).
      for (const [key, word] of all) await one(key, word)
    }
  }
  const start = (): void => {
    writing ??= write().finally(() => {
      writing = undefined
      if (waiting.size > 0) start()
    })
  }

  return {
    hear: (channelId, quotas, now) => {
      for (const quota of quotas) {
        if (!isNumber(quota)) continue
        const key = `${channelId}/${quota.bucket}`
        const before = written.get(key)
        if (before && same(before, quota)) continue
        if (written.size >= mostRemembered) written.clear()
        written.set(key, quota)
        waiting.set(key, { channelId, quota, at: new Date(now) })
      }
      if (waiting.size > 0) start()
    },
    settled: async () => {
      while (writing) {
        hurry.abort()
        await writing
      }
    },
  }
}
