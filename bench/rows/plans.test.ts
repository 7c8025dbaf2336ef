/**
 * No query of the house reads a large table from end to end: each is caught as it leaves for the database, and PostgreSQL
 * is asked how it would answer it on tens of thousands of rows.
 */
import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Db } from '#infra/db/database.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { type Seeded, seedRows } from '#infra/testing/rows.ts'
import { type Case, cases } from './cases.ts'

const now = new Date('2026-11-30T12:00:00Z')
const large = [
  'posts',
  'post_words',
  'post_kinds',
  'publications',
  'journal',
  'steps',
  'attempts',
  'insight_looks',
  'snapshots',
]

let t: TestDatabase
let seeded: Seeded
let client: pg.PoolClient
beforeAll(async () => {
  t = await testDatabase()
  seeded = await seedRows(t.pool, { publications: 24_000, now })
  client = await t.pool.connect()
})
afterAll(async () => {
  client?.release()
  await t?.drop()
})

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; Plans?: Plan[] }
const nodes = (p: Plan): Plan[] => [p, ...(p.Plans ?? []).flatMap(nodes)]

const asText = (value: unknown): string =>
  value instanceof Date
    ? value.toISOString()
    : Array.isArray(value)
      ? `{${value.map((v) => JSON.stringify(asText(v))).join(',')}}`
      : String(value)
const literal = (value: unknown) => (value === null || value === undefined ? 'null' : pg.escapeLiteral(asText(value)))

/** The plan for these values; `generic`: the one for any values, which a statement gets that was prepared and comes again. */
const explain = async (text: string, values: unknown[], generic: boolean): Promise<Plan> => {
  type Answer = { 'QUERY PLAN': { Plan: Plan }[] }
  if (!generic) {
    const { rows } = await client.query<Answer>(`explain (format json) ${text}`, values)
    return rows[0]!['QUERY PLAN'][0]!.Plan
  }
  await client.query(`prepare asked as ${text}`)
  const { rows } = await client.query<Answer>(
    `explain (format json) execute asked ${values.length > 0 ? `(${values.map(literal).join(', ')})` : ''}`,
  )
  await client.query('deallocate asked')
  return rows[0]!['QUERY PLAN'][0]!.Plan
}

/** The plans of all a case says to the database, on one connection whose work is taken back. */
const plansOf = async (c: Case, first?: string, generic = false): Promise<Plan[]> => {
  const found: Plan[] = []
  let listening = false
  const ask = async (text: string, values: unknown[]) => {
    // A transaction within ours is a place to come back to.
    if (/^(begin|start transaction|commit|rollback)/i.test(text)) return { rows: [], command: '' }
    if (listening) found.push(...nodes(await explain(text, values, generic)))
    return client.query(text, values)
  }
  // Some ask two things at once; one connection takes them one after another.
  let last: Promise<unknown> = Promise.resolve()
  const query = (text: string, values: unknown[]) => {
    const mine = last.then(() => ask(text, values))
    last = mine.catch(() => undefined)
    return mine
  }
  const pool = { connect: async () => ({ query, release: () => {} }), end: async () => {} } as unknown as PostgresPool
  const db: Db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  await client.query('begin')
  try {
    if (generic) await client.query('set local plan_cache_mode = force_generic_plan')
    if (first) await client.query(first)
    await c.before?.(db)
    listening = true
    await c.run(db)
  } finally {
    await client.query('rollback')
  }
  return found
}
const scans = (plans: readonly Plan[]) =>
  plans
    .filter((p) => p['Node Type'] === 'Seq Scan' && large.includes(p['Relation Name'] ?? ''))
    .map((p) => p['Relation Name'])
const indexes = (plans: readonly Plan[]) => new Set(plans.flatMap((p) => p['Index Name'] ?? []))

test.each([
  ['planned for its values', false],
  ['prepared, and planned for any', true],
])('no query of the house reads a large table from end to end, %s', async (_, generic) => {
  const all = cases(seeded, now)
  expect(all.length).toBeGreaterThan(40)
  const bad: string[] = []
  let asked = 0
  for (const c of all) {
    const plans = await plansOf(c, undefined, generic)
    asked += plans.length
    for (const table of scans(plans)) bad.push(`${c.name}: ${table}`)
  }
  expect(bad).toEqual([])
  expect(asked).toBeGreaterThan(100)
})

describe('and would, or would sort what it need not, without the index made for it', () => {
  const made: Record<string, string> = {
    publications_calendar: 'calendar: a month',
    publications_post_of_channel: 'channel feed',
    publications_settled: 'list: failed',
    publications_gone: 'list: removed',
    publications_open_due: 'due: the next',
    publications_to_prepare: 'prepare: the next',
    publications_open_of_channel: 'channels of a workspace',
    posts_workspace: 'list',
    post_words_keys: 'search: no hit',
    post_kinds_workspace: 'list: a kind of content nobody made',
    insight_looks_gates: 'insights: claim',
    insight_looks_channel: 'insights: the next look',
    attempts_age: 'history: nothing old',
    steps_made: 'webhook: by an id nobody has',
    snapshots_publication: 'insights: the numbers of a post',
  }
  for (const [index, name] of Object.entries(made))
    test(`${index}: ${name}`, async () => {
      const c = cases(seeded, now).find((x) => x.name === name)!
      const dropped = await plansOf(c, `drop index ${index}`)
      const used = indexes(await plansOf(c))
      expect(used).toContain(index)
      expect(indexes(dropped)).not.toContain(index)
      // What stands in for it is another way, so that a test that names it would fail.
      expect([...indexes(dropped)].sort()).not.toEqual([...used].sort())
    })
})

test('no index names what a claim, a begin or the end of its lease writes: each is a new version of the row and nothing more', async () => {
  const written = [
    'state',
    'reason',
    'message',
    'lease_token',
    'lease_until',
    'worker',
    'attempt',
    'tries',
    'begun',
    'frozen',
    'started_at',
    'version',
    'updated_at',
  ]
  // Keys, expressions and conditions: what an index depends on.
  const { rows } = await client.query<{ index: string; column: string }>(
    `select distinct d.objid::regclass::text as index, a.attname as column from pg_index i
       join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid
       join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
     where i.indrelid = 'publications'::regclass`,
  )
  expect(rows.map((r) => r.column)).toContain('settled')
  expect(rows.filter((r) => written.includes(r.column))).toEqual([])
})

test('publications are counted by state within the indexes of what is open and of what is settled', async () => {
  const c = cases(seeded, now).find((x) => x.name === 'metrics: by state')!
  for (const generic of [false, true]) {
    const used = indexes(await plansOf(c, undefined, generic))
    expect([...used]).toEqual(expect.arrayContaining(['publications_open_of_channel', 'publications_settled']))
  }
})

test('a sequential scan is seen as one', async () => {
  const c = cases(seeded, now).find((x) => x.name === 'search: no hit')!
  expect(scans(await plansOf(c, 'drop index post_words_keys'))).toEqual(['post_words'])
})
