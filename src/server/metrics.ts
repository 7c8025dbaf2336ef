/** Prometheus metrics (metric-table.ts): what the server measures itself, the hooks the engine calls, and what is read from the database when asked. */

import { sql } from 'kysely'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '#infra/clock.ts'
import type { Database, Db } from '#infra/db/database.ts'
import type { PlatformSpec } from '#kit/facts/spec.ts'
import { countOpen } from '#planner/attention/store.ts'
import { fullestQuotas } from '#planner/channels/quotas.ts'
import { channelsByState, firstToEnd, leastLeft } from '#planner/channels/watched.ts'
import { countByState } from '#planner/publishing/counting.ts'
import { presenceOf } from '#planner/publishing/presence.ts'
import { queued } from '#planner/publishing/queued.ts'
import { described, type NameOf } from './metric-table.ts'

export type Metrics = {
  /** An HTTP request ended. Seconds. `route` is the contract's name or the pattern, never the address. */
  http: (o: { route: string; method: string; status: number; seconds: number }) => void
  /** A publication went out this many ms after its due time. */
  lateness: (platform: string, ms: number) => void
  /** Clarion's part of it. */
  sent: (platform: string, ms: number) => void
  /** An attempt ended and left the publication in that state; with the kind of its failure, if it had one. */
  verdict: (platform: string, state: string, kind?: string | null) => void
  /** Open event streams, +1 or -1. */
  streams: (change: 1 | -1) => void
  /** Something happened in a queue on Redis. */
  queueEvent: (queue: string, event: string) => void
  /** What the queues on Redis hold, asked when metrics are read; null: Redis is away. */
  watchQueues: (read: () => Promise<readonly ({ name: string } & Record<string, number | string>)[] | null>) => void
  /** The Prometheus text and its content type. Reads the database for what is counted there. */
  text: () => Promise<{ type: string; text: string }>
}

/** Counting takes at most this part of the time: what took 0.4 s is as old as 20 s at the next scrape. */
const share = 1 / 50

/** A look at the database is not repeated while what it gave holds. */
const sparing = <T>(clock: Pick<Clock, 'now'>, look: (now: Date) => Promise<T>) => {
  let last: { rows: Promise<T>; goodUntil: number } | undefined
  return (): Promise<T> => {
    const begun = clock.now()
    if (last && begun < last.goodUntil) return last.rows
    const mine = { rows: look(new Date(begun)), goodUntil: Number.POSITIVE_INFINITY }
    last = mine
    mine.rows.then(
      () => {
        mine.goodUntil = clock.now() + (clock.now() - begun) / share
      },
      () => {
        if (last === mine) last = undefined
      },
    )
    return mine.rows
  }
}

/** A database that has not answered for this long (ms) is away, and nothing more is asked of it by this scrape. */
const patienceMs = 2_000
const answers = async (db: Db): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs)
  })
  const ping = sql`select 1`.execute(db).then(
    () => true,
    () => false,
  )
  const up = await Promise.race([ping, late])
  clearTimeout(timer)
  return up
}

type Sample = readonly [labels: Record<string, string>, value: number]
export type MetricsDeps = {
  db: Db
  clock: Pick<Clock, 'now'>
  /** Whose connections are told. */
  pool?: Pick<Database['pool'], 'totalCount' | 'idleCount' | 'waitingCount'>
  /** Whose budgets are told. */
  budgets?: readonly Pick<PlatformSpec, 'id' | 'budgets'>[]
}

