import { describe, expect, test } from 'vitest'
import { countVitest } from './rings.mjs'

const report = (testResults: unknown[], counts: Record<string, number>) => ({
  numTotalTests: 0,
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults,
  ...counts,
})
const file = (status: string, assertionResults: unknown[] = [], message = '') => ({
  name: 'a.test.ts',
  status,
  message,
  assertionResults,
})

describe('counting a ring', () => {
  test('passed, failed and skipped are told apart, and a failure is named with its reason', () => {
    const tests = [
      { status: 'passed', fullName: 'x' },
      { status: 'failed', fullName: 'y breaks', failureMessages: ['expected 1'] },
      { status: 'skipped', fullName: 'z' },
    ]
    const sums = countVitest(
      report([file('failed', tests)], { numTotalTests: 3, numPassedTests: 1, numFailedTests: 1, numPendingTests: 1 }),
      1,
      '',
    )
    expect(sums).toMatchObject({ passed: 1, failed: 1, skipped: 1 })
    expect(sums.notes[0]).toContain('y breaks\nexpected 1')
  })

  test('a file that breaks before its first test is a failure', () => {
    expect(
      countVitest(report([file('failed', [], 'Cannot find module')], { numTotalTests: 1, numPassedTests: 1 }), 1, ''),
    ).toMatchObject({ passed: 1, failed: 1 })
  })

  test('a run that ends badly though every test passed is a failure', () => {
    expect(
      countVitest(report([file('passed')], { numTotalTests: 1, numPassedTests: 1 }), 1, 'unhandled error'),
    ).toMatchObject({ failed: 1, notes: [expect.stringContaining('unhandled error')] })
  })

  test('a run without tests is a failure', () => {
    expect(countVitest(report([], {}), 0, '')).toMatchObject({ passed: 0, failed: 1 })
  })
})
