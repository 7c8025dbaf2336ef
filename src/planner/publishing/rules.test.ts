import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PublicationState, publicationStates } from '#contract/posts.ts'
import type { Again } from '#kit/facts/again.ts'
import { type Failure, type FailureKind, failureKinds } from '#kit/facts/failures.ts'
import { backOffs, type Trouble } from './back-off.ts'
import {
  afterFailure,
  afterLook,
  late,
  next,
  nextMove,
  type PublicationEvent,
  postState,
  type StepRecord,
  type StepRule,
  throughAt,
  transitions,
} from './rules.ts'

/** States in which nothing more will happen by itself. */
const settled: ReadonlySet<PublicationState> = new Set([
  'published',
  'failed',
  'cancelled',
  'missed',
  'unconfirmed',
  'held',
])

/** What the network does with one create call, and what we get to see of it. `acted`: the post is there afterwards. */
const answers = {
  ok: { acted: true, seen: 'done' },
  'dropped before': { acted: false, seen: 'unknown-outcome' },
  'dropped after': { acted: true, seen: 'unknown-outcome' },
  'killed before': { acted: false, seen: 'crash' },
  'killed after': { acted: true, seen: 'crash' },
  refused: { acted: false, seen: 'refused-content' },
  'refused though done': { acted: true, seen: 'refused-content' },
  duplicate: { acted: false, seen: 'duplicate' },
  unreachable: { acted: false, seen: 'try-later' },
  'slow down': { acted: false, seen: 'too-fast' },
} as const satisfies Record<string, { acted: boolean; seen: FailureKind | 'done' | 'crash' }>
type Answer = keyof typeof answers

type World = {
  state: PublicationState
  record: StepRecord | undefined
  tries: number
  looks: number
  losses: number
  now: number
  nextAt: number
  copies: number
  visibleAt: number
  log: string[]
}

const lagMs = 20_000

const settleAs = (w: World, state: PublicationState): void => {
  w.state = state
}

/**
 * One move of the engine, as attempt.ts makes it, against a network that answers `answer` after `tookMs`, acts at the end
 * of that time, and shows posts after a lag.
 */
const move = (w: World, rule: StepRule, answer: Answer, unsure: boolean, tookMs = 0) => {
  if (settled.has(w.state) || w.now < w.nextAt) return
  for (let guard = 0; guard < 20; guard++) {
    const m = nextMove(w.record, rule)
    if (m === 'skip') return settleAs(w, 'published')
    if (m === 'ask') return settleAs(w, 'unconfirmed')
    if (m === 'look') {
      w.looks++
      const look = unsure ? 'unsure' : w.copies > 0 && w.now >= w.visibleAt ? 'found' : 'absent'
      w.log.push(`look ${look}`)
      const gone = { unclear: w.looks, losses: w.losses + 1, tries: w.tries, random: 0.5 }
      const after = afterLook(look, w.record!, rule, w.now, gone)
      if (after.do === 'done') w.record = { ...w.record!, state: 'done', failure: null }
      else if (after.do === 'again') {
        w.losses++
        w.record = { ...w.record!, state: 'refused', failure: null }
        w.log.push('believed absent')
        if (after.last) return settleAs(w, 'failed')
      } else if (after.do === 'fail') {
        w.log.push('believed absent')
        return settleAs(w, 'failed')
      } else if (after.do === 'ask') return settleAs(w, 'unconfirmed')
      else {
        if (w.record!.state === 'begun') w.record = { ...w.record!, state: 'unknown', endedAt: w.now }
        w.nextAt = w.now + after.ms
        return settleAs(w, 'waiting')
      }
      continue
    }
    w.record = { state: 'begun', times: (w.record?.times ?? 0) + 1, begunAt: w.now, endedAt: null, failure: null }
    w.looks = 0
    w.log.push('create')
    w.now += tookMs
    const { acted, seen } = answers[answer]
    if (acted && (rule.again !== 'keyed' || w.copies === 0)) {
      w.copies++
      w.visibleAt = w.now + lagMs
      w.log.push('acted')
    }
    if (seen === 'crash') return settleAs(w, 'publishing')
    w.record = { ...w.record, endedAt: w.now }
    if (seen === 'done') {
      w.record = { ...w.record, state: 'done' }
      continue
    }
    const failure: Failure = { kind: seen, code: 't', message: 't' }
    const v = afterFailure(failure, rule, w.tries, w.now, 0.5)
    if (v.do === 'look') w.record = { ...w.record, state: 'unknown', failure }
    else if (v.do === 'ask') {
      w.record = { ...w.record, state: 'unknown', failure }
      return settleAs(w, 'unconfirmed')
    } else if (v.do === 'fail') {
      w.record = { ...w.record, state: 'refused', failure }
      return settleAs(w, 'failed')
    } else if (v.do === 'hold') return settleAs(w, 'held')
    else {
      w.record = { ...w.record, state: v.step, failure: null }
      if (v.counts) w.tries++
      w.nextAt = v.until
      return settleAs(w, 'waiting')
    }
  }
}

