/**
 * What each query of `cases.ts` costs on a large installation, beside a bare statement over as many rows (found by their
 * primary key) in the same run. One number each: the best of `rounds`, client and server together (ms), as others may use
 * the machine.
 *
 * The goal is twice the bare statement. Below `floorMs` a ratio says nothing: both are round trips and planning then, a page
 * of posts is two or three statements where the bare read is one, and nobody sees the difference. Which goal is met is printed.
 */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { Seeded } from '#infra/testing/rows.ts'
import { type Bare, type Case, cases } from './cases.ts'

export const goal = { ratio: 2, floorMs: 2 }
/** `rows`: given; `beside`: the bare statement and over how many rows. `goal`: which is met. */
export type Measured = {
  name: string
  rows: number
  beside: { bare: Bare; rows: number; why: string | null }
  ms: number
  bare_ms: number
  ratio: number
  goal: 'ratio' | 'floor' | null
}

/** Ends a transaction without keeping anything of it. */
class TakenBack extends Error {}
/** Rows of the largest bare statement: what is planned in a workspace that has a quarter of all. */
const mostBare = 60_000
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
    await db.selectFrom('publications').select('id').where('workspace_id', '=', s.ws).limit(mostBare).execute()
  ).map((r) => r.id)
  const bare = async (how: Bare, n: number) => {
    if (how !== 'count' && n > ids.length) throw new Error(`a bare ${how} of ${n} rows: there are ${ids.length}`)
    const some = sql`id = any(${ids.slice(0, n)}::uuid[])`
    const statements: Record<Bare, Case['run']> = {
      read: async (on) => (await sql`select * from publications where ${some}`.execute(on)).rows.length,
      write: async (on) =>
        Number((await sql`update publications set worker = 'bare' where ${some}`.execute(on)).numAffectedRows),
      count: async (on) =>
        (
          await sql<{
            n: number
          }>`select count(*)::int as n from (select id from publications order by id limit ${n}) x`.execute(on)
        ).rows[0]!.n,
    }
    const made = await once(db, { name: how, run: statements[how] })
    if (made.rows !== n) throw new Error(`a bare ${how} of ${n} rows met ${made.rows}`)
    return made.ms
  }
  const all: Measured[] = []
  for (const c of cases(s, now).filter((x) => x.name.includes(o.only ?? ''))) {
    const mine: number[] = []
    const beside: number[] = []
    let [rows, bares] = [0, 0]
    for (let i = 0; i <= o.rounds; i++) {
      const got = await once(db, c)
      // How many rows stand beside it is the same each time: the stage is.
      if (i === 0) bares = Math.max(1, c.beside ? await c.beside.rows(db, got.rows) : got.rows)
      const read = await bare(c.beside?.bare ?? 'read', bares)
      // The first warms the caches.
      if (i === 0) continue
      rows = got.rows
      mine.push(got.ms)
      beside.push(read)
    }
    const [ms, bareMs] = [Math.min(...mine), Math.min(...beside)]
    const ratio = round(ms / bareMs)
    const m: Measured = {
      name: c.name,
      rows,
      beside: { bare: c.beside?.bare ?? 'read', rows: bares, why: c.beside?.why ?? null },
      ms: round(ms),
      bare_ms: round(bareMs),
      ratio,
      goal: ratio <= goal.ratio ? 'ratio' : ms <= goal.floorMs ? 'floor' : null,
    }
    o.say(
      `${m.name.padEnd(50)} ${String(m.rows).padStart(4)} rows ${m.ms.toFixed(2).padStart(7)} ms, bare ${m.beside.bare.padEnd(5)} of ${String(m.beside.rows).padStart(6)} ${m.bare_ms.toFixed(2).padStart(7)} ms, ${String(m.ratio).padStart(5)} ${m.goal ?? 'OVER'}${m.beside.why ? `  (${m.beside.why})` : ''}`,
    )
    all.push(m)
  }
  const met = (g: Measured['goal']) => all.filter((m) => m.goal === g)
  o.say(
    `${all.length} queries: ${met('ratio').length} within ${goal.ratio} times a bare statement, ${met('floor').length} more within ${goal.floorMs} ms; over: ${
      met(null)
        .map((m) => m.name)
        .join(', ') || 'none'
    }`,
  )
  return all
}
