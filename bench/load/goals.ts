/** What a run came to: medians over its rounds, and what was promised of them. Pure. */
import type { Burst } from './burst.ts'

export type Idle = { first_start_ms: number; start_ms: number; idle_mb: number; idle_cpu_percent: number }

export type Summary = Burst & {
  /** Of the same round, the median of the rounds. Null where the other arm did not run. */
  ratio_to_floor: number | null
  ratio_to_textbook: number | null
  /** The latest publication of all rounds (ms). */
  worst_ms: number
}

export const median = (list: readonly number[]): number => {
  const sorted = [...list].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
const round = (n: number, digits: number): number => Number(n.toFixed(digits))

/** Bursts by arm, one a round and in the order of the rounds, `of` one arm. */
export const summarise = (bursts: Readonly<Record<string, readonly Burst[]>>, of: string): Summary => {
  const mine = bursts[of]!
  const mid = (f: (b: Burst) => number, digits = 1) => round(median(mine.map(f)), digits)
  const ratioTo = (arm: string) => {
    const other = bursts[arm] ?? []
    const pairs = mine.flatMap((b, i) => (other[i] ? [b.per_second / other[i].per_second] : []))
    return pairs.length > 0 ? round(median(pairs), 3) : null
  }
  return {
    per_second: mid((b) => b.per_second),
    ratio_to_floor: ratioTo('floor'),
    ratio_to_textbook: ratioTo('textbook'),
    lateness_ms: {
      p50: mid((b) => b.lateness_ms.p50, 0),
      p99: mid((b) => b.lateness_ms.p99, 0),
      max: mid((b) => b.lateness_ms.max, 0),
    },
    worst_ms: Math.max(...mine.map((b) => b.lateness_ms.max)),
    cpu_ms: {
      app: mid((b) => b.cpu_ms.app, 2),
      database: mid((b) => b.cpu_ms.database, 2),
      redis: mid((b) => b.cpu_ms.redis, 2),
      all: mid((b) => b.cpu_ms.all, 2),
      sandbox: mid((b) => b.cpu_ms.sandbox, 2),
    },
    statements: mid((b) => b.statements, 2),
    transactions: mid((b) => b.transactions, 2),
    wal_bytes: mid((b) => b.wal_bytes, 0),
    // What went wrong once is not to vanish in a median.
    published: Math.min(...mine.map((b) => b.published)),
    duplicates: Math.max(...mine.map((b) => b.duplicates)),
    lost: Math.max(...mine.map((b) => b.lost)),
  }
}

export type Goal = { goal: string; got: number; met: boolean }

/** Clarion's arms: they alone promise something. */
export const clarionArms = ['own', 'pg15', 'redis1', 'redis2', 'rows'] as const

/** The goals this run can speak of. `slow`: the networks answered late; `size`: publications due at once. */
export const goalsOf = (o: {
  arms: Readonly<Record<string, Summary>>
  idle: Idle | null
  slow: boolean
  publications: number
}): Goal[] => {
  const { own, textbook, redis2, rows } = o.arms
  const out: Goal[] = []
  const least = (goal: string, got: number | null | undefined, want: number) => {
    if (typeof got === 'number') out.push({ goal: `${goal} >= ${want}`, got, met: got >= want })
  }
  const below = (goal: string, got: number | null | undefined, want: number) => {
    if (typeof got === 'number') out.push({ goal: `${goal} < ${want}`, got, met: got < want })
  }
  const here = clarionArms.filter((name) => o.arms[name])
  for (const name of here) {
    const { duplicates, lost } = o.arms[name]!
    below(`${name}: publications asked for twice or never`, duplicates + lost, 1)
  }
  if (o.slow) least('own: ratio to the textbook where networks answer late', own?.ratio_to_textbook, 1.5)
  else {
    least('own: ratio to the floor', own?.ratio_to_floor, 1)
    least('own: ratio to the textbook', own?.ratio_to_textbook, 1.5)
    least('redis2: ratio to the textbook', redis2?.ratio_to_textbook, 1.2)
    if (o.publications <= 1_000) {
      below('own: p99 lateness ms of a burst of 1,000', own?.lateness_ms.p99, 2_000)
      for (const name of here)
        below(
          `${name}: latest publication of a burst of 1,000, ms, no fault on the desk`,
          o.arms[name]!.worst_ms,
          5_000,
        )
    }
  }
  if (own && textbook) below("own: CPU a publication against the textbook's", ratio(own, textbook), 1)
  if (own && rows) below('rows: CPU a publication against that without history', ratio(rows, own), 1.2)
  below('own: SQL statements a publication', own?.statements, 5.01)
  if (o.idle) {
    below('idle: node and database, MB', o.idle.idle_mb, 200)
    below('idle: CPU percent of one core', o.idle.idle_cpu_percent, 1)
    below('first start, ms', o.idle.first_start_ms, 3_000)
    below('later start, ms', o.idle.start_ms, 2_000)
  }
  return out
}

const ratio = (a: Summary, b: Summary): number => round(a.cpu_ms.all / b.cpu_ms.all, 3)
