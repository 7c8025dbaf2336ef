/** Prometheus metrics: what the server measures itself, and the hooks the engine calls. Labels never carry ids or names of people. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import { fullestQuotas } from '#planner/channels/quotas.ts'
import { countByState } from '#planner/publishing/counting.ts'

export type Metrics = {
  /** An HTTP request ended. Seconds. `route` is the contract's name or the pattern, never the address. */
  http: (o: { route: string; method: string; status: number; seconds: number }) => void
  /** A publication went out this many ms after its due time. */
  lateness: (platform: string, ms: number) => void
  /** Clarion's part of it. */
  sent: (platform: string, ms: number) => void
  /** An attempt ended: `published`, a failure kind, ... */
  verdict: (platform: string, verdict: string) => void
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

type Counted = Awaited<ReturnType<typeof countByState>>
/** Publications by state. Walks an index of all there are, so that on a large installation not every scrape counts anew. */
const counting = ({ db, clock }: { db: Db; clock: Pick<Clock, 'now'> }) => {
  let last: { rows: Promise<Counted>; goodUntil: number } | undefined
  return (): Promise<Counted> => {
    const begun = clock.now()
    if (last && begun < last.goodUntil) return last.rows
    const mine = { rows: countByState(db, new Date(begun)), goodUntil: Number.POSITIVE_INFINITY }
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

/** One registry per server, so that two in a process (tests) do not share numbers. */
export const createMetrics = ({ db, clock }: { db: Db; clock: Pick<Clock, 'now'> }): Metrics => {
  const byState = counting({ db, clock })
  const registry = new Registry()
  // Its default, 10 ms, wakes an idle process a hundred times a second; what holds the loop up for longer is seen all the same.
  collectDefaultMetrics({ register: registry, prefix: 'clarion_', eventLoopMonitoringPrecision: 200 })
  const registers = [registry]
  const http = new Histogram({
    name: 'clarion_http_request_seconds',
    help: 'HTTP requests',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const lateness = new Histogram({
    name: 'clarion_publication_lateness_seconds',
    help: 'Create step minus due time',
    labelNames: ['platform'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600],
    registers,
  })
  const sent = new Histogram({
    name: 'clarion_publication_sent_lateness_seconds',
    help: "Seconds from the due time until the request of the create left: Clarion's part of the lateness",
    labelNames: ['platform'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600],
    registers,
  })
  const verdicts = new Counter({
    name: 'clarion_attempts_total',
    help: 'Attempts by verdict',
    labelNames: ['platform', 'verdict'],
    registers,
  })
  const streams = new Gauge({ name: 'clarion_event_streams', help: 'Open event streams', registers })
  new Gauge({
    name: 'clarion_publications',
    help: 'Publications by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const rows = await byState()
      this.reset()
      for (const row of rows) this.set({ state: row.state }, row.n)
    },
  })
  new Gauge({
    name: 'clarion_network_quota_used_ratio',
    help: 'Used part (0 to 1) of what a network grants, by its own word in rate headers and answers: the fullest channel',
    labelNames: ['platform', 'bucket'],
    registers,
    async collect() {
      const rows = await fullestQuotas(db, new Date(clock.now()))
      this.reset()
      for (const row of rows) this.set({ platform: row.platform, bucket: row.bucket }, row.ratio)
    },
  })
  const queueEvents = new Counter({
    name: 'clarion_queue_events_total',
    help: 'Events of the queues on Redis. Of `publish-` one worker at a time tells: take the sum; of `work-` all do: take the largest',
    labelNames: ['queue', 'event'],
    registers,
  })
  return {
    http: ({ route, method, status, seconds }) => http.observe({ route, method, status: String(status) }, seconds),
    lateness: (platform, ms) => lateness.observe({ platform }, Math.max(0, ms) / 1000),
    sent: (platform, ms) => sent.observe({ platform }, Math.max(0, ms) / 1000),
    verdict: (platform, verdict) => verdicts.inc({ platform, verdict }),
    streams: (change) => streams.inc(change),
    queueEvent: (queue, event) => queueEvents.inc({ queue, event }),
    watchQueues: (read) => {
      const up = new Gauge({ name: 'clarion_redis_up', help: '1 while Redis takes our work', registers })
      new Gauge({
        name: 'clarion_queue_jobs',
        help: 'Jobs on Redis by queue and state, the same in every process',
        labelNames: ['queue', 'state'],
        registers,
        async collect() {
          const queues = await read().catch(() => null)
          this.reset()
          up.set(queues ? 1 : 0)
          for (const { name, ...states } of queues ?? [])
            for (const [state, n] of Object.entries(states)) this.set({ queue: name, state }, Number(n))
        },
      })
    },
    text: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  }
}
