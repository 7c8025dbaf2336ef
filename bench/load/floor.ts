/** The floor: the same HTTP calls from a bare client, plus one database commit each. No engine could be faster than this. */
import pg from 'pg'
import type { Sent } from './prepare.ts'

const base32 = '234567abcdefghijklmnopqrstuvwxyz'
/** A record key like the real ones (13 characters that sort), one per number. */
const recordKey = (i: number): string =>
  `3m${Array.from({ length: 11 }, (_, k) => base32[Math.floor(i / 32 ** (10 - k)) % 32]).join('')}`

/** The call again, as another post: other text, other record key where there is one. */
const vary = (body: string, i: number): string =>
  body
    .replace(/bench \d+ [0-9a-f-]{36}/, `floor ${i} ${crypto.randomUUID()}`)
    .replace(/"rkey":"[^"]+"/, `"rkey":"${recordKey(i)}"`)

/** Runs `count` posts over `lanes` lanes (one post at a time each). Gives posts a second and the answers that were not 2xx. */
export const floor = async (o: {
  calls: Sent[]
  databaseUrl: string
  count: number
  lanes: number
}): Promise<{ perSecond: number; refused: number }> => {
  const pool = new pg.Pool({ connectionString: o.databaseUrl, max: 10 })
  await pool.query(
    'create table if not exists bench_floor (id bigint generated always as identity primary key, note text not null)',
  )
  let next = 0
  let refused = 0
  const t0 = performance.now()
  await Promise.all(
    Array.from({ length: o.lanes }, async () => {
      for (let i = next++; i < o.count; i = next++) {
        for (const c of o.calls) {
          const res = await fetch(c.url, {
            method: c.method,
            headers: c.headers,
            body: c.method === 'GET' ? undefined : vary(c.body, i),
          })
          await res.text()
          if (!res.ok) refused++
        }
        await pool.query('insert into bench_floor (note) values ($1)', [`post ${i}`])
      }
    }),
  )
  const seconds = (performance.now() - t0) / 1000
  await pool.query('drop table bench_floor')
  await pool.end()
  return { perSecond: o.count / seconds, refused }
}
