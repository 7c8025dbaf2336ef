/**
 * Every metric of our own in `/metrics`: the one table of names. The server makes them from it, and a test checks that
 * `docs/operations/` says of each what stands here and names no other. People build alarms on names, types and labels: they
 * are added to and never given another meaning. Labels never carry ids or names of people. Besides these there are
 * prom-client's own of process and Node (`clarion_process_*`, `clarion_nodejs_*`).
 */

type Kind = 'histogram' | 'counter' | 'gauge'
type Row = {
  type: Kind
  help: string
  labels: readonly string[]
  buckets?: number[]
  /** There only where this setting is set. */
  only?: 'REDIS_URL'
}

const late = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600]

export const metricTable = {
  clarion_publication_lateness_seconds: {
    type: 'histogram',
    help: 'From the due time until the network had taken it',
    labels: ['platform'],
    buckets: late,
  },
  clarion_publication_sent_lateness_seconds: {
    type: 'histogram',
    help: "From the due time until the request of the create left: Clarion's part of the lateness",
    labels: ['platform'],
    buckets: late,
  },
  clarion_attempts_total: {
    type: 'counter',
    help: 'Attempts by the state they left the publication in',
    labels: ['platform', 'verdict'],
  },
  clarion_failures_total: {
    type: 'counter',
    help: 'Attempts that ended with a failure, by its kind (src/kit/facts/failures.ts)',
    labels: ['platform', 'kind'],
  },
  clarion_publications: { type: 'gauge', help: 'Publications by state', labels: ['state'] },
  clarion_publications_due: {
    type: 'gauge',
    help: 'Due and not begun, or due again, on channels that can publish; no more than 10,000 are counted',
    labels: ['platform'],
  },
  clarion_oldest_due_seconds: {
    type: 'gauge',
    help: 'How long the oldest of those has been due',
    labels: ['platform'],
  },
  clarion_worker_silent_seconds: {
    type: 'gauge',
    help: 'Since any worker last looked for what is due; written down every 10 s',
    labels: [],
  },
  clarion_attention_open: {
    type: 'gauge',
    help: 'What needs a person now (src/contract/attention.ts)',
    labels: ['kind'],
  },
  clarion_channels: { type: 'gauge', help: 'Connected channels by state', labels: ['platform', 'state'] },
  clarion_token_expires_in_seconds: {
    type: 'gauge',
    help: 'Until the first token of a working channel ends, negative when it has; renews: whether Clarion renews it by itself',
    labels: ['platform', 'renews'],
  },
  clarion_budget_left_ratio: {
    type: 'gauge',
    help: 'Part (0 to 1) left of a budget in its window, by our own count: the account that has least',
    labels: ['platform', 'bucket'],
  },
  clarion_network_quota_used_ratio: {
    type: 'gauge',
    help: 'Used part (0 to 1) of what a network grants, by its own word in rate headers and answers: the fullest channel',
    labels: ['platform', 'bucket'],
  },
  clarion_database_up: { type: 'gauge', help: '1 while the database answers within 2 s', labels: [] },
  clarion_database_ping_seconds: { type: 'gauge', help: 'How long the last question took it', labels: [] },
  clarion_database_connections: {
    type: 'gauge',
    help: 'Connections of this process (total, idle), and who waits for one (waiting)',
    labels: ['state'],
  },
  clarion_scrape_errors_total: {
    type: 'counter',
    help: 'Metrics that could not be read from the database and are missing from that answer',
    labels: ['metric'],
  },
  clarion_redis_up: { type: 'gauge', help: '1 while Redis takes our work', labels: [], only: 'REDIS_URL' },
  clarion_queue_jobs: {
    type: 'gauge',
    help: 'Jobs on Redis by queue and state, the same in every process',
    labels: ['queue', 'state'],
    only: 'REDIS_URL',
  },
  clarion_queue_events_total: {
    type: 'counter',
    help: 'Events of the queues on Redis. Of `publish-` one worker at a time tells: take the sum; of `work-` all do: take the largest',
    labels: ['queue', 'event'],
  },
  clarion_http_request_seconds: {
    type: 'histogram',
    help: 'HTTP requests; route is the name in the contract or the pattern, never the address',
    labels: ['route', 'method', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  clarion_event_streams: { type: 'gauge', help: 'Open event streams', labels: [] },
} as const satisfies Record<string, Row>

export type MetricName = keyof typeof metricTable
/** Names of one type. */
export type NameOf<K extends Kind> = {
  [N in MetricName]: (typeof metricTable)[N]['type'] extends K ? N : never
}[MetricName]

/** What prom-client wants to know of it. */
export const described = (name: MetricName) => {
  const row: Row = metricTable[name]
  return { name, help: row.help, labelNames: [...row.labels], ...(row.buckets ? { buckets: row.buckets } : {}) }
}
