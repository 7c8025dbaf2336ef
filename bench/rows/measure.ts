/**
 * What each query of `cases.ts` costs on a large installation, beside a bare read of as many rows by their primary key, in
 * the same run. One number each: the best of `rounds`, client and server together (ms), as others may use the machine.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { Seeded } from '#infra/testing/rows.ts'
import { type Case, cases } from './cases.ts'

export type Measured = { name: string; rows: number; ms: number; bare_ms: number; ratio: number }

/** Ends a transaction without keeping anything of it. */
class TakenBack extends Error {}
const round = (n: number) => Number(n.toFixed(2))

/** Runs it as it is, or in a transaction that is taken back, with the stage changed first. */
export const once = async (db: Db, c: Case): Promise<{ rows: number; ms: number }> => {
  let result = { rows: 0, ms: 0 }
  const timed = async (on: Db) => {
    const begun = performance.now()
    const rows = await c.run(on)
    result = { rows, ms: performance.now() - begun }
  }
  if (c.alone) {
    await timed(db)
    return result
  }
  const within = async (trx: Db) => {
    await c.before?.(trx)
    await timed(trx)
    throw new TakenBack()
  }
  await db
    .transaction()
    .execute(within)
    .catch((error: unknown) => {
      if (!(error instanceof TakenBack)) throw error
    })
  return result
}

export const measure = async (
  db: Db,
  s: Seeded,
  now: Date,
  o: { rounds: number; only?: string; say: (line: string) => void },
) => {
  const ids = (
    await db.selectFrom('publications').select('id').where('workspace_id', '=', s.ws).limit(2_000).execute()
  ).map((r) => r.id)
  const bare = async (n: number) => {
    const some = ids.slice(0, n)
    const begun = performance.now()
    await sql`select * from publications where id = any(${some}::uuid[])`.execute(db)
    return performance.now() - begun
  }
  const all: Measured[] = []
  for (const c of cases(s, now).filter((x) => x.name.includes(o.only ?? ''))) {
    const mine: number[] = []
    const beside: number[] = []
    let rows = 0
    for (let i = 0; i <= o.rounds; i++) {
      const got = await once(db, c)
      const read = await bare(Math.max(1, got.rows))
      // The first warms the caches.
      if (i === 0) continue
      rows = got.rows
      mine.push(got.ms)
      beside.push(read)
    }
    const [ms, bareMs] = [Math.min(...mine), Math.min(...beside)]
    const m = { name: c.name, rows, ms: round(ms), bare_ms: round(bareMs), ratio: round(ms / bareMs) }
    o.say(
      `${m.name.padEnd(44)} ${String(m.rows).padStart(5)} rows ${m.ms.toFixed(2).padStart(8)} ms, bare ${m.bare_ms.toFixed(2).padStart(7)} ms, ${m.ratio}`,
    )
    all.push(m)
  }
  return all
}
