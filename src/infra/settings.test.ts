import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from './settings.ts'

/** Settings of tests and benchmarks, which nobody who runs Clarion needs to know. */
const ours = new Set(['CLARION_CLOCK_ORIGIN', 'CLARION_CLOCK_RATE', 'CLARION_TEST_PG'])

test('every setting that is read is told, and none that is not', () => {
  const source = readFileSync(new URL('./config.ts', import.meta.url), 'utf8')
  const read = new Set([...source.matchAll(/'((?:CLARION_[A-Z_]*[A-Z])|DATABASE_URL|PORT)'/g)].map((m) => m[1]!))
  const told = settings.flatMap((s) => s.names).filter((name) => !name.includes('<'))
  expect([...read].filter((name) => !ours.has(name)).sort()).toEqual([...new Set(told)].sort())
})