/** A person settles what nobody can know, honestly. */
const person = (w: World) => {
  if (w.state !== 'unconfirmed') return
  if (w.copies > 0) {
    w.record = { ...w.record!, state: 'done', failure: null }
    w.state = 'published'
  } else {
    w.record = { ...w.record!, state: 'refused', failure: null }
    w.losses = 0
    w.log.push('person says again')
    w.state = 'scheduled'
    w.nextAt = w.now
  }
}

const fresh = (): World => ({
  state: 'scheduled',
  record: undefined,
  tries: 0,
  looks: 0,
  losses: 0,
  now: 0,
  nextAt: 0,
  copies: 0,
  visibleAt: 0,
  log: [],
})

const steps = fc.array(
  fc.record({
    answer: fc.constantFrom(...(Object.keys(answers) as Answer[])),
    unsure: fc.boolean(),
    wait: fc.integer({ min: 0, max: 120_000 }),
    took: fc.integer({ min: 0, max: 90_000 }),
    person: fc.boolean(),
  }),
  { maxLength: 25 },
)
const rules: Record<Exclude<Again, 'safe'>, StepRule> = {
  keyed: { again: 'keyed', hasWitness: true, believeEmptyAfterMs: lagMs + 1_000 },
  ask: { again: 'ask', hasWitness: true, believeEmptyAfterMs: lagMs + 1_000 },
  never: { again: 'never', hasWitness: false, believeEmptyAfterMs: 0 },
}

/** Lives through the faults, then through calm weather until nothing happens by itself. */
const live = (
  rule: StepRule,
  faults: { answer: Answer; unsure: boolean; wait: number; took: number; person: boolean }[],
) => {
  const w = fresh()
  for (const f of faults) {
    move(w, rule, f.answer, f.unsure, f.took)
    w.now += f.wait
    if (f.person) person(w)
  }
  for (let i = 0; i < 200 && !settled.has(w.state); i++) {
    w.now = Math.max(w.now + 1_000, w.nextAt)
    move(w, rule, 'ok', false)
  }
  return w
}

/** A network without read-back that lies about a refusal it names plainly cannot be caught by anyone. */
const catchable = (again: Again, faults: { answer: Answer }[]) =>
  again !== 'never' || faults.every((f) => f.answer !== 'refused though done')

