/** One burst of one arm, measured: everything due at one second, until all of it is out. */
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { seedRows } from '#infra/testing/rows.ts'
import type { Contender, Enter, Size } from './contenders.ts'
import { cpuOf } from './cost.ts'
import { type Ground, openGround } from './ground.ts'
import { benched } from './model.ts'

export type Burst = {
  /** Posts out, from the due second on, divided by the time until the last one was (a second). */
  per_second: number
  /** From the due second until the network's answer was there. */
  lateness_ms: { p50: number; p99: number; max: number }
  /** CPU ms a publication: the arm's own processes, its database and Redis; the sandbox apart. */
  cpu_ms: { app: number; database: number; redis: number; all: number; sandbox: number }
  /** Statements and transactions a publication, and bytes of WAL. */
  statements: number
  transactions: number
  wal_bytes: number
  /** By the arm's own word. */
  published: number
  /** By the ledger of the network: asked for more than once, and never. */
  duplicates: number
  lost: number
}

export type Arm = {
  name: string
  what: string
  enter: Enter
  redis?: boolean
  /** A PostgreSQL of the machine. */
  major?: number
  /** Publications of history the database holds before the plan is written. */
  rows?: number
}

const percentile = (sorted: readonly number[], p: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN)
const round = (n: number, digits = 1): number => Number(n.toFixed(digits))

/** How long an arm may take (ms): no arm is slower than 20 a second, and a quiet minute besides. */
const patienceMs = (size: Size) => 60_000 + size.publications * 50

const counters = async ({ model }: Ground) => {
  const { rows } = await model.database.pool.query<{ statements: number; transactions: number; wal: number }>(
    `select (select coalesce(sum(calls), 0)::float8 from pg_stat_statements) as statements,
      (select xact_commit::float8 from pg_stat_database where datname = current_database()) as transactions,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal`,
  )
  return rows[0]!
}

const costs = async (g: Ground, c: Contender) => ({
  app: await cpuOf(c.pids),
  database: await cpuOf([g.pids.database]),
  redis: g.pids.redis === null ? 0 : await cpuOf([g.pids.redis]),
  sandbox: await cpuOf([g.pids.sandbox]),
})

/** What did not come out in time is told as it stands. */
const tellOpen = async ({ model }: Ground): Promise<void> => {
  const { rows } = await model.database.pool.query(
    `select p.state, p.reason, p.message, p.attempt, p.begun, p.next_at, p.lease_until, p.worker, c.id as channel, c.state as channel_state,
      c.lease_until as channel_lease, c.not_before, (select string_agg(concat_ws(' ', s.key, s.state, s.begun_at), ', ') from steps s where s.publication_id = p.id) as steps,
      (select string_agg(a.failure::text, ' | ') from attempts a where a.publication_id = p.id) as failures,
      now() as now from publications p join channels c on c.id = p.channel_id
      where p.state not in ('published', 'draft') order by p.channel_id, p.due_at, p.id limit 20`,
  )
  for (const row of rows) process.stderr.write(`  open: ${JSON.stringify(row)}\n`)
}

export const burst = async (o: { arm: Arm; dir: string; size: Size; slowMs: number }): Promise<Burst> => {
  const { size, arm } = o
  const ground = await openGround({ dir: o.dir, redis: arm.redis ?? false, ...(arm.major ? { major: arm.major } : {}) })
  try {
    if (arm.rows) await seedRows(ground.model.database.pool, { publications: arm.rows, now: new Date() })
    const contender = await arm.enter(ground, size)
    try {
      const platform = benched.spec.id
      if (o.slowMs > 0) await ground.desk.fault({ platform, do: 'slow', ms: o.slowMs, times: Number.MAX_SAFE_INTEGER })
      const before = new Set((await ground.desk.entries(platform)).map((e) => e.id))
      // Time enough to write the plan's times and jobs, of which 3,000 a second are the fewest.
      const lead = 3_000 + size.publications / 3
      const due = new Date(Math.ceil((Date.now() + lead) / 1000) * 1000)
      await contender.schedule(due)
      const [from, first] = [await costs(ground, contender), await counters(ground)]
      const end = due.getTime() + patienceMs(size)
      while (Date.now() < due.getTime() || ((await contender.open()) > 0 && Date.now() < end)) await pause(250)
      const [to, last] = [await costs(ground, contender), await counters(ground)]
      const times = await contender.times()
      if (times.length < size.publications) await tellOpen(ground)
      const late = times.map((t) => t - due.getTime()).sort((a, b) => a - b)
      const n = size.publications
      const each = (key: keyof typeof from) => round((to[key] - from[key]) / n, 2)
      const texts = (await ground.desk.entries(platform)).filter((e) => !before.has(e.id)).map((e) => e.text)
      const different = new Set(texts).size
      return {
        per_second: round(late.length / (Math.max(...late) / 1000)),
        lateness_ms: { p50: percentile(late, 50), p99: percentile(late, 99), max: percentile(late, 100) },
        cpu_ms: {
          app: each('app'),
          database: each('database'),
          redis: each('redis'),
          all: round(each('app') + each('database') + each('redis'), 2),
          sandbox: each('sandbox'),
        },
        statements: round((last.statements - first.statements) / n, 2),
        transactions: round((last.transactions - first.transactions) / n, 2),
        wal_bytes: Math.round((last.wal - first.wal) / n),
        published: late.length,
        duplicates: texts.length - different,
        lost: n - different,
      }
    } finally {
      await contender.stop()
    }
  } finally {
    await ground.close()
  }
}
