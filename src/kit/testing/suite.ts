/**
 * The contract suite: what every platform must prove against its imitation, faults included. A platform's
 * `contract.test.ts` gives its cases and the harness that starts the sandbox; the suite knows neither.
 * A promise that does not apply is skipped with its reason, and the skips are counted at the end.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sandboxClient } from '#contract/sandbox-client.ts'
import { type Platform, rotates } from '#kit/client/platform.ts'
import { plan } from '#kit/client/steps.ts'
import { failureKinds, PlatformFailure } from '#kit/facts/failures.ts'
import { type PlatformPure, preflight } from '#kit/facts/preflight.ts'
import type { Sample } from '#kit/facts/samples.ts'
import type { Imitation } from '#kit/sandbox/imitation.ts'
import { type Bench, type Connected, type Content, openBench, type SandboxUnderTest } from './bench.ts'
import type { Cases, EdgeCase, Promised } from './cases.ts'
import type { TestFile } from './media.ts'
import { contextOf, createdOf, type RunResult, runPlan } from './runner.ts'
import { slowCalls } from './slow-calls.ts'
import { afterPublishing, type Scope, webhooks } from './suite-after.ts'
import { preparedAhead } from './suite-ahead.ts'

export type SuiteOptions<S extends SandboxUnderTest> = {
  platform: Platform
  imitation: Imitation
  start: (imitations: readonly Imitation[]) => Promise<S>
  cases: Cases
  /** Tests only this platform has, on the same bench. */
  more?: (bench: () => Bench) => void
}

const failureOf = async (work: Promise<unknown>) => {
  try {
    await work
  } catch (error) {
    if (error instanceof PlatformFailure) return error.failure
    throw error
  }
  throw new Error('it did not fail')
}

/** A text of exactly `n` units, in every unit the kit knows. */
export const textOf = (n: number): string => 'a'.repeat(n)

/** A sample as the bench publishes it: what it asks is asked of the network, files of settings become attachments. */
export const contentOfSample = async (b: Bench, c: Connected, sample: Sample): Promise<Content> => {
  const attachments: Record<string, TestFile> = {}
  const settings =
    typeof sample.settings === 'function'
      ? await sample.settings({
          first: async (list, params = {}) => {
            const items = await b.platform.options![list]!(b.channelContext(c), params)
            if (!items[0]) throw new Error(`nothing to choose from in ${list}`)
            return items[0].value
          },
          media: async (file) => {
            const key = `attachment-${Object.keys(attachments).length + 1}`
            attachments[key] = file
            return key
          },
        })
      : sample.settings
  return {
    segments: sample.segments.map((s, i) => ({
      text: s.text === null ? '' : `sample ${sample.type} ${i + 1}${s.text ? ` ${s.text}` : ''}`,
      media: (s.media ?? []).map((m) =>
        m.kind === 'image'
          ? { kind: m.kind, alt: m.alt, width: m.width, height: m.height, gif: m.type === 'image/gif' }
          : m,
      ),
    })),
    ...(sample.firstComment ? { firstComment: sample.firstComment } : {}),
    ...(settings ? { settings } : {}),
    attachments,
  }
}

