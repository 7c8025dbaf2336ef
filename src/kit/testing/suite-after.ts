/** The contract after a post is out: edits, numbers, accounts, lists, and webhooks. Part of the suite of `suite.ts`. */
import { describe, expect, test } from 'vitest'
import type { Platform } from '#kit/client/platform.ts'
import { metricNames } from '#kit/facts/metrics.ts'
import type { Bench, Connected, Content } from './bench.ts'
import type { Cases, Promised } from './cases.ts'
import { createdOf } from './runner.ts'

/** What the parts of the suite share; the bench is there once tests run. */
export type Scope = {
  platform: Platform
  cases: Cases
  bench: () => Bench
  /** A test, or a counted skip that says why. */
  promise: (what: Promised, name: string, run: () => Promise<void>) => void
  skipped: string[]
  connect: (o?: Parameters<Bench['connect']>[0]) => Promise<Connected>
  /** How many posts a content makes. */
  wanted: (c: Content) => number
}

export const afterPublishing = ({
  platform,
  cases,
  bench: benchOf,
  promise,
  skipped,
  connect,
  wanted,
}: Scope): void => {
  const { spec } = platform
  const refreshed = async (c: Connected): Promise<Connected> => ({
    ...c,
    grant: await platform.connect.refresh!(benchOf().tokenContext(c), c.grant),
  })
  describe('after publishing', () => {
    const cannot = (what: 'edit' | 'insights', name: string) => {
      const why = spec.why?.[what] ?? 'it cannot'
      skipped.push(`${what}: ${why}`)
      test.skip(`${name} (${why})`, () => {})
    }
    const published = async () => {
      const c = await connect()
      const run = await benchOf().publish(c, cases.plain)
      expect(run.failure).toBeUndefined()
      return { c, run, created: createdOf(run) }
    }
    if (!platform.edit) cannot('edit', 'an edited post says the new text')
    else
      promise('edit', 'an edited post says the new text, and is still one post', async () => {
        const { c, run, created } = await published()
        const settings = benchOf().view(c, cases.plain).settings
        await platform.edit!(benchOf().channelContext(c), created[0]!, 'The text after the edit', settings)
        expect(run.state).toBe('published')
        const there = benchOf().ledger()
        expect(there).toHaveLength(wanted(cases.plain))
        expect(there[0]!.text).toContain('The text after the edit')
      })
    if (!platform.insights?.post) cannot('insights', 'its numbers come in our words')
    else
      promise('insights', 'its numbers come in our words, and what is not reported is null', async () => {
        const { c, created } = await published()
        const publishedAt = benchOf().now()
        benchOf().pass(cases.insightsAfterMs ?? 2 * 86_400_000)
        const settings = benchOf().view(c, cases.plain).settings
        const live = cases.accessMs && platform.connect.refresh ? await refreshed(c) : c
        const reading = await platform.insights!.post!(benchOf().channelContext(live), {
          created,
          settings,
          publishedAt,
        })
        expect(Object.keys(reading!.metrics).sort()).toEqual([...metricNames].sort())
        const numbers = Object.values(reading!.metrics).filter((n) => n !== null)
        expect(numbers.length).toBeGreaterThan(0)
        expect(Math.max(...numbers)).toBeGreaterThan(0)
      })
    if (platform.insights?.account)
      promise('account', 'so do the numbers of the account', async () => {
        const { c } = await published()
        const reading = await platform.insights!.account!(benchOf().channelContext(c))
        expect(Object.keys(reading.metrics).sort()).toEqual([...metricNames].sort())
        expect(Object.values(reading.metrics).some((n) => n !== null)).toBe(true)
      })
    if (platform.account)
      test('the network says what the account may do now', async () => {
        const c = await connect()
        const now = await platform.account!(benchOf().channelContext(c))
        for (const q of now.quotas ?? []) expect(q.used).toBeLessThanOrEqual(q.cap)
        expect(Object.keys(now.facts ?? {}).length + (now.quotas ?? []).length).toBeGreaterThan(0)
      })
    for (const [list, ask] of Object.entries(platform.options ?? {}))
      test(`the list "${list}" can be chosen from`, async () => {
        const read = new Set<string>()
        const params = new Proxy(cases.options?.[list] ?? {}, {
          get: (o, word) => {
            read.add(String(word))
            return Reflect.get(o, word)
          },
        })
        const items = await ask(benchOf().channelContext(await connect()), params)
        expect([...read], 'the words it reads are those it says it takes').toEqual(platform.optionWords?.[list] ?? [])
        expect(items.length).toBeGreaterThan(0)
        for (const i of items) expect(i.value && i.label).toBeTruthy()
        expect(new Set(items.map((i) => i.value)).size).toBe(items.length)
      })
  })
}

/** Nothing where the network sends none. */
export const webhooks = ({ platform, cases, bench: benchOf, promise, connect }: Scope): void => {
  const { spec } = platform
  if (platform.webhook) {
    const { webhook } = platform
    describe('webhooks', () => {
      const caught = async () => {
        benchOf().shelf.hooks.length = 0
        benchOf().sandbox.desk.setWebhook(spec.id, await benchOf().shelf.hookUrl())
        const c = await connect()
        await cases.webhook!.provoke(benchOf(), c)
        await benchOf().sandbox.desk.tickAll()
        for (let n = 0; n < 50 && benchOf().shelf.hooks.length === 0; n++) await new Promise((r) => setTimeout(r, 20))
        expect(benchOf().shelf.hooks.length).toBeGreaterThan(0)
        const t = await benchOf().hookContext(c)
        const request = (h: { headers: Record<string, string>; body: Buffer }) =>
          ({ method: 'POST', query: {}, ...h }) as const
        return { c, t, request, hooks: benchOf().shelf.hooks.slice() }
      }
      promise('webhook', 'one that the network signed is believed and understood', async () => {
        const { t, request, hooks } = await caught()
        for (const h of hooks) expect(await webhook.verify(t, request(h))).toBe('ok')
        const events = hooks.flatMap((h) => webhook.events(request(h)))
        expect(events).toContainEqual(expect.objectContaining(cases.webhook!.event))
      })
      promise('webhook', 'a forged one is not', async () => {
        const { t, request, hooks } = await caught()
        const forge =
          cases.webhook!.forge ??
          ((h: { headers: Record<string, string>; body: Buffer }) => {
            const body = Buffer.from(h.body)
            body[body.length >> 1]! ^= 1
            return { ...h, body }
          })
        expect(await webhook.verify(t, request(forge(hooks[0]!)))).toBe('forged')
        expect(await webhook.verify(t, request({ headers: {}, body: hooks[0]!.body }))).toBe('forged')
      })
      promise('webhook', 'the same one again has the same keys', async () => {
        const { request, hooks } = await caught()
        const keys = () => hooks.flatMap((h) => webhook.events(request(h))).map((e) => e.key)
        expect(keys()).toEqual(keys())
        expect(new Set(keys()).size).toBe(keys().length)
      })
      promise('stale', 'one from yesterday is stale', async () => {
        const { t, request, hooks } = await caught()
        benchOf().pass(86_400_000)
        expect(await webhook.verify(t, request(hooks[0]!))).toBe('stale')
      })
      test('rubbish is forged, never an error', async () => {
        const t = await benchOf().hookContext(await connect())
        const rubbish = { method: 'POST', headers: {}, query: {}, body: Buffer.from('{"a":') } as const
        expect(await webhook.verify(t, rubbish)).toBe('forged')
        expect(webhook.events(rubbish)).toEqual([])
      })
    })
  }
}