describe.each(Object.entries(rules))('any sequence of events, %s', (again, rule) => {
  it('never makes two posts', () => {
    fc.assert(
      fc.property(steps, (faults) => live(rule, faults).copies <= 1),
      { numRuns: 2_000 },
    )
  })

  it('never loses a publication: it settles, published means one copy, failed means none', () => {
    fc.assert(
      fc.property(steps, (faults) => {
        fc.pre(catchable(again as Again, faults))
        const w = live(rule, faults)
        expect(settled.has(w.state), w.state).toBe(true)
        if (w.state === 'published') expect(w.copies).toBe(1)
        if (w.state === 'failed') expect(w.copies).toBe(0)
      }),
      { numRuns: 2_000 },
    )
  })

  it('never begins a second create after a lost one without a look that was believed, a key, or a person', () => {
    fc.assert(
      fc.property(steps, (faults) => {
        const { log } = live(rule, faults)
        let lost = false
        for (const line of log) {
          if (line === 'acted') lost = true
          if (line === 'believed absent' || line === 'person says again') lost = false
          if (line === 'create' && again !== 'keyed') expect(lost, log.join(', ')).toBe(false)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the publication machine', () => {
  it('takes nothing back once a create step has begun', () => {
    for (const state of publicationStates)
      for (const e of ['cancel', 'schedule', 'unschedule'] as PublicationEvent[])
        expect(next(state, e, true)).toBeNull()
  })

  const leads = (state: PublicationState) =>
    (Object.keys(transitions) as PublicationEvent[]).flatMap((e) => next(state, e, false) ?? [])

  it('leaves published for nothing, and never drops a publication to a state without a way on', () => {
    expect(leads('published')).toEqual([])
    for (const state of publicationStates) if (state !== 'published') expect(leads(state), state).not.toEqual([])
  })

  it('reaches every state from draft', () => {
    const seen = new Set<PublicationState>(['draft'])
    for (let i = 0; i < 10; i++) for (const s of [...seen]) for (const to of leads(s)) seen.add(to)
    expect([...seen].sort()).toEqual([...publicationStates].sort())
  })
})

const kinds = fc.constantFrom(...failureKinds)
const anyRule: fc.Arbitrary<StepRule> = fc.record({
  again: fc.constantFrom<Again>('safe', 'keyed', 'ask', 'never'),
  hasWitness: fc.boolean(),
  believeEmptyAfterMs: fc.integer({ min: 0, max: 300_000 }),
})
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const anyTries = fc.integer({ min: 0, max: 20 })
const troubles = Object.keys(backOffs) as Trouble[]
const ten = 600_000

/** What a step of this rule does when it meets the same trouble again and again: the waits between (ms), and the end. */
const through = (kind: FailureKind, rule: StepRule, random: () => number, until?: (now: number) => string) => {
  const waits: number[] = []
  for (let now = 0; ; ) {
    const failure = { kind, code: 'x', message: '', until: until?.(now) }
    const v = afterFailure(failure, rule, waits.length, now, random())
    if (v.do !== 'wait') return { waits, end: v.do }
    waits.push(v.until - now)
    now = v.until
  }
}

describe('waiting', () => {
  it('is for a moment after the first trouble, and never for less than half a second', () => {
    fc.assert(
      fc.property(kinds, anyRule, anyTries, anyRandom, (kind, rule, tries, random) => {
        const v = afterFailure({ kind, code: 'x', message: '' }, rule, tries, 0, random)
        if (v.do !== 'wait') return
        expect(v.until).toBeGreaterThanOrEqual(500)
        if (!v.counts) return
        if (tries === 0) expect(v.until).toBeLessThanOrEqual(1_000)
        if (tries < 3) expect(v.until).toBeLessThanOrEqual(20_000)
        else expect(v.until).toBeGreaterThanOrEqual(30_000)
      }),
    )
  })

  it('outlasts an outage of ten minutes, whatever the jitter, and then comes to an end', () => {
    const again = fc.constantFrom<Again>('safe', 'keyed')
    fc.assert(
      fc.property(kinds, again, fc.boolean(), fc.infiniteStream(anyRandom), (kind, again, hasWitness, random) => {
        fc.pre(kind === 'try-later' || kind === 'unknown-outcome')
        const { waits, end } = through(kind, { again, hasWitness, believeEmptyAfterMs: 0 }, () => random.next().value)
        expect(waits.reduce((a, b) => a + b)).toBeGreaterThan(ten)
        expect(end).toBe(again === 'safe' ? 'fail' : hasWitness ? 'look' : 'ask')
      }),
    )
  })

  it('after something provably not done is the same for every step: nothing is in doubt', () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        const { waits } = through('try-later', rule, () => 0)
        expect(waits).toEqual(through('try-later', rules.keyed, () => 0).waits)
      }),
    )
  })

  it('is never shorter than the network says, and never longer than a day for its word', () => {
    fc.assert(
      fc.property(
        anyRule,
        anyTries,
        anyRandom,
        fc.integer({ min: -ten, max: 10 * 86_400_000 }),
        (r, tries, random, ms) => {
          const until = new Date(1e12 + ms).toISOString()
          for (const kind of ['too-fast', 'try-later', 'unknown-outcome'] as const) {
            const v = afterFailure({ kind, code: 'x', message: '', until }, r, tries, 1e12, random)
            if (v.do !== 'wait') continue
            expect(v.until).toBeGreaterThanOrEqual(1e12 + Math.min(ms, 86_400_000))
            expect(v.until).toBeLessThanOrEqual(1e12 + Math.max(Math.min(ms, 86_400_000), ten))
          }
        },
      ),
    )
  })

  it('does not get shorter from one trouble to the next', () => {
    for (const t of troubles)
      expect(
        [...backOffs[t]].sort((a, b) => a - b),
        t,
      ).toEqual(backOffs[t])
  })

  it('takes the network at its word about when to come back, and does not count it as a try', () => {
    const until = new Date(1_000_000).toISOString()
    expect(afterFailure({ kind: 'too-fast', code: 'x', message: '', until }, rules.ask, 2, 5_000, 0.5)).toEqual({
      do: 'wait',
      step: 'refused',
      until: 1_000_000,
      counts: false,
      channel: true,
    })
  })
})

describe('looking', () => {
  const record: StepRecord = { state: 'begun', times: 1, begunAt: 0, endedAt: 0, failure: null }
  const first = { unclear: 0, losses: 1, tries: 0, random: 0.5 }

  it('does not believe an empty look before the network must have caught up, and looks in that very moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300_000 }), (believeEmptyAfterMs) => {
        const rule = { ...rules.ask, believeEmptyAfterMs }
        const at: number[] = [0]
        for (;;) {
          const now = at.at(-1)!
          const after = afterLook('absent', record, rule, now, first)
          if (after.do !== 'look-later') {
            expect([now, after.do]).toEqual([believeEmptyAfterMs, 'again'])
            break
          }
          // A post that is only late shows soon: the look after it comes within what it was late, or 15 s.
          expect(after.ms).toBeLessThanOrEqual(Math.min(15_000, Math.max(1_000, now)))
          at.push(now + after.ms)
        }
        expect(at.length).toBeLessThan(7 + believeEmptyAfterMs / 15_000)
      }),
    )
  })

  it('that cannot be made waits an outage out; one that proves nothing asks a person before', () => {
    const spans = (['unable', 'unsure'] as const).map((look) => {
      for (let unclear = 1, now = 0; ; unclear++) {
        const after = afterLook(look, record, rules.ask, now, { ...first, unclear, random: 0 })
        if (after.do !== 'look-later') return { end: after.do, now }
        if (unclear === 1) expect(after.ms).toBeLessThanOrEqual(2_000)
        now += after.ms
      }
    })
    expect(spans.map((s) => s.end)).toEqual(['ask', 'ask'])
    expect(spans[0]!.now).toBeGreaterThan(ten)
    expect(spans[1]!.now).toBeLessThan(ten / 2)
  })

  it('counts from when the answer was given up, and from the first look after a worker died', () => {
    const record: StepRecord = { state: 'begun', times: 1, begunAt: 0, endedAt: 60_000, failure: null }
    const { believeEmptyAfterMs } = rules.ask
    expect(afterLook('absent', record, rules.ask, 60_000 + believeEmptyAfterMs - 1, first).do).toBe('look-later')
    expect(afterLook('absent', record, rules.ask, 60_000 + believeEmptyAfterMs, first).do).toBe('again')
    // Nobody knows when the worker died: the first look proves nothing, however late it comes.
    const dead = { ...record, endedAt: null }
    expect(afterLook('absent', dead, rules.ask, 10 * believeEmptyAfterMs, first).do).toBe('look-later')
  })

  it('lets a create that was lost again and again go no further by itself', () => {
    const looked = (losses: number, tries = 0) =>
      afterLook('absent', record, rules.ask, 1e9, { ...first, losses, tries })
    expect([looked(1), looked(2), looked(3), looked(1, 20)]).toEqual([
      { do: 'again', last: false },
      { do: 'again', last: false },
      { do: 'again', last: true },
      { do: 'again', last: true },
    ])
  })
})