/** One registry per server, so that two in a process (tests) do not share numbers. */
export const createMetrics = ({ db, clock, pool, budgets = [] }: MetricsDeps): Metrics => {
  const registry = new Registry()
  // Its default, 10 ms, wakes an idle process a hundred times a second; what holds the loop up for longer is seen all the same.
  collectDefaultMetrics({ register: registry, prefix: 'clarion_', eventLoopMonitoringPrecision: 200 })
  const registers = [registry]
  const counter = (name: NameOf<'counter'>) => new Counter({ ...described(name), registers })
  const gauge = (name: NameOf<'gauge'>) => new Gauge({ ...described(name), registers })
  const histogram = (name: NameOf<'histogram'>) => new Histogram({ ...described(name), registers })

  const http = histogram('clarion_http_request_seconds')
  const lateness = histogram('clarion_publication_lateness_seconds')
  const sent = histogram('clarion_publication_sent_lateness_seconds')
  const verdicts = counter('clarion_attempts_total')
  const failures = counter('clarion_failures_total')
  const streams = gauge('clarion_event_streams')
  const queueEvents = counter('clarion_queue_events_total')
  const up = gauge('clarion_database_up')
  const ping = gauge('clarion_database_ping_seconds')
  const connections = gauge('clarion_database_connections')
  const missing = counter('clarion_scrape_errors_total')

  const looks: (() => Promise<void>)[] = []
  /** Gauges that one look at the database fills. Whatever it could not give is missing and counted, and never a zero that nobody counted. */
  const fill = <T, N extends NameOf<'gauge'>>(
    names: readonly N[],
    look: (now: Date) => Promise<T>,
    tell: (got: T) => Record<N, readonly Sample[]>,
  ) => {
    const gauges = names.map((name) => [name, gauge(name)] as const)
    const rows = sparing(clock, look)
    looks.push(async () => {
      const got = answering ? await rows().then(tell, () => null) : null
      for (const [name, g] of gauges) {
        g.reset()
        // Without labels a reset is a zero; `remove` wants a value for each label.
        if (described(name).labelNames.length === 0) g.remove()
        if (!got) missing.inc({ metric: name })
        for (const [labels, value] of got?.[name] ?? []) g.set(labels, value)
      }
    })
  }
  let answering = false

  fill(
    ['clarion_publications'],
    (now) => countByState(db, now),
    (rows) => ({ clarion_publications: rows.map((r) => [{ state: r.state }, r.n]) }),
  )
  fill(
    ['clarion_publications_due', 'clarion_oldest_due_seconds'],
    (now) => queued(db, now),
    (rows) => ({
      clarion_publications_due: rows.map((r) => [{ platform: r.platform }, r.n]),
      clarion_oldest_due_seconds: rows.map((r) => [
        { platform: r.platform },
        Math.max(0, clock.now() - r.oldest.getTime()) / 1000,
      ]),
    }),
  )
  fill(
    ['clarion_worker_silent_seconds'],
    (now) => presenceOf(db, now.getTime()),
    ({ lookedAt }) => ({
      clarion_worker_silent_seconds: lookedAt ? [[{}, Math.max(0, clock.now() - lookedAt.getTime()) / 1000]] : [],
    }),
  )
  fill(
    ['clarion_attention_open'],
    () => countOpen(db),
    (rows) => ({ clarion_attention_open: rows.map((r) => [{ kind: r.kind }, r.n]) }),
  )
  fill(
    ['clarion_channels'],
    () => channelsByState(db),
    (rows) => ({ clarion_channels: rows.map(({ n, ...labels }) => [labels, n]) }),
  )
  fill(
    ['clarion_token_expires_in_seconds'],
    () => firstToEnd(db),
    (rows) => ({
      clarion_token_expires_in_seconds: rows.map((r) => [
        { platform: r.platform, renews: r.renews ? 'yes' : 'no' },
        (r.at.getTime() - clock.now()) / 1000,
      ]),
    }),
  )
  fill(
    ['clarion_budget_left_ratio'],
    (now) => leastLeft(db, budgets, now.getTime()),
    (rows) => ({ clarion_budget_left_ratio: rows.map(({ ratio, ...labels }) => [labels, ratio]) }),
  )
  fill(
    ['clarion_network_quota_used_ratio'],
    (now) => fullestQuotas(db, now),
    (rows) => ({ clarion_network_quota_used_ratio: rows.map(({ ratio, ...labels }) => [labels, ratio]) }),
  )

  const look = async () => {
    const begun = performance.now()
    answering = await answers(db)
    up.set(answering ? 1 : 0)
    ping.set((performance.now() - begun) / 1000)
    if (pool) {
      connections.set({ state: 'total' }, pool.totalCount)
      connections.set({ state: 'idle' }, pool.idleCount)
      connections.set({ state: 'waiting' }, pool.waitingCount)
    }
    // One after the other: whoever only watches takes one connection at most.
    for (const one of looks) await one()
  }

  return {
    http: ({ route, method, status, seconds }) => http.observe({ route, method, status: String(status) }, seconds),
    lateness: (platform, ms) => lateness.observe({ platform }, Math.max(0, ms) / 1000),
    sent: (platform, ms) => sent.observe({ platform }, Math.max(0, ms) / 1000),
    verdict: (platform, verdict, kind) => {
      verdicts.inc({ platform, verdict })
      if (kind) failures.inc({ platform, kind })
    },
    streams: (change) => streams.inc(change),
    queueEvent: (queue, event) => queueEvents.inc({ queue, event }),
    watchQueues: (read) => {
      const redisUp = gauge('clarion_redis_up')
      const jobs = gauge('clarion_queue_jobs')
      looks.push(async () => {
        const queues = await read().catch(() => null)
        jobs.reset()
        redisUp.set(queues ? 1 : 0)
        for (const { name, ...states } of queues ?? [])
          for (const [state, n] of Object.entries(states)) jobs.set({ queue: name, state }, Number(n))
      })
    },
    text: async () => {
      await look()
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
