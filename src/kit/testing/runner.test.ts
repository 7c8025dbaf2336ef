import { describe, expect, test } from 'vitest'
import type { Platform } from '#kit/client/platform.ts'
import {
  type Again,
  absent,
  done,
  found,
  notYet,
  type StepContext,
  step,
  steps,
  type Witness,
} from '#kit/client/steps.ts'
import { type FailureKind, PlatformFailure } from '#kit/facts/failures.ts'
import { gif, png } from './media.ts'
import { runPlan } from './runner.ts'

/** A network of one list; `lose` says how often the answer is lost after it acted. */
const toy = (
  again: Again,
  o: { lose?: number; fail?: FailureKind; lag?: number; witness?: (list: string[]) => Witness },
) => {
  const list: string[] = []
  let lose = o.lose ?? 0
  let time = 0
  const run = async (t: StepContext) => {
    if (o.fail) throw new PlatformFailure({ kind: o.fail, code: 'toy.no', message: 'no' })
    if (again !== 'keyed' || !list.includes(String(t.prepared))) list.push(String(t.prepared))
    if (lose-- > 0) throw new PlatformFailure({ kind: 'unknown-outcome', code: 'toy.lost', message: 'lost' })
    return done({ id: String(list.length), url: null })
  }
  const witness = o.witness ? async () => o.witness!(list) : undefined
  const publish = steps(step('create', { again, prepare: () => 'key', witness, believeEmptyAfterMs: o.lag }, run))
  const view = {
    publicationId: 'p',
    segments: [{ text: 'x', media: [] }],
    settings: {},
    attachments: {},
    channel: { externalId: '1', kind: 'profile', handle: 'h', name: 'n', facts: {} },
  }
  const http = async () => {
    throw new Error('no network here')
  }
  return {
    list,
    time: () => time,
    result: runPlan({
      platform: { publish } as unknown as Platform,
      view,
      http,
      grant: { access: 'a' },
      credentials: {},
      now: () => time,
      pass: (ms) => (time += ms),
    }),
  }
}
const seen = (list: string[]): Witness => (list.length > 0 ? found({ id: '1', url: null }) : absent)

describe('the one-pass runner obeys `again`', () => {
  test('safe is repeated, so a create wrongly called safe shows as two posts', async () => {
    const t = toy('safe', { lose: 1 })
    expect((await t.result).state).toBe('published')
    expect(t.list).toHaveLength(2)
  })
  test('keyed is repeated with the same prepared key', async () => {
    const t = toy('keyed', { lose: 2 })
    expect((await t.result).state).toBe('published')
    expect(t.list).toEqual(['key'])
  })
  test('ask looks first, and what is found is not sent again', async () => {
    const t = toy('ask', { lose: 1, witness: seen })
    expect((await t.result).state).toBe('published')
    expect(t.list).toHaveLength(1)
  })
  test('ask with a blind witness sends twice: the ledger tells', async () => {
    const t = toy('ask', { lose: 1, witness: () => absent })
    await t.result
    expect(t.list).toHaveLength(2)
  })
  test('an empty look is repeated after the list has had its time', async () => {
    let looks = 0
    const t = toy('ask', {
      lose: 1,
      lag: 45_000,
      witness: () => (++looks > 1 ? found({ id: '1', url: null }) : absent),
    })
    expect((await t.result).state).toBe('published')
    expect([t.list.length, t.time()]).toEqual([1, 45_000])
  })
  test('never is never repeated', async () => {
    const t = toy('never', { lose: 1 })
    expect((await t.result).state).toBe('unconfirmed')
    expect(t.list).toHaveLength(1)
  })
  test('a refusal ends it, and three lost answers are enough', async () => {
    expect((await toy('safe', { fail: 'refused-content' }).result).failure?.kind).toBe('refused-content')
    expect((await toy('keyed', { fail: 'unknown-outcome' }).result).state).toBe('unconfirmed')
  })
  test('waiting lets virtual time pass', async () => {
    let calls = 0
    let time = 0
    const publish = steps(
      step('create', { again: 'safe' }, async () =>
        ++calls < 3 ? notYet(5_000, 'cooking') : done({ id: '1', url: null }),
      ),
    )
    const view = {
      publicationId: 'p',
      segments: [{ text: 'x', media: [] }],
      settings: {},
      attachments: {},
      channel: { externalId: '1', kind: 'profile', handle: 'h', name: 'n', facts: {} },
    }
    const r = await runPlan({
      platform: { publish } as unknown as Platform,
      view,
      http: async () => Promise.reject(new Error('no network here')),
      grant: { access: 'a' },
      credentials: {},
      now: () => time,
      pass: (ms) => (time += ms),
    })
    expect([r.state, time]).toEqual(['published', 10_000])
  })
})

test('test pictures have exactly the length asked for', () => {
  expect(png({ bytes: 5_000 })).toHaveLength(5_000)
  expect(png({ shade: 1 })).not.toEqual(png({ shade: 2 }))
  expect(gif(10_000).length).toBeGreaterThanOrEqual(9_750)
})
