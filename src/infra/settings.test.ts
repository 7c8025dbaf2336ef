import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { CannotStart } from './cannot-start.ts'
import { readConfig } from './config.ts'
import { settings } from './settings.ts'

/** Settings of tests and benchmarks, which nobody who runs Clarion needs to know. */
const ours = new Set(['CLARION_CLOCK_ORIGIN', 'CLARION_CLOCK_RATE', 'CLARION_TEST_PG'])

test('every setting that is read is told, and none that is not', () => {
  const source = ['./config.ts', './s3-settings.ts']
    .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
    .join('\n')
  const read = new Set(
    [
      ...source.matchAll(/['\s]((?:CLARION_[A-Z_]*[A-Z])|S3_[A-Z_]*[A-Z]|CDN_URL|DATABASE_URL|REDIS_URL|PORT)[':]/g),
    ].map((m) => m[1]!),
  )
  const told = settings.flatMap((s) => s.names).filter((name) => !name.includes('<'))
  expect([...read].filter((name) => !ours.has(name)).sort()).toEqual([...new Set(told)].sort())
})

test('every flag of the start is told beside its variable, and none that is not', () => {
  const help = (() => {
    try {
      readConfig({}, ['--nonsense'])
    } catch (error) {
      return (error as CannotStart).fix
    }
    return ''
  })()
  const known = [...help.matchAll(/--[a-z]+/g)].map(([flag]) => flag)
  expect(known.length).toBeGreaterThan(0)
  expect(settings.flatMap((s) => (s.flag ? [s.flag] : [])).sort()).toEqual(known.sort())
  // What the help names is what the start takes.
  for (const flag of known) expect(() => readConfig({}, [flag, flag === '--role' ? 'api' : '1'])).not.toThrow()
})