describe('late policy', () => {
  it('publishes up to the limit, then does what the workspace chose', () => {
    expect(late(0, 60_000, { maxLateMs: 60_000, otherwise: 'ask' })).toBe('publish')
    expect(late(0, 60_001, { maxLateMs: 60_000, otherwise: 'ask' })).toBe('ask')
    expect(late(0, 60_001, { maxLateMs: 60_000, otherwise: 'expire' })).toBe('expire')
  })
})

describe('the state of a post', () => {
  const of = (...states: PublicationState[]) => postState(states.map((state) => ({ state })))
  it('puts what needs a person first', () => {
    expect(of('published', 'unconfirmed')).toBe('attention')
    expect(of('scheduled', 'held')).toBe('attention')
    expect(of('published', 'failed')).toBe('attention')
    expect(of('failed', 'failed')).toBe('failed')
    expect(of('published', 'cancelled')).toBe('published')
    expect(of('publishing', 'scheduled')).toBe('publishing')
    expect(of()).toBe('draft')
    expect(of('cancelled')).toBe('cancelled')
  })
})

describe('when a backlog is through', () => {
  const part = { platform: 'a', count: 10, gapMs: 2_000, atOnce: 5, free: true }
  const ends = (doneAt: number | null) => ({ doneAt, tooLate: 0 })
  it('is the end of its slowest channel, or of its narrowest network', () => {
    expect(throughAt([part, { ...part, count: 20 }], 1_000)).toEqual({
      each: [ends(31_000), ends(61_000)],
      all: 61_000,
    })
    const many = Array.from({ length: 100 }, () => ({ ...part, gapMs: 0 }))
    expect(throughAt(many, 0).all).toBe((100 * 10 * 1_000) / 5)
  })
  it('waits for a channel that rests, and is never while one is stopped', () => {
    expect(throughAt([{ ...part, from: 60_000 }], 0).all).toBe(90_000)
    expect(throughAt([part, { ...part, free: false }], 0)).toEqual({ each: [ends(30_000), ends(null)], all: null })
  })
  it('has no end where there is none', () => {
    expect(throughAt([{ ...part, count: 0, free: false }], 5)).toEqual({ each: [ends(null)], all: null })
    expect(throughAt([], 5)).toEqual({ each: [], all: null })
    expect(throughAt([part, { ...part, count: 0, free: false }], 0).all).toBe(30_000)
  })
  it('counts no turn for what will be too late when its turn comes', () => {
    const until = [0, 2_999, 3_000, null, 5_999, 6_000, null].map((x) => x)
    // The first goes at 0, the third at 3,000, the fourth at 6,000, the sixth and the last when it is too late for the sixth.
    expect(throughAt([{ ...part, count: 7, until }], 0)).toEqual({
      each: [{ doneAt: 12_000, tooLate: 3 }],
      all: 12_000,
    })
    const gone = Array.from({ length: 10 }, () => 0)
    expect(throughAt([{ ...part, until: gone }], 1)).toEqual({ each: [{ doneAt: 1, tooLate: 10 }], all: 1 })
    // Beyond the list everything is taken to go out.
    expect(throughAt([{ ...part, count: 9, until: [0, 0] }], 1).all).toBe(1 + 7 * 3_000)
  })
  it('is the end of those that go, one by one, whatever their policies', () => {
    const any = fc.array(fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: null }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 10_000 }), (until, gapMs) => {
        const { each } = throughAt([{ ...part, count: until.length, gapMs, until }], 0)
        const { doneAt, tooLate } = each[0]!
        expect(doneAt).toBe((until.length - tooLate) * (gapMs + 1_000))
        expect(tooLate).toBeLessThanOrEqual(until.filter((u) => u !== null).length)
        // Later is never less late.
        expect(
          throughAt([{ ...part, count: until.length, gapMs, until, from: 5_000 }], 0).each[0]!.tooLate,
        ).toBeGreaterThanOrEqual(tooLate)
      }),
    )
  })
})
