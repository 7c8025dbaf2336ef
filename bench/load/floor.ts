/**
 * The floor: the same HTTP call from a bare client, plus one database commit each. No engine that writes down what it did
 * could be much faster than this.
 *
 *   node bench/load/floor.ts '{"databaseUrl","call","count","lanes","due"}'
 *
 * Prints "ready", sleeps until `due` (epoch ms), then sends `count` posts over `lanes` lanes, one at a time each.
 * Stays until SIGTERM.
 */
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { benchText, type Sent, vary } from './call.ts'

export type FloorSettings = { databaseUrl: string; call: Sent; count: number; lanes: number; due: number }

const o = JSON.parse(process.argv[2]!) as FloorSettings
const pool = new pg.Pool({ connectionString: o.databaseUrl, max: 10 })
await pool.query('create table bench_floor (id bigint primary key, published_at timestamptz not null)')
console.log('ready')
await pause(Math.max(0, o.due - Date.now()))
let next = 0
await Promise.all(
  Array.from({ length: o.lanes }, async () => {
    for (let i = next++; i < o.count; i = next++) {
      const { url, method, headers, body } = vary(o.call, { id: i, text: benchText(i) })
      const res = await fetch(url, { method, headers, body })
      const answer = await res.text()
      if (!res.ok) throw new Error(`the sandbox refused the floor's call: ${res.status} ${answer.slice(0, 200)}`)
      await pool.query('insert into bench_floor (id, published_at) values ($1, $2)', [i, new Date()])
    }
  }),
)
await pool.end()
// What it cost is read while it lives.
const stay = setInterval(() => undefined, 60_000)
process.once('SIGTERM', () => clearInterval(stay))
