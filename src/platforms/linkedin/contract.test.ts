/** Long because a network with two kinds of accounts keeps its promises in two ways; all of it is one suite on one bench. */
import { describe, expect, test } from 'vitest'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const clip = { width: 1280, height: 720, ms: 5000, bytes: 90_000 }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const file = (media: object, settings = {}) => ({ segments: [{ text: 'With a file', ...media }], settings })
const poll = (options: string[], question = 'Rye or wheat?') => ({ poll: { question, options } })
const card = { url: 'https://example.com/bread', title: 'Bread' }
/** An app of the imitation that LinkedIn gave three scopes. */
const narrow = { clientId: '55sandboxnarrow', clientSecret: 'WPL_AP1.sandboxNarrow5Ty1.qLs9Dk==' }
/** Asks for pages and comes back from a consent that LinkedIn refuses before anybody sees it. */
const refusedConsent = async (t: ReturnType<Bench['context']>) => {
  const begun = await platform.connect.begin(t, { way: 'pages' })
  if (begun.kind !== 'redirect') throw new Error('not a redirect')
  const back = await fetch(begun.url, { redirect: 'manual' })
  const answer = Object.fromEntries(new URL(back.headers.get('location')!).searchParams)
  return platform.connect.finish(t, answer, begun.keep)
}
const person = (b: Bench) => b.connect({ kind: 'person' })
const creates = (b: Bench) => b.sandbox.desk.requests({ route: 'create' })

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: say('Bread at nine_o’clock (fresh) & #warm_rolls <now> “today” é {50%} https://example.com/a_b?x=(1)~y'),
    accessMs: 60 * 86_400_000,
    skip: {
      keyed: 'a page is looked at; what keys a profile’s create (LinkedIn’s guard) is proved below',
      thread: 'LinkedIn has no threads',
      stale: 'nothing in a delivery says when it was sent; replays are known by notificationId',
    },
    samples,
    options: { organizations: { name: 'harbor-coffee' } },
    webhook: {
      provoke: async (b, c) => {
        const url = await b.shelf.hookUrl()
        const t = {
          http: b.http(),
          grant: c.grant,
          credentials: c.credentials,
          channel: c.offer,
          url,
          secret: 'unused',
        }
        await platform.webhook!.subscribe!(t)
        await b.publish(c, say('Somebody will answer this'))
        b.sandbox.desk.act('linkedin', { do: 'comment', account: 'jonas-reinholt', text: 'Lovely' })
        b.sandbox.desk.act('linkedin', { do: 'react', account: 'jonas-reinholt', action: 'LIKE' })
      },
      event: { does: 'comment', account: 'urn:li:organization:2414183', ref: expect.stringMatching(/^urn:li:share:/) },
    },
    posts: [
      { name: 'text', content: say('Hello from the contract suite') },
      {
        name: 'every reserved character',
        content: say('a_b (c) [d] {e} <f> # g *h* ~i~ |j| @k \\l #tag_two me@example.com'),
        see: ([post]) => expect(post!.text).toBe('a_b (c) [d] {e} <f> # g *h* ~i~ |j| @k \\l #tag_two me@example.com'),
      },
      {
        name: 'a mention',
        content: say('Thanks, @[Northlight Studio](urn:li:organization:18004721)!'),
        see: ([post]) => {
          expect(post!.text).toBe('Thanks, Northlight Studio!')
          expect(post!.raw).toMatchObject({
            commentary: 'Thanks, @[Northlight Studio](urn:li:organization:18004721)!',
          })
        },
      },
      {
        name: 'a picture with alt text',
        content: file({ images: [alt] }),
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual([alt.alt]),
      },
      { name: 'a GIF without words', content: { segments: [{ text: '', images: [{ gif: true }] }] } },
      {
        name: 'two pictures in order',
        content: file({ images: [{ alt: 'one' }, { alt: 'two' }] }),
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual(['one', 'two']),
      },
      {
        name: 'a document with a title',
        content: file({ documents: [{ pages: 4 }] }, { documentTitle: 'Our menu' }),
        see: ([post]) => expect(post!.raw).toMatchObject({ content: { media: { title: 'Our menu' } } }),
      },
      {
        name: 'a post nobody may repost',
        content: say('Stay here', { allowReshare: false }),
        see: ([post]) => expect(post!.raw).toMatchObject({ isReshareDisabledByAuthor: true, visibility: 'PUBLIC' }),
      },
      {
        name: 'a first comment, as plain text',
        content: { ...say('Look below'), firstComment: 'Details (all_of_them): https://example.com' },
        see: ([post, comment]) => {
          expect(comment).toMatchObject({ replyTo: post!.id, text: 'Details (all_of_them): https://example.com' })
        },
      },
    ],
    edges: [
      {
        name: 'the text with reserved characters, which count once',
        at: say(`${'(_)'.repeat(999)}abc`),
        above: say(`${'(_)'.repeat(1000)}a`),
        kind: 'refused-content',
      },
      {
        name: 'alt text',
        at: file({ images: [{ alt: textOf(4086) }] }),
        above: file({ images: [{ alt: textOf(4087) }] }),
        kind: 'refused-content',
      },
      {
        name: 'a poll answer',
        at: say('q', poll(['a', textOf(30)])),
        above: say('q', poll(['a', textOf(31)])),
        kind: 'refused-content',
      },
      {
        name: 'a poll question',
        at: say('q', poll(['a', 'b'], textOf(140))),
        above: say('q', poll(['a', 'b'], textOf(141))),
        kind: 'refused-content',
      },
      {
        name: 'the number of poll answers',
        at: say('q', poll(['a', 'b', 'c', 'd'])),
        above: say('q', { poll: { question: 'q', duration: 'ONE_DAY', options: ['a', 'b', 'c', 'd', 'e'] } }),
        kind: 'refused-content',
      },
      {
        name: 'the title of a link card',
        at: say('q', { article: { ...card, title: textOf(400) } }),
        above: say('q', { article: { ...card, title: textOf(401) } }),
        kind: 'refused-content',
      },
      {
        name: 'the description of a link card',
        at: say('q', { article: { ...card, description: textOf(4086) } }),
        above: say('q', { article: { ...card, description: textOf(4087) } }),
        kind: 'refused-content',
      },
      {
        name: 'one thing in a post',
        at: say('q', poll(['a', 'b'])),
        above: file({ images: [alt] }, poll(['a', 'b'])),
        kind: 'refused-content',
      },
      {
        name: 'who sees a page',
        at: say('q', { visibility: 'PUBLIC' }),
        above: say('q', { visibility: 'CONNECTIONS' }),
        kind: 'refused-content',
      },
      {
        name: 'the pages of a document',
        at: file({ documents: [{ pages: 300 }] }),
        above: file({ documents: [{ pages: 301 }] }),
        kind: 'refused-media',
      },
      {
        name: 'the least bytes of a video',
        at: file({ videos: [{ ...clip, bytes: 75_000 }] }),
        above: file({ videos: [{ ...clip, bytes: 74_999 }] }),
        kind: 'refused-media',
      },
      {
        name: 'the shortest video',
        at: file({ videos: [{ ...clip, ms: 3000 }] }),
        above: file({ videos: [{ ...clip, ms: 2900 }] }),
        kind: 'refused-media',
      },
      {
        name: 'the longest video',
        at: file({ videos: [{ ...clip, ms: 1_800_000 }] }),
        above: file({ videos: [{ ...clip, ms: 1_801_000 }] }),
        kind: 'refused-media',
      },
      {
        name: 'the widest video',
        at: file({ videos: [{ ...clip, width: 2400, height: 1000 }] }),
        above: file({ videos: [{ ...clip, width: 2440, height: 1000 }] }),
        kind: 'refused-media',
      },
    ],
    failures: [
      {
        name: 'the same text again, posted before',
        kind: 'duplicate',
        code: 'linkedin.duplicate-of-older',
        provoke: async (b, c) => {
          await b.publish(c, say('Twice told'))
          b.pass(60_000)
          return b.publish(c, say('Twice told'))
        },
      },
      {
        name: 'answers that prove nothing, three times',
        kind: 'unknown-outcome',
        code: 'linkedin.unrecognised',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, say('Lost thrice'))
        },
      },
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        code: 'linkedin.token-refused',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, say('Dead'))
        },
      },
      {
        name: 'a restricted member',
        kind: 'refused-account',
        code: 'linkedin.restricted',
        provoke: async (b, c) => {
          b.sandbox.desk.act('linkedin', { do: 'restrict' })
          return b.publish(c, say('Restricted'))
        },
      },
      {
        name: 'a version that was switched off, and all that Clarion knows',
        kind: 'our-bug',
        code: 'linkedin.version',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('linkedin', { oldestVersion: 202_701, newestVersion: 202_709 })
          return b.publish(c, say('Old'))
        },
      },
      {
        name: 'a page the person may only analyse',
        kind: 'not-permitted',
        code: 'linkedin.access-denied',
        provoke: (b, c) =>
          b.publish({ ...c, offer: { ...c.offer, externalId: 'urn:li:organization:9377105' } }, say('Not mine')),
      },
      {
        name: 'a repost of what is gone',
        kind: 'gone',
        code: 'linkedin.gone',
        provoke: (b, c) => b.publish(c, say('See this', { reshareOf: 'urn:li:share:7000000000000000001' })),
      },
      {
        name: 'the day’s posts used up',
        kind: 'too-fast',
        code: 'linkedin.member-quota',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 429 })
          return b.publish(c, say('Too many'))
        },
      },
    ],
  },
  more: (bench) => {
    const lost = async (c: Connected, text: string, fault: 'drop-before' | 'drop-after' | 'answer-after') => {
      bench().fault({ route: 'create', do: fault })
      return bench().publish(c, say(text))
    }

    describe('a profile, which nobody may read', () => {
      for (const fault of ['drop-before', 'drop-after', 'answer-after'] as const)
        test(`${fault}: the same is sent again under LinkedIn’s guard, and there is one post`, async () => {
          const b = bench()
          const run = await lost(await person(b), 'Mine', fault)
          expect(run.failure).toBeUndefined()
          expect(run.state).toBe('published')
          expect(b.ledger()).toHaveLength(1)
          expect(createdOf(run)[0]!.id).toBe(b.ledger()[0]!.id)
          expect(creates(b)).toHaveLength(2)
        })
      test('the same said a minute ago is refused, not taken for this one', async () => {
        const b = bench()
        const c = await person(b)
        await b.publish(c, say('Twice'))
        const run = await b.publish(c, say('Twice'))
        expect(run.failure?.code).toBe('linkedin.duplicate-of-older')
        expect(run.failure?.message).toContain(b.ledger()[0]!.url)
        b.pass(60_000)
        expect((await lost(c, 'Twice', 'drop-before')).failure?.code).toBe('linkedin.duplicate-of-older')
        expect(b.ledger()).toHaveLength(1)
      })
      test('it is given time to notice the first before the second leaves', async () => {
        const b = bench()
        const c = await person(b)
        const from = b.now()
        await lost(c, 'Slowly', 'drop-after')
        expect(b.now() - from).toBeGreaterThanOrEqual(30_000)
      })
      test('three times the very same body makes one post', async () => {
        const b = bench()
        const c = await person(b)
        b.fault({ route: 'create', do: 'drop-after', times: 2 })
        const run = await b.publish(c, file({ images: [alt] }))
        expect(run.state).toBe('published')
        expect(creates(b)).toHaveLength(3)
        expect(b.ledger()).toHaveLength(1)
      })
      test('a lost comment is not repeated: a person is asked', async () => {
        const b = bench()
        b.fault({ route: 'comment', do: 'drop-after' })
        const run = await b.publish(await person(b), { ...say('Post'), firstComment: 'Comment' })
        expect(run).toMatchObject({ state: 'unconfirmed', key: 'comment' })
        expect(b.ledger()).toHaveLength(2)
      })
      test('pictures wait blindly, as a member’s token may not ask', async () => {
        const b = bench()
        const run = await b.publish(await person(b), file({ images: [alt, alt] }, { visibility: 'CONNECTIONS' }))
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'image-status' })).toHaveLength(0)
        expect(b.ledger()[0]!.raw).toMatchObject({ visibility: 'CONNECTIONS' })
      })
      test('and a create that comes too early for a slow picture is tried again', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('linkedin', { processingMs: 25_000 })
        const run = await b.publish(await person(b), file({ images: [alt] }))
        expect(run.failure).toBeUndefined()
        expect(b.ledger()).toHaveLength(1)
      })
      test('its numbers take one call each', async () => {
        const b = bench()
        const c = await person(b)
        const run = await b.publish(c, say('Counted'))
        const publishedAt = b.now()
        b.pass(86_400_000)
        const post = { created: createdOf(run), settings: {}, publishedAt }
        const reading = await platform.insights!.post!(b.channelContext(c), post)
        expect(reading!.metrics.impressions).toBeGreaterThan(0)
        expect(reading!.metrics.views).toBeNull()
        expect(b.sandbox.desk.requests({ route: 'creator' })).toHaveLength(8)
        expect((await platform.insights!.account!(b.channelContext(c))).metrics.reach).toBeGreaterThan(0)
      })
    })

    describe('connecting', () => {
      test('one consent offers every page the person may publish for, and the person', async () => {
        const b = bench()
        const kinds: string[] = []
        for (const kind of ['organization', 'person']) kinds.push((await b.connect({ kind })).offer.externalId)
        expect(kinds).toEqual(['urn:li:organization:2414183', 'urn:li:person:782bbtaQ'])
      })
      test('the self-serve way has a profile, no refresh token, no comments, and publishes', async () => {
        const b = bench()
        const c = await b.connect({ form: { way: 'profile' } })
        expect(c.offer).toMatchObject({ kind: 'person', externalId: 'urn:li:person:782bbtaQ' })
        expect(c.grant.refresh).toBeUndefined()
        await expect(platform.connect.refresh!(b.tokenContext(c), c.grant)).rejects.toThrow('no-refresh-token')
        const content = { ...say('Self-serve'), firstComment: 'Not possible' }
        const rules = platform.check!(b.draft(c, content)).map((f) => f.rule)
        expect(rules).toContain('linkedin.comment.scope')
        expect((await b.publish(c, content)).state).toBe('published')
        expect(b.ledger()).toHaveLength(1)
        await expect(platform.insights!.account!(b.channelContext(c))).rejects.toThrow('linkedin.analytics-scope')
      })
      test('an app without the product is told which one', async () => {
        const b = bench()
        const issued = b.sandbox.desk.tokens('linkedin').credentials
        const t = b.context({ clientId: issued.clientId!, clientSecret: issued.clientSecret! })
        await expect(refusedConsent(t)).rejects.toThrow('Community Management API')
      })
      test('an app with nothing but publishing on pages connects them, and publishes', async () => {
        const b = bench()
        const c = await b.connect({ credentials: narrow, form: { way: 'pages' } })
        expect(c.grant.scopes).toEqual(['rw_organization_admin', 'r_organization_social', 'w_organization_social'])
        expect(c.offer.kind).toBe('organization')
        expect((await b.publish(c, say('Narrow'))).state).toBe('published')
      })
      test('a scope the person names and LinkedIn did not grant is told by its name', async () => {
        const b = bench()
        const named = (pagesScopes: string) => refusedConsent(b.context({ ...narrow, pagesScopes }))
        await expect(named('r_basicprofile, w_member_social_feed')).rejects.toThrow('"r_basicprofile"')
        await expect(named('w_member_socail')).rejects.toThrow('"w_member_socail" is no scope')
      })
      test('the refresh token keeps its first clock', async () => {
        const b = bench()
        const c = await b.connect()
        b.pass(50 * 86_400_000)
        const fresh = await platform.connect.refresh!(b.tokenContext(c), c.grant)
        expect(fresh.refresh).toBe(c.grant.refresh)
        expect(fresh.extra).toEqual(c.grant.extra)
        expect(Math.abs(Date.parse(fresh.refreshExpiresAt!) - Date.parse(c.grant.refreshExpiresAt!))).toBeLessThan(2000)
      })
      test('disconnecting kills the token, and asking notices', async () => {
        const b = bench()
        const c = await b.connect()
        await platform.verify!(b.channelContext(c))
        await platform.connect.revoke!(b.tokenContext(c), c.grant)
        await expect(platform.verify!(b.channelContext(c))).rejects.toThrow('linkedin.token-refused')
      })
    })

    describe('uploads', () => {
      const big = file({ videos: [{ ...clip, bytes: 5_000_000 }] })
      test('a video goes in the parts LinkedIn cut, and is waited for', async () => {
        const b = bench()
        const run = await b.publish(await b.connect(), big)
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'upload' })).toHaveLength(2)
        expect(b.sandbox.desk.requests({ route: 'video-status' }).length).toBeGreaterThan(1)
        expect(b.ledger()[0]).toMatchObject({ kind: 'video', id: expect.stringMatching(/^urn:li:ugcPost:/) })
      })
      test('a part that was lost is sent again, the others are not', async () => {
        const b = bench()
        b.fault({ route: 'upload', nth: 2, do: 'drop-after' })
        const run = await b.publish(await b.connect(), big)
        expect(run.state).toBe('published')
        expect(b.sandbox.desk.requests({ route: 'upload' })).toHaveLength(3)
        expect(b.sandbox.desk.requests({ route: 'video' })).toHaveLength(2)
      })
      test('a file LinkedIn never finishes is given up after an hour', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('linkedin', { processingMs: 1e12 })
        const c = await b.connect()
        const slow = { pass: (ms: number) => b.pass(Math.max(ms, 10 * 60_000)) }
        const run = await b.publish(c, file({ images: [alt] }), slow)
        expect(run.failure?.code).toBe('linkedin.processing-too-long')
      })
      test('addresses that ran out are asked for anew', async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route: 'upload', do: 'drop-before' })
        const run = await b.publish(c, file({ images: [alt] }), {
          beforeTry: (key, nth) => (key === 'upload:0' && nth === 2 ? b.pass(25 * 3_600_000) : undefined),
        })
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'image-init' })).toHaveLength(2)
      })
      test('a page’s own posts are found by the upload, whatever the text', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('linkedin', { duplicateGuard: 0 })
        await b.publish(c, file({ images: [alt] }))
        b.fault({ route: 'create', do: 'drop-after' })
        const run = await b.publish(c, file({ images: [alt] }))
        expect(run.state).toBe('published')
        expect(new Set(b.ledger().map((p) => p.id)).size).toBe(2)
        expect(createdOf(run)[0]!.id).toBe(b.ledger()[1]!.id)
      })
    })

    describe('a page', () => {
      test('without the guard no lost answer makes two posts', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('linkedin', { duplicateGuard: 0, timelineLagMs: 40_000 })
        let n = 0
        for (const kind of ['drop-before', 'drop-after', 'answer-after'] as const) {
          expect((await lost(c, `Lost ${++n} #tag_${n}`, kind)).state).toBe('published')
          expect(b.ledger()).toHaveLength(n)
        }
      })
      test('two equal posts in a row are two posts', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('linkedin', { duplicateGuard: 0, timelineLagMs: 0 })
        await b.publish(c, say('Again'))
        const run = await lost(c, 'Again', 'drop-before')
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(2)
        expect(createdOf(run)[0]!.id).toBe(b.ledger()[1]!.id)
      })
      test('a post whose link came back short is found', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('linkedin', { duplicateGuard: 0, shortLinks: 1 })
        const run = await lost(await b.connect(), 'See https://example.com/a_long_one?x=1 (now)', 'drop-after')
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a list slower than the look is settled by the guard', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('linkedin', { timelineLagMs: 300_000 })
        const run = await lost(await b.connect(), 'Slow list', 'drop-after')
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a lost comment is found below the post', async () => {
        const b = bench()
        b.fault({ route: 'comment', do: 'drop-after' })
        const run = await b.publish(await b.connect(), { ...say('Post'), firstComment: 'Comment (one)' })
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(2)
        for (const created of createdOf(run).reverse())
          await platform.remove!(b.channelContext(await b.connect()), created)
        expect(b.ledger()).toHaveLength(0)
      })
      test('a post is passed on', async () => {
        const b = bench()
        const c = await b.connect()
        const first = createdOf(await b.publish(c, say('The first')))[0]!
        const run = await b.publish(c, say('See this', { reshareOf: first.url }))
        expect(run.failure).toBeUndefined()
        expect(b.ledger()[1]!.raw).toMatchObject({ reshareContext: { parent: first.id } })
      })
      test('before its statistics begin, likes and comments come from the post', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, { ...say('Young'), firstComment: 'One' })
        b.pass(60_000)
        const post = { created: createdOf(run), settings: {}, publishedAt: b.now() }
        const reading = await platform.insights!.post!(b.channelContext(c), post)
        expect(reading!.metrics).toMatchObject({ comments: 1, impressions: null })
      })
    })

    test('a first comment of 1,251 is stopped before anything goes out', async () => {
      const b = bench()
      const c = await b.connect()
      const rules = (n: number) =>
        platform.check!(b.draft(c, { ...say('Post'), firstComment: textOf(n) })).map((f) => f.rule)
      expect(rules(1250)).toEqual([])
      expect(rules(1251)).toEqual(['linkedin.comment.length'])
      const run = await b.publish(c, { ...say('Post'), firstComment: textOf(1251) })
      expect(run.failure?.code).toBe('linkedin.too-long')
    })
    test('a version that was switched off is replaced by the next', async () => {
      const b = bench()
      const c = await b.connect()
      b.sandbox.desk.setKnobs('linkedin', { oldestVersion: 202_610, newestVersion: 202_610 })
      expect((await b.publish(c, say('Newer'))).state).toBe('published')
      expect(b.ledger()).toHaveLength(1)
    })
    test('a full day waits for midnight UTC', async () => {
      const b = bench()
      b.fault({ route: 'create', do: 'answer-before', status: 429 })
      const { failure } = await b.publish(await b.connect(), say('Fast'))
      const until = Date.parse(failure!.until!)
      expect(until % 86_400_000).toBeLessThan(600_000)
      expect(until - b.now()).toBeLessThanOrEqual(86_400_000 + 600_000)
    })
  },
})