export const contractSuite = <S extends SandboxUnderTest>({
  platform,
  imitation,
  start,
  cases,
  more,
}: SuiteOptions<S>): void => {
  const { spec } = platform
  let sandbox: S
  let bench: Bench
  const skipped: string[] = []
  /** A test, or a counted skip that says why. */
  const promise = (what: Promised, name: string, run: () => Promise<void>) => {
    const why = cases.skip?.[what]
    if (why === undefined) return test(name, run)
    skipped.push(`${what}: ${why}`)
    return test.skip(`${name} (${why})`)
  }
  const connect = (o: Parameters<Bench['connect']>[0] = {}) => bench.connect({ account: cases.account, ...o })
  const wanted = (c: Content) => c.segments.length + (c.firstComment ? 1 : 0)
  const errors = (c: Connected, content: Content, pure: PlatformPure = platform) =>
    preflight(pure, bench.draft(c, content)).filter((f) => f.level === 'error')
  const creates = platform.publish.find((s) => s.name === 'create')!
  const again = creates.options.again

  const scope: Scope = {
    platform,
    cases,
    bench: () => bench,
    promise,
    skipped,
    connect,
    wanted,
  }

  describe(`${spec.name} keeps the contract`, () => {
    beforeAll(async () => {
      sandbox = await start([imitation])
      bench = openBench(platform, sandbox)
    })
    beforeEach(() => sandbox.desk.reset())
    afterEach(() => {
      expect(sandbox.trouble.splice(0)).toEqual([])
      // An imitation is as tolerant as its network; that Clarion never needs it is kept here.
      expect(sandbox.desk.notices({ client: sandboxClient.name })).toEqual([])
    })
    afterAll(async () => {
      await bench.shelf.close()
      await sandbox.close()
      if (skipped.length > 0) console.log(`${spec.id}: ${skipped.length} promises skipped\n  ${skipped.join('\n  ')}`)
    })

    describe('as data', () => {
      test('ids, hosts and the settings default', () => {
        expect(imitation.platform).toBe(spec.id)
        for (const host of spec.hosts) expect(imitation.hosts).toContain(host)
        expect(spec.settings.schema.safeParse({}).success).toBe(true)
        expect(spec.settings.schema.safeParse({ nobodyKnowsThis: 1 }).success).toBe(false)
        expect(spec.verified).toMatch(/^\d{4}-\d{2}-\d{2}$/)
        expect(platform.failures.platform).toBe(spec.id)
        for (const rule of platform.failures.rules) expect(failureKinds).toContain(rule.kind)
      })
      test('what it says it can, it can', () => {
        expect(Boolean(platform.remove)).toBe(spec.can.remove)
        expect(platform.publish.some((s) => s.options.witness)).toBe(spec.can.readBack)
        expect(Boolean(platform.edit)).toBe(spec.can.edit)
        expect(Boolean(platform.insights)).toBe(spec.can.insights)
        expect(Boolean(platform.webhook)).toBe(spec.can.webhook)
        for (const [what, able] of Object.entries(spec.can))
          if (!able && what !== 'readBack') expect(spec.why?.[what as keyof typeof spec.can], what).toBeTruthy()
      })
    })

    test('no text in any value of any call makes the imitation slow, or breaks it', async () => {
      const attack = slowCalls(imitation)
      const own = await start([attack.imitation])
      const b = openBench(platform, own)
      const { account } = cases
      try {
        for (const sample of cases.samples ?? []) {
          const c = await b.connect({ account, ...(sample.channel ? { kind: sample.channel } : {}) })
          await b.publish(c, await contentOfSample(b, c, sample))
        }
        expect(attack.tried.size).toBeGreaterThan(3)
        expect(attack.slow).toEqual([])
        expect(own.trouble).toEqual([])
      } finally {
        await b.shelf.close()
        await own.close()
      }
    }, 120_000)

    describe('connecting', () => {
      test('one consent gives a grant and the account, by the network’s own id', async () => {
        const c = await connect()
        expect(c.offer.externalId).not.toBe('')
        expect(spec.channelKinds).toContain(c.offer.kind)
        expect(c.grant.access).not.toBe('')
        expect(c.offer.name).not.toBe('')
        // Were Clarion not known by its calls, no notice could ever be its own.
        expect(new Set(sandbox.desk.requests().map((r) => r.client))).toEqual(new Set([sandboxClient.name]))
      })
      test('connecting twice gives the same account', async () => {
        expect((await connect()).offer.externalId).toBe((await connect()).offer.externalId)
      })
      promise('denied', 'a consent that was denied says so', async () => {
        const failure = await failureOf(connect({ answer: { decision: 'deny' } }))
        expect(failure).toMatchObject({ kind: 'not-permitted', code: `${spec.id}.denied` })
      })
      promise('state', 'an answer to somebody else’s connection is refused', async () => {
        const issued = sandbox.desk.tokens(spec.id, cases.account)
        const t = bench.context(issued.credentials)
        const begun = await platform.connect.begin(t, {})
        if (begun.kind !== 'redirect') throw new Error('not a redirect')
        const answer = await bench.consent(begun.url, { decision: 'allow' })
        const failure = await failureOf(platform.connect.finish(t, { ...answer, state: 'another' }, begun.keep))
        expect(failure.code).toBe(`${spec.id}.state-mismatch`)
      })
      promise('scope', 'a scope the person left out is named', async () => {
        let dropped = ''
        const failure = await failureOf(
          connect({
            change: (url) => {
              const all = (url.searchParams.get('scope') ?? '').split(/[ ,]+/)
              dropped = all.splice(1, 1)[0]!
              url.searchParams.set('scope', all.join(' '))
            },
          }),
        )
        expect(failure).toMatchObject({ kind: 'not-permitted', code: `${spec.id}.scope-missing` })
        expect(failure.message).toContain(dropped)
      })
    })

    describe('tokens', () => {
      promise('expired', 'a token past its life is read as reconnect, and nothing is posted', async () => {
        const c = await connect()
        bench.pass(cases.accessMs! + 60_000)
        const run = await bench.publish(c, cases.plain)
        expect(run).toMatchObject({ state: 'failed', failure: { kind: 'reconnect' } })
        expect(bench.ledger()).toHaveLength(0)
      })
      promise('refresh', 'a refreshed token publishes', async () => {
        const c = await connect()
        bench.pass(cases.accessMs! + 60_000)
        const grant = await platform.connect.refresh!(bench.tokenContext(c), c.grant)
        expect(Date.parse(grant.expiresAt!)).toBeGreaterThan(bench.now())
        expect((await bench.publish({ ...c, grant }, cases.plain)).state).toBe('published')
      })
      promise('race', 'two refreshes at once leave one working token, or say reconnect', async () => {
        const c = await connect()
        const t = bench.tokenContext(c)
        const ends = await Promise.allSettled([
          platform.connect.refresh!(t, c.grant),
          platform.connect.refresh!(t, c.grant),
        ])
        const good = ends.flatMap((e) => (e.status === 'fulfilled' ? [e.value] : []))
        expect(good.length).toBe(rotates(platform.connect, () => c.grant) ? 1 : 2)
        for (const e of ends)
          if (e.status === 'rejected') expect((e.reason as PlatformFailure).failure.kind).toBe('reconnect')
        expect((await bench.publish({ ...c, grant: good.at(-1)! }, cases.plain)).state).toBe('published')
      })
      promise('lost-refresh', 'a refresh whose answer is lost is recovered, or says reconnect', async () => {
        const c = await connect()
        const t = bench.tokenContext(c)
        bench.fault({ route: cases.routes.refresh, do: 'drop-after' })
        expect((await failureOf(platform.connect.refresh!(t, c.grant))).kind).toBe('unknown-outcome')
        if (rotates(platform.connect, () => c.grant))
          expect((await failureOf(platform.connect.refresh!(t, c.grant))).kind).toBe('reconnect')
        else
          expect(
            (await bench.publish({ ...c, grant: await platform.connect.refresh!(t, c.grant) }, cases.plain)).state,
          ).toBe('published')
      })
      promise('revoked', 'a revoked token is read as reconnect', async () => {
        const c = await connect()
        sandbox.desk.revoke(spec.id, c.offer.externalId)
        const run = await bench.publish(c, cases.plain)
        expect(run).toMatchObject({ state: 'failed', failure: { kind: 'reconnect' } })
        if (platform.connect.refresh)
          expect((await failureOf(platform.connect.refresh(bench.tokenContext(c), c.grant))).kind).toBe('reconnect')
      })
    })

    describe('publishing', () => {
      for (const { name, content, posts, see } of cases.posts)
        test(`${name} is published once and found`, async () => {
          const c = await connect()
          expect(errors(c, content)).toEqual([])
          const run = await bench.publish(c, content)
          expect(run.failure).toBeUndefined()
          expect(run.state).toBe('published')
          const there = bench.ledger()
          expect(there).toHaveLength(posts ?? wanted(content))
          // The account of the consent is the account it appeared on.
          for (const post of there) expect(post.account).toBe(c.offer.externalId)
          const made = createdOf(run)
          expect(made.length).toBeGreaterThan(0)
          for (const m of made) expect(m).toMatchObject({ id: expect.any(String) })
          see?.(there, run)
        })

      for (const sample of cases.samples ?? [])
        test(`the sample "${sample.type}" is published once and found`, async () => {
          const c = await connect(sample.channel ? { kind: sample.channel } : {})
          const content = await contentOfSample(bench, c, sample)
          expect(errors(c, content)).toEqual([])
          const run = await bench.publish(c, content)
          expect(run.failure).toBeUndefined()
          expect(run.state).toBe('published')
          expect(bench.ledger()).toHaveLength(sample.posts ?? wanted(content))
        })

      preparedAhead(scope, contentOfSample)

      promise('markup', 'nothing a post says becomes markup on the feed page', async () => {
        const evil = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
        const content = cases.said?.(evil) ?? {
          ...cases.plain,
          segments: [{ ...cases.plain.segments[0]!, text: evil }],
        }
        const run = await bench.publish(await connect(), content)
        // A network that refuses such signs (YouTube) has nothing to show.
        if (run.state !== 'published') return expect(run.failure?.kind).toBe('refused-content')
        const html = await (await fetch(`${sandbox.url}/_feed/${spec.id}`)).text()
        expect(html).toMatch(/&lt;script(&gt;|>)/)
        expect(html).not.toMatch(/<script|<img src=x|href="javascript/i)
      })

      promise('thread', 'each post of a thread answers the one before', async () => {
        const c = await connect()
        const run = await bench.publish(c, { segments: ['one', 'two', 'three'].map((text) => ({ text })) })
        expect(run.state).toBe('published')
        const [one, two, three] = bench.ledger()
        expect([one!.replyTo, two!.replyTo, three!.replyTo]).toEqual([null, one!.id, two!.id])
      })

      promise('remove', 'a removed post is gone, and removing it again is no error', async () => {
        const c = await connect()
        const run = await bench.publish(c, cases.plain)
        const looks = async () => (await platform.isThere?.(bench.channelContext(c), createdOf(run)[0]!)) ?? null
        if (platform.isThere) expect(await looks()).toBe('there')
        for (const created of createdOf(run)) {
          await platform.remove!(bench.channelContext(c), created)
          await platform.remove!(bench.channelContext(c), created)
        }
        expect(bench.ledger()).toHaveLength(0)
        if (platform.isThere) expect(await looks()).toBe('gone')
      })
    })

    afterPublishing(scope)
    webhooks(scope)

    describe('when the answer to create is lost', () => {
      const lost = [
        { name: 'the connection breaks before the network acted', fault: { do: 'drop-before' } },
        { name: 'the connection breaks after the network acted', fault: { do: 'drop-after' } },
        { name: 'it says 500 though it is done', fault: { do: 'answer-after', status: 500 } },
        { name: 'it says 503 and did nothing', fault: { do: 'answer-before', status: 503 } },
        { name: 'it says 502 twice though it is done', fault: { do: 'answer-after', status: 502, times: 2 } },
      ] as const
      for (const { name, fault } of lost)
        test(
          again === 'never' ? `${name}: a person is asked, and nothing is sent twice` : `${name}: one post in the end`,
          async () => {
            const c = await connect()
            bench.fault({ route: cases.routes.create, ...fault })
            const run = await bench.publish(c, cases.plain)
            const acted = fault.do.endsWith('after') ? 1 : 0
            if (again === 'never') {
              expect(run.state).toBe('unconfirmed')
              expect(bench.ledger()).toHaveLength(acted)
              expect(run.tries.get('create')).toBe(1)
            } else {
              expect(run.failure).toBeUndefined()
              expect(run.state).toBe('published')
              expect(bench.ledger()).toHaveLength(wanted(cases.plain))
            }
          },
        )

      test('a 429 says when to come back, and nothing was posted', async () => {
        const c = await connect()
        bench.fault({ route: cases.routes.create, do: 'answer-before', status: 429 })
        const run = await bench.publish(c, cases.plain)
        expect(run.failure?.kind).toBe('too-fast')
        expect(Date.parse(run.failure!.until!)).toBeGreaterThan(bench.now())
        expect(bench.ledger()).toHaveLength(0)
      })

      promise('witness', 'the witness finds what is there and says absent when it is not', async () => {
        const c = await connect()
        const input = bench.runInput(c, cases.plain)
        const empty: RunResult = {
          state: 'published',
          checkpoints: new Map(),
          prepared: new Map(),
          tries: new Map(),
          looks: new Map(),
        }
        const planned = plan(platform.publish, input.view)
        // Everything before the create really runs; the create itself is cut off before, then after.
        const first = planned.find((p) => p.step.name === 'create')!
        for (const p of planned.slice(0, planned.indexOf(first))) {
          const outcome = await p.step.run(contextOf(input, empty, p, new Map()))
          if ('done' in outcome) empty.checkpoints.set(p.key, outcome.done)
        }
        if (first.step.options.prepare)
          empty.prepared.set(first.key, await first.step.options.prepare(contextOf(input, empty, first, new Map())))
        const t = contextOf(input, empty, first, new Map())
        bench.fault({ route: cases.routes.create, do: 'drop-before' })
        await failureOf(first.step.run(t))
        expect(await first.step.options.witness!(t)).toEqual({ absent: true })
        bench.fault({ route: cases.routes.create, do: 'drop-after' })
        await failureOf(first.step.run(t))
        bench.pass(first.step.options.believeEmptyAfterMs ?? 0)
        const seen = await first.step.options.witness!(t)
        expect(seen).toMatchObject({ found: { id: expect.any(String) } })
        expect(bench.ledger()).toHaveLength(1)
      })

      promise('keyed', 'the same keyed create sent three times makes one post', async () => {
        const c = await connect()
        const input = bench.runInput(c, cases.plain)
        const run = await runPlan(input)
        const first = plan(platform.publish, input.view).find((p) => p.step.name === 'create')!
        for (let n = 0; n < 2; n++)
          expect(await first.step.run(contextOf(input, run, first, new Map()))).toEqual({
            done: run.checkpoints.get(first.key),
          })
        expect(bench.ledger()).toHaveLength(wanted(cases.plain))
      })
    })

    describe('refusals', () => {
      for (const { name, kind, code, provoke } of cases.failures)
        test(`${name}: ${kind}`, async () => {
          const run = await provoke(bench, await connect())
          expect(run.failure).toMatchObject({ kind, ...(code ? { code } : {}) })
          expect(run.failure!.message).not.toContain('{text}')
        })
    })

    describe('limits', () => {
      const { max } = spec.text
      const said = (n: number): Content =>
        cases.said?.(textOf(n)) ?? {
          ...cases.plain,
          segments: [{ ...cases.plain.segments[0]!, text: textOf(n) }],
        }
      const pictures =
        cases.pictures ??
        ((n: number): Content => ({
          segments: [{ text: 'pictures', images: Array.from({ length: n }, (_, i) => ({ alt: `picture ${i}` })) }],
        }))
      for (const what of ['text-edge', 'pictures-edge'] as const)
        if (cases.skip?.[what]) promise(what, `the usual edge: ${what}`, async () => {})
      const edges: EdgeCase[] = [
        ...(cases.skip?.['text-edge']
          ? []
          : [{ name: 'the text', at: said(max), above: said(max + 1), kind: 'refused-content' as const }]),
        ...(spec.media.image && !cases.skip?.['pictures-edge']
          ? [
              {
                name: 'pictures in one post',
                at: pictures(spec.media.max),
                above: pictures(spec.media.max + 1),
                kind: 'refused-content' as const,
              },
            ]
          : []),
        ...cases.edges,
      ]
      for (const edge of edges) {
        test(`${edge.name}: preflight and the network both take the most`, async () => {
          const c = await connect()
          expect(errors(c, edge.at)).toEqual([])
          const run = await bench.publish(c, edge.at)
          expect(run.failure).toBeUndefined()
          expect(run.state).toBe('published')
        })
        test(`${edge.name}: preflight and the network both refuse one more`, async () => {
          const c = await connect()
          const findings = preflight(platform, bench.draft(c, edge.above))
          expect(findings.filter((f) => edge.warnsOnly || f.level === 'error')).not.toEqual([])
          const run = await bench.publish(c, edge.above)
          expect(run.state).toBe('failed')
          expect(run.failure?.kind).toBe(edge.kind)
          expect(bench.ledger()).toHaveLength(0)
        })
      }

      promise('double-entry', 'a limit raised by mistake in the spec is still refused by the network', async () => {
        const c = await connect()
        const raised: Platform = { ...platform, spec: { ...spec, text: { ...spec.text, max: max + 1 } } }
        const content = said(max + 1)
        expect(errors(c, content, platform)).not.toEqual([])
        expect(errors(c, content, raised)).toEqual([])
        const run = await bench.publish(c, content, { platform: raised })
        expect(run).toMatchObject({ state: 'failed', failure: { kind: 'refused-content' } })
        expect(bench.ledger()).toHaveLength(0)
      })
    })

    more?.(() => bench)
  })
}
