import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { done, type PlannedStep, step } from '#kit/client/steps.ts'
import type { AheadStep } from '#kit/facts/spec.ts'
import {
  type Ahead,
  afterPreparing,
  aheadMs,
  aheadSteps,
  keepsPrepared,
  livesUntil,
  longestAheadMs,
  mostPreparings,
} from './ahead.ts'

const names = ['prepare', 'upload', 'process', 'create', 'comment', 'finish'] as const
const planned = fc.array(
  fc.record({ name: fc.constantFrom(...names), again: fc.constantFrom('safe', 'keyed', 'never') }).map(
    ({ name, again }, i = 0): PlannedStep => ({
      key: name,
      index: i,
      step: step(name, { again: again as 'safe' }, async () => done()),
    }),
  ),
  { maxLength: 8 },
)
const ahead = fc.dictionary(
  fc.constantFrom<AheadStep>('prepare', 'upload', 'process'),
  fc.integer({ min: 60_000, max: 86_400_000 }),
) as fc.Arbitrary<Ahead>

describe('what runs ahead', () => {
  it('is never a step people could see, nor one that may not be repeated', () => {
    fc.assert(
      fc.property(planned, ahead, (plan, spec) => {
        const first = aheadSteps(plan, spec)
        expect(plan.slice(0, first.length)).toEqual(first)
        for (const p of first) {
          expect(['prepare', 'upload', 'process']).toContain(p.step.name)
          expect(p.step.options.again).toBe('safe')
          expect(spec[p.step.name as AheadStep]).toBeDefined()
        }
        // It goes as far as it may.
        const next = plan[first.length]
        if (next?.step.options.again === 'safe') expect(spec[next.step.name as AheadStep]).toBeUndefined()
      }),
    )
  })
  it('is nothing where the spec names nothing', () => {
    expect(fc.sample(planned, 100).flatMap((plan) => aheadSteps(plan, undefined))).toEqual([])
  })
  it('begins so that what is made first still lives at the due time, and an hour before at most', () => {
    fc.assert(
      fc.property(planned, ahead, fc.integer({ min: 0, max: 4_000_000_000 }), (plan, spec, bytes) => {
        const steps = aheadSteps(plan, spec)
        if (steps.length === 0) return
        const early = aheadMs(steps, spec, bytes)
        expect(early).toBeLessThanOrEqual(longestAheadMs)
        const made = steps.map((p) => ({ name: p.step.name, endedAt: 0 }))
        expect(livesUntil(made, spec)!).toBeGreaterThan(early)
      }),
    )
  })
  it('begins earlier for larger files', () => {
    const plan: PlannedStep[] = [
      { key: 'upload', index: 0, step: step('upload', { again: 'safe' }, async () => done()) },
    ]
    const at = (bytes: number) => aheadMs(plan, { upload: 86_400_000 }, bytes)
    expect(at(0)).toBe(900_000)
    expect(at(1_000_000_000)).toBe(1_900_000)
    expect(at(60_000_000_000)).toBe(longestAheadMs)
  })
})

describe('how long it is good for', () => {
  it('is the life of what ends first, with a margin', () => {
    const lives: Ahead = { upload: 10_000, process: 100_000 }
    const made = [
      { name: 'upload', endedAt: 5_000 },
      { name: 'process', endedAt: 1_000 },
    ]
    expect(livesUntil(made, lives)).toBe(14_000)
    expect(livesUntil([{ name: 'upload', endedAt: null }], lives)).toBe(null)
    expect(livesUntil(made, undefined)).toBe(null)
  })
  it('a move keeps it only when it lives then with ten minutes to spare, and within the hour of preparing', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.nat(10_000_000), fc.nat(10_000_000), (until, due, now) => {
        if (!keepsPrepared(until, due, now)) return
        expect(until - due).toBeGreaterThanOrEqual(600_000)
        expect(due - now).toBeLessThanOrEqual(longestAheadMs)
      }),
    )
    expect(keepsPrepared(null, 1, 1)).toBe(false)
    expect(keepsPrepared(4_000_000, 3_000_000, 2_900_000)).toBe(true)
  })
})

describe('after a preparing that did not come through', () => {
  const failure = (kind: 'try-later' | 'unknown-outcome' | 'refused-media' | 'our-bug') => ({
    kind,
    code: 'net.x',
    message: 'No.',
  })
  const stopped = fc.oneof(
    fc.record({
      event: fc.constant('wait'),
      reason: fc.constantFrom('processing', 'net.slow'),
      nextAt: fc.nat(2_000_000).map((ms) => new Date(ms)),
    }),
    fc.record({ event: fc.constant('hold'), reason: fc.constant('reconnect') }),
    fc.record({
      event: fc.constant('fail'),
      failure: fc.constantFrom(...(['try-later', 'unknown-outcome', 'refused-media', 'our-bug'] as const)).map(failure),
    }),
  )
  it('nothing is tried again that is not due before the post, nor for ever, nor at once', () => {
    fc.assert(
      fc.property(
        stopped,
        fc.record({
          now: fc.integer({ min: 1_000_000, max: 1_500_000 }),
          dueAt: fc.integer({ min: 1_000_000, max: 2_000_000 }),
          tries: fc.nat(20),
        }),
        (s, o) => {
          const after = afterPreparing(s, o)
          if (after.nextAt !== null) expect(after.nextAt).toBeLessThan(o.dueAt)
          if (after.is !== 'failed' || after.nextAt === null) return
          expect(after.nextAt).toBeGreaterThan(o.now)
          expect(o.tries).toBeLessThan(mostPreparings)
        },
      ),
    )
  })
  it('what the network works on is no failure; what it refuses is told as one that will come', () => {
    const o = { now: 0, dueAt: 900_000, tries: 1 }
    expect(afterPreparing({ event: 'wait', reason: 'processing', nextAt: new Date(5_000) }, o)).toEqual({
      is: 'working',
      nextAt: 5_000,
    })
    expect(afterPreparing({ event: 'fail', failure: failure('refused-media') }, o)).toEqual({
      is: 'failed',
      sure: true,
      nextAt: null,
    })
    expect(afterPreparing({ event: 'hold', reason: 'reconnect' }, o)).toEqual({
      is: 'failed',
      sure: true,
      nextAt: 60_000,
    })
  })
})
