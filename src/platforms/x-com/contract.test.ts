import { describe, expect, test } from 'vitest'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: say('Bread at nine & coffee <now> “today” é https://example.com/menu?x=1 and example.org'),
    accessMs: 7_200_000,
    skip: {
      keyed: 'X has no idempotency key; the witness decides',
      stale: 'nothing in the signature tells the time; replays are caught by event_uuid',
    },
    samples,
    webhook: {
      provoke: async (b, c) => void (await b.publish(c, say('Told by a webhook'))),
      event: { does: 'published', ref: expect.stringMatching(/^\d+$/) as unknown as string },
    },
    posts: [
      { name: 'text', content: say('Hello from the contract suite') },
      {
        name: 'text with links and signs X rewrites',
        content: say('Tom & Ann <3 https://example.com/a?b=1&c=2, see example.org too'),
      },
      {
        name: 'four pictures with alt text',
        content: { segments: [{ text: 'Four', images: [alt, alt, alt, alt] }] },
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual([alt.alt, alt.alt, alt.alt, alt.alt]),
      },
      {
        name: 'a picture without words',
        content: { segments: [{ text: '', images: [{}] }] },
        see: ([post]) => expect(post!.media).toHaveLength(1),
      },
      {
        name: 'a poll',
        content: say('Rye or wheat?', { poll: { options: ['Rye', 'Wheat'], durationMinutes: 60 } }),
        see: ([post]) => expect(post!.raw).toMatchObject({ poll: { options: ['Rye', 'Wheat'], duration_minutes: 60 } }),
      },
      {
        name: 'labels and reply control',
        content: say('Made with care', { replySettings: 'mentionedUsers', madeWithAi: true, paidPartnership: true }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            reply_settings: 'mentionedUsers',
            made_with_ai: true,
            paid_partnership: true,
          }),
      },
      {
        name: 'a thread with pictures and a first comment',
        content: {
          segments: [
            { text: 'One', images: [alt] },
            { text: 'Two', images: [alt] },
          ],
          firstComment: 'And a comment',
        },
        see: (posts) => expect(posts[2]!.replyTo).toBe(posts[1]!.id),
      },
    ],
    edges: [
      {
        name: 'a weighted text of links',
        at: say(`${'https://example.com/a/very/long/path?of=1 '.repeat(11)}${textOf(16)}`),
        above: say(`${'https://example.com/a/very/long/path?of=1 '.repeat(11)}${textOf(17)}`),
        kind: 'refused-content',
      },
      {
        name: 'a weighted text of Japanese',
        at: say('日'.repeat(140)),
        above: say('日'.repeat(141)),
        kind: 'refused-content',
      },
      {
        name: 'poll options',
        at: say('q', { poll: { options: ['a', 'b', 'c', textOf(25)], durationMinutes: 5 } }),
        above: say('q', { poll: { options: ['a', textOf(26)], durationMinutes: 5 } }),
        kind: 'refused-content',
      },
      {
        name: 'the number of poll options',
        at: say('q', { poll: { options: ['a', 'b'], durationMinutes: 10_080 } }),
        above: say('q', { poll: { options: ['a', 'b', 'c', 'd', 'e'], durationMinutes: 5 } }),
        kind: 'refused-content',
      },
      {
        name: 'the length of a poll',
        at: say('q', { poll: { options: ['a', 'b'], durationMinutes: 10_080 } }),
        above: say('q', { poll: { options: ['a', 'b'], durationMinutes: 10_081 } }),
        kind: 'refused-content',
      },
      {
        name: 'the shortest poll',
        at: say('q', { poll: { options: ['a', 'b'], durationMinutes: 5 } }),
        above: say('q', { poll: { options: ['a', 'b'], durationMinutes: 4 } }),
        kind: 'refused-content',
      },
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 5_000_000 }] }] },
        above: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 5 * 1024 * 1024 + 1 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'alt text',
        at: { segments: [{ text: 'a', images: [{ alt: textOf(1000) }] }] },
        above: { segments: [{ text: 'a', images: [{ alt: textOf(1001) }] }] },
        kind: 'refused-content',
      },
      {
        name: 'the shape of a video',
        at: { segments: [{ text: 'wide', videos: [{ width: 1280, height: 720, ms: 500 }] }] },
        above: { segments: [{ text: 'short', videos: [{ ms: 400 }] }] },
        kind: 'refused-media',
      },
      {
        name: 'the length of a video',
        at: { segments: [{ text: 'long', videos: [{ ms: 20 * 60_000 }] }] },
        above: { segments: [{ text: 'longer', videos: [{ ms: 20 * 60_000 + 1000 }] }] },
        kind: 'refused-media',
      },
      { name: 'cashtags', at: say('Only $TWTR here'), above: say('Both $TWTR and $GOOG'), kind: 'refused-content' },
    ],
    failures: [
      {
        name: 'the same text again, posted by somebody else before',
        kind: 'duplicate',
        code: 'x-com.duplicate',
        provoke: async (b, c) => {
          await b.publish(c, say('Twice told'))
          // Long ago enough for the witness not to take it for this attempt.
          b.pass(10 * 60_000)
          return b.publish(c, say('Twice told'))
        },
      },
      {
        name: 'an answer of 400 that proves nothing and no post',
        kind: 'unknown-outcome',
        code: 'x-com.unrecognised',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, say('Lost thrice'))
        },
      },
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        code: 'x-com.unauthorized',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, say('Dead'))
        },
      },
      {
        name: 'a picture uploaded two days ago',
        kind: 'refused-media',
        code: 'x-com.media-id',
        provoke: (b, c) =>
          b.publish(
            c,
            { segments: [{ text: 'Old', images: [alt] }] },
            {
              grant: c.grant,
              beforeTry: async (key) => {
                if (key !== 'create:0') return
                b.pass(2 * 86_400_000)
                const fresh = await b.connect()
                c.grant.access = fresh.grant.access
              },
            },
          ),
      },
    ],
  },
  more: (bench) => {
    describe('what only X does', () => {
      test('400 though it is done is looked up, not believed', async () => {
        const b = bench()
        b.fault({ route: 'create', do: 'answer-after', status: 400 })
        const run = await b.publish(await b.connect(), say('Done all the same'))
        expect(run.state).toBe('published')
        expect(run.looks.get('create:0')).toBeGreaterThan(0)
        expect(b.ledger()).toHaveLength(1)
      })
      test('a duplicate answer after a lost one is settled by the witness', async () => {
        const b = bench()
        // The list lags longer than the first look, and a blind second create meets the duplicate guard.
        b.sandbox.desk.setKnobs('x-com', { timelineLagMs: 50_000 })
        b.fault({ route: 'create', do: 'drop-after' })
        const run = await b.publish(await b.connect(), say('Slow list'))
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(1)
      })
      test('without the duplicate guard no lost answer makes two posts', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('x-com', { duplicateGuard: 0, timelineLagMs: 40_000 })
        let n = 0
        for (const kind of ['drop-before', 'drop-after', 'answer-after'] as const) {
          b.fault({ route: 'create', do: kind })
          expect((await b.publish(c, say(`Lost ${++n}`))).state).toBe('published')
          expect(b.ledger().map((p) => p.text)).toEqual(Array.from({ length: n }, (_, i) => `Lost ${i + 1}`))
        }
      })
      test('two equal posts of one thread are told apart by their parents', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('x-com', { duplicateGuard: 0 })
        b.fault({ route: 'create', nth: 2, do: 'drop-after' })
        const run = await b.publish(await b.connect(), {
          segments: [{ text: 'Again' }, { text: 'Again' }, { text: 'Again' }],
        })
        expect(run.state).toBe('published')
        expect(new Set(createdOf(run).map((m) => m.id)).size).toBe(3)
        expect(b.ledger()).toHaveLength(3)
      })
      test('a server with the old field names is asked again in its words', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('x-com', { oldSpellingOnly: 1 })
        b.fault({ route: 'create', do: 'drop-after' })
        const run = await b.publish(await b.connect(), {
          segments: [{ text: 'first' }, { text: 'second', images: [alt] }],
        })
        expect(run.state).toBe('published')
        expect(b.ledger()).toHaveLength(2)
      })
      test('Premium writes 25,000, and the witness finds a long post', async () => {
        const b = bench()
        const c = await b.connect({ account: '2244000000000000202' })
        expect(c.offer.facts.subscriptionType).toBe('Premium')
        b.fault({ route: 'create', do: 'drop-after' })
        expect((await b.publish(c, say(textOf(25_000)))).state).toBe('published')
        expect((await b.publish(c, say(textOf(25_001)))).failure?.kind).toBe('refused-content')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a GIF goes in chunks and waits for its processing', async () => {
        const b = bench()
        const run = await b.publish(await b.connect(), {
          segments: [{ text: 'Moving', images: [{ alt: 'Two dots', gif: true, bytes: 4_500_000 }] }],
        })
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'upload-append' })).toHaveLength(5)
        expect(b.sandbox.desk.requests({ route: 'upload-status' }).length).toBeGreaterThan(0)
        expect(b.ledger()[0]!.media).toMatchObject([{ mime: 'image/gif', alt: 'Two dots' }])
      })
      test('a chunk that was lost is sent again, the others are not', async () => {
        const b = bench()
        b.fault({ route: 'upload-append', nth: 2, do: 'drop-after' })
        const run = await b.publish(await b.connect(), {
          segments: [{ text: 'Moving', images: [{ gif: true, bytes: 4_500_000 }] }],
        })
        expect(run.state).toBe('published')
        expect(b.sandbox.desk.requests({ route: 'upload-init' })).toHaveLength(1)
        expect(b.sandbox.desk.requests({ route: 'upload-append' })).toHaveLength(6)
      })
      test('a video is sent in chunks, looked at until it is ready, and posted once', async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route: 'upload-append', nth: 2, do: 'drop-before' })
        const run = await b.publish(c, { segments: [{ text: 'Moving', videos: [{ bytes: 9_000_000 }] }] })
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'upload-append' })).toHaveLength(10)
        expect(b.ledger()).toMatchObject([{ media: [{ mime: 'video/mp4' }] }])
      })
      test('a picture above one piece goes in pieces too', async () => {
        const b = bench()
        const run = await b.publish(await b.connect(), { segments: [{ text: 'Big', images: [{ bytes: 3_000_000 }] }] })
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'upload-append' })).toHaveLength(3)
        expect(b.ledger()[0]!.media).toMatchObject([{ mime: 'image/png' }])
      })
      test('an empty 413 asks for smaller pieces: the upload goes on, and the file is not blamed', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('x-com', { appendEdgeBytes: 300_000 })
        const run = await b.publish(c, { segments: [{ text: 'Moving', videos: [{ bytes: 2_500_000 }] }] })
        expect(run.failure).toBeUndefined()
        // Two refused (1 MiB, 512 KiB), then ten of 256 KiB.
        expect(b.sandbox.desk.requests({ route: 'upload-append' })).toHaveLength(12)
        expect(b.sandbox.desk.requests({ route: 'upload-init' })).toHaveLength(1)
        expect(b.ledger()).toHaveLength(1)
      })
      test('where no piece is small enough the failure still does not blame the file', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('x-com', { appendEdgeBytes: 1000 })
        const run = await b.publish(c, { segments: [{ text: 'Moving', videos: [{ bytes: 2_500_000 }] }] })
        expect(run.failure).toMatchObject({ kind: 'try-later', code: 'x-com.piece-too-large' })
        expect(b.ledger()).toHaveLength(0)
      })
      test('the owner’s own numbers are not asked for after thirty days, and the others still come', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, say('Old news'))
        const publishedAt = b.now()
        b.pass(40 * 86_400_000)
        const fresh = { ...c, grant: await b.platform.connect.refresh!(b.tokenContext(c), c.grant) }
        const post = { created: createdOf(run), settings: {}, publishedAt }
        const reading = await b.platform.insights!.post!(b.channelContext(fresh), post)
        expect(reading!.metrics.clicks).toBeNull()
        expect(reading!.metrics.impressions).toBeGreaterThan(0)
      })
      test('the CRC challenge is answered with the client secret', async () => {
        const b = bench()
        const t = await b.hookContext(await b.connect())
        const ask = {
          method: 'GET',
          headers: {},
          query: { crc_token: 'challenge-123' },
          body: Buffer.alloc(0),
        } as const
        const secret = { ...t, credentials: { clientSecret: 'x_consumer_or_client_secret_example' } }
        // Fact sheet §9, worked example.
        expect(JSON.parse(b.platform.webhook!.handshake!(secret, ask)!.body)).toEqual({
          response_token: 'sha256=6SqMNtARrFMuSQtWS+5hPZfhCZPks6iyz0o4/q2Bz8o=',
        })
        // An event, or anything else that is no token, is not signed: the same key signs deliveries.
        const event = '{"data":{"event_uuid":"1","event_type":"oauth.revoke","filter":{"user_id":"1"}}}'
        for (const crc_token of [event, 'a b', '', 'x'.repeat(200)])
          expect(b.platform.webhook!.handshake!(secret, { ...ask, query: { crc_token } })).toEqual({
            status: 403,
            body: '',
          })
      })
      test('a window used up names its end', async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route: 'create', do: 'answer-before', status: 429 })
        const { failure } = await b.publish(c, say('Fast'))
        expect(Date.parse(failure!.until!) - b.now()).toBeGreaterThan(14 * 60_000)
      })
    })
  },
})
