import { describe, expect, test } from 'vitest'
import { inLanes } from './lanes.mjs'
import { type ModuleLike, sumUp, told } from './reporter.mjs'
import { countVitest, rings } from './rings.mjs'

type Result = { state: string; errors?: unknown[] }
const file = (
  results: Record<string, Result>,
  o: { suites?: Record<string, unknown[]>; errors?: unknown[]; state?: string } = {},
): ModuleLike => ({
  moduleId: '/r/a.test.ts',
  state: () => o.state ?? 'passed',
  errors: () => o.errors ?? [],
  children: {
    allTests: () => Object.entries(results).map(([fullName, r]) => ({ fullName, result: () => r })),
    allSuites: () => Object.entries(o.suites ?? {}).map(([fullName, e]) => ({ fullName, errors: () => e })),
  },
})
const sums = (module: ModuleLike, unhandled: unknown[] = []) => sumUp([module], unhandled, 'failed', '/r')

describe('counting a ring', () => {
  test('passed, failed and skipped are told apart, and a failure is named with its reason', () => {
    const came = sums(
      file({
        x: { state: 'passed' },
        'y breaks': { state: 'failed', errors: [new Error('expected 1')] },
        z: { state: 'skipped' },
      }),
    )
    expect(came).toMatchObject({ passed: 1, failed: 1, skipped: 1 })
    expect(came.notes[0]).toContain('a.test.ts > y breaks')
    expect(came.notes[0]).toContain('expected 1')
  })

  test('a set-up that throws inside a describe is a failure and says why, with its cause', () => {
    const broke = new Error('set-up broke', { cause: new Error('EADDRINUSE') })
    const came = sums(file({ 'a x': { state: 'skipped' } }, { suites: { a: [broke] }, state: 'failed' }))
    expect(came).toMatchObject({ failed: 1 })
    expect(came.notes.join()).toMatch(/a\.test\.ts > a.*set-up broke.*caused by.*EADDRINUSE/s)
  })

  test('a file that breaks before its first test is a failure with its reason', () => {
    const came = sums(file({}, { errors: [new Error('Cannot find module')], state: 'failed' }))
    expect(came).toMatchObject({ failed: 1, notes: [expect.stringContaining('Cannot find module')] })
    expect(sums(file({}, { state: 'failed' }))).toMatchObject({ failed: 1 })
  })

  test('what nobody caught is a failure', () => {
    expect(sums(file({ x: { state: 'passed' } }), [new Error('lost')])).toMatchObject({
      passed: 1,
      failed: 1,
      notes: [expect.stringContaining('lost')],
    })
  })

  test('all errors of one that holds several are told', () => {
    expect(told(new AggregateError([new Error('one'), new Error('two')], 'both'))).toMatch(/both.*one.*two/s)
  })

  test('a run that ends badly though every test passed is a failure', () => {
    expect(countVitest({ passed: 1, failed: 0, skipped: 0, notes: [] }, 1, 'globalSetup broke')).toMatchObject({
      failed: 1,
      notes: [expect.stringContaining('globalSetup broke')],
    })
  })

  test('a run without tests is a failure', () => {
    expect(countVitest({ passed: 0, failed: 0, skipped: 0, notes: [] }, 0, '')).toMatchObject({ passed: 0, failed: 1 })
  })
})

describe('rings side by side', () => {
  const item = (name: string, after: string[] = []) => ({ name, after })
  const trace = async (items: { name: string; after: string[] }[], o: { notReady?: string } = {}) => {
    const seen: string[] = []
    let most = 0
    let now = 0
    let there = o.notReady === undefined
    let told: () => void = () => undefined
    const changed = new Promise<void>((resolve) => (told = resolve))
    await inLanes(items, {
      lanes: 2,
      ready: (i) => there || i.name !== o.notReady,
      changed: () => changed,
      run: async (i) => {
        seen.push(i.name)
        most = Math.max(most, ++now)
        await new Promise((r) => setImmediate(r))
        if (i.name === 'c') {
          there = true
          told()
        }
        now--
        seen.push(`${i.name}.`)
      },
    })
    return { seen, most }
  }

  test('two run at a time, in their order, each after what it names', async () => {
    const { seen, most } = await trace([item('a'), item('b', ['a']), item('c'), item('d', ['b', 'gone'])])
    expect(most).toBe(2)
    expect(seen.filter((s) => !s.endsWith('.'))).toEqual(['a', 'c', 'b', 'd'])
    expect(seen.indexOf('b')).toBeGreaterThan(seen.indexOf('a.'))
  })

  test('one whose needs are not there lets others go first', async () => {
    const { seen } = await trace([item('a'), item('b'), item('c'), item('d')], { notReady: 'a' })
    expect(seen.indexOf('a')).toBeGreaterThan(seen.indexOf('c'))
  })

  test('every ring named in `after` exists', () => {
    const names = rings.map((ring) => ring.name)
    for (const ring of rings) for (const name of ring.after ?? []) expect(names).toContain(name)
  })
})
