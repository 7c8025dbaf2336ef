/** The contract ahead of the due time: what is prepared is seen by nobody. Part of the suite of `suite.ts`. */
import { expect, test } from 'vitest'
import { isPublic } from '#contract/steps.ts'
import { plan } from '#kit/client/steps.ts'
import type { Sample } from '#kit/facts/samples.ts'
import type { Bench, Connected, Content } from './bench.ts'
import type { Scope } from './suite-after.ts'

/** No sample is left for longer than this (ms): the engine prepares an hour ahead at most. */
const mostMs = 30 * 60_000

/** Nothing where the platform prepares nothing. */
export const preparedAhead = (
  { platform, cases, bench: benchOf, connect, wanted }: Scope,
  contentOf: (b: Bench, c: Connected, sample: Sample) => Promise<Content>,
): void => {
  const { ahead } = platform.spec
  if (!ahead) return
  // As early as the engine prepares: half of the shortest life.
  const early = Math.min(mostMs, ...Object.values(ahead).map((ms) => ms / 2))
  for (const sample of cases.samples ?? [])
    test(`the sample "${sample.type}", prepared ahead, is seen by nobody until its create, which comes once`, async () => {
      const bench = benchOf()
      const c = await connect(sample.channel ? { kind: sample.channel } : {})
      const content = await contentOf(bench, c, sample)
      const planned = plan(platform.publish, bench.view(c, content))
      const first = planned.findIndex((p) => isPublic(p.step.name))
      const { key } = planned[first]!
      for (const p of planned.slice(0, first)) expect(p.step.options.again, `${p.key} may be made again`).toBe('safe')
      let seen = -1
      const run = await bench.publish(c, content, {
        beforeTry: async (at, nth) => {
          if (at !== key || nth > 1) return
          bench.pass(early)
          await bench.sandbox.desk.tickAll()
          seen = bench.ledger().length
        },
      })
      expect(run.failure).toBeUndefined()
      expect([seen, run.state]).toEqual([0, 'published'])
      expect(run.tries.get(key)).toBe(1)
      expect(bench.ledger()).toHaveLength(sample.posts ?? wanted(content))
    })
}
