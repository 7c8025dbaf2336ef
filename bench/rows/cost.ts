/**
 * What a publication costs the database on an installation of some size: those due are claimed, begun and finished as the
 * engine does it, without a network and without the rest of the house. CPU of the connections that did it (ms, as the
 * kernel counts it) and WAL (bytes), each for one publication.
 */
import { readFile } from 'node:fs/promises'
import { type Database, openDatabase } from '#infra/db/database.ts'
import { networks } from '#infra/testing/rows.ts'
import { claim } from '#planner/publishing/due.ts'
import type { Claim } from '#planner/publishing/store.ts'
import { createWrites, type Writes } from '#planner/publishing/writes.ts'

export type Cost = { publications: number; cpu_ms: number; wal_bytes: number }

/** Makes so many due now, spread over all channels that can publish. */
const due = (d: Database, n: number, now: Date) =>
  d.pool.query(
    `update publications set due_at = $1, next_at = $1, prepare_at = null where id in (
       select id from (
         select p.id, row_number() over (partition by p.channel_id order by p.next_at desc) as k
         from publications p join channels c on c.id = p.channel_id where p.state = 'scheduled' and c.state = 'ok'
       ) x order by k, id limit $2)`,
    [now, n],
  )

/** One step, and out. */
const publish = async (writes: Writes, c: Claim): Promise<void> => {
  const [now, id] = [new Date(), `cost-${c.publicationId}`]
  const frozen = { plan: ['create'], settings: {}, content: { segments: [{ text: 'w'.repeat(150) }] } }
  await writes.begin(c, { key: 'create', position: 0, create: true, times: 1, prepared: { rkey: id }, frozen, now })
  await writes.finish(
    c,
    { event: 'publish', verdict: 'published', externalId: id, publishedAt: now, latenessMs: 1, sentAt: now, now },
    { key: 'create', times: 1, state: 'done', checkpoint: { id, url: null }, event: 'step-done', now },
  )
}

/** Publishes all that is due in one burst; gives how many it were. */
const burst = async (d: Database): Promise<number> => {
  const now = new Date()
  const writes = createWrites(d.db)
  const o = { now, leaseUntil: new Date(now.getTime() + 600_000), worker: 'bench' }
  const free = Object.fromEntries(networks.map((p) => [p, 100]))
  let done = 0
  for (let { claims } = await claim(d.db, { ...o, free }); claims.length > 0; ) {
    await Promise.all(claims.map((c) => publish(writes, c)))
    done += claims.length
    claims = (await claim(d.db, { ...o, channels: claims.map((c) => c.channelId) })).claims
    if (claims.length === 0) claims = (await claim(d.db, { ...o, free })).claims
  }
  return done
}

/** Changes what is there: measure it last. Linux alone. */
export const costOfPublication = async (url: string, n: number): Promise<Cost> => {
  const d = openDatabase(url, { poolSize: 3 })
  try {
    const clients = await Promise.all([1, 2, 3].map(() => d.pool.connect()))
    const pids = await Promise.all(
      clients.map(async (c) => (await c.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid),
    )
    for (const c of clients) c.release()
    const counts = async () => {
      const ran = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/schedstat`, 'utf8')))
      const { rows } = await d.pool.query<{ n: number }>(`select (pg_current_wal_insert_lsn() - '0/0')::float8 as n`)
      return { cpu: ran.reduce((sum, line) => sum + Number(line.split(' ')[0]) / 1e6, 0), wal: rows[0]!.n }
    }
    // Plans are made and pages are read; what follows is how it goes on.
    await due(d, n, new Date())
    await burst(d)
    await due(d, n, new Date())
    const from = await counts()
    const done = await burst(d)
    const to = await counts()
    const each = (all: number) => Number((all / Math.max(1, done)).toFixed(3))
    return { publications: done, cpu_ms: each(to.cpu - from.cpu), wal_bytes: Math.round(each(to.wal - from.wal)) }
  } finally {
    await d.close()
  }
}
