import { describe, expect, test } from 'vitest'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import { getRecord } from './api.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const refused = async (b: Bench, c: Connected, fault: Parameters<Bench['fault']>[0], text = 'x') => {
  b.fault(fault)
  return b.publish(c, say(text))
}

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'refresh' },
    plain: say('Bread at nine 🍞 https://example.com/menu #bread'),
    accessMs: 7_200_000,
    skip: {
      denied: 'there is no consent page: an app password is typed into a form',
      state: 'there is no redirect to bring a foreign answer back',
      scope: 'app passwords have one fixed scope',
    },
    posts: [
      {
        name: 'text with link, tag and mention',
        content: say('Zażółć https://example.com/a #chleb @nobody.invalid'),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            $type: 'app.bsky.feed.post',
            facets: [{ features: [{ uri: 'https://example.com/a' }] }, { features: [{ tag: 'chleb' }] }],
          }),
      },
      {
        name: 'four pictures with alt text',
        content: { segments: [{ text: 'Four', images: [alt, alt, alt, alt] }] },
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual([alt.alt, alt.alt, alt.alt, alt.alt]),
      },
      {
        name: 'a picture without words',
        content: { segments: [{ text: '', images: [alt] }] },
        see: ([post]) =>
          expect(post!.raw).toMatchObject({ text: '', embed: { images: [{ aspectRatio: { width: 8, height: 8 } }] } }),
      },
      {
        name: 'a link card',
        content: say('See', { linkCard: { uri: 'https://example.com/', title: 'Example', description: 'A page' } }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            embed: { $type: 'app.bsky.embed.external', external: { title: 'Example' } },
          }),
      },
      {
        name: 'languages, extra tags and a content warning',
        content: say('Body', { langs: ['pl', 'en'], tags: ['art'], labels: ['nudity'] }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            langs: ['pl', 'en'],
            tags: ['art'],
            labels: { values: [{ val: 'nudity' }] },
          }),
      },
      {
        name: 'a thread with pictures and a first comment',
        content: {
          segments: [
            { text: 'One', images: [alt] },
            { text: 'Two', images: [alt] },
          ],
          firstComment: 'A comment',
        },
        see: ([one, two, comment]) => {
          expect(two!.replyTo).toBe(one!.id)
          expect(comment!.raw).toMatchObject({ reply: { root: { uri: one!.id }, parent: { uri: two!.id } } })
        },
      },
    ],
    edges: [
      {
        name: 'bytes of text',
        at: say('👨‍👩‍👧‍👦'.repeat(120)),
        above: say(`${'👨‍👩‍👧‍👦'.repeat(120)}a`),
        kind: 'refused-content',
      },
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 2_000_000 }] }] },
        above: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 2_000_001 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'languages',
        at: say('l', { langs: ['pl', 'en', 'de'] }),
        above: say('l', { langs: ['pl', 'en', 'de', 'fr'] }),
        kind: 'refused-content',
      },
      {
        name: 'extra tags',
        at: say('t', { tags: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }),
        above: say('t', { tags: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] }),
        kind: 'refused-content',
      },
      {
        name: 'an extra tag',
        at: say('t', { tags: [textOf(64)] }),
        above: say('t', { tags: [textOf(65)] }),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        provoke: (b, c) => refused(b, c, { route: 'create', do: 'answer-before', status: 401 }),
      },
      {
        name: 'a taken-down account',
        kind: 'refused-account',
        code: 'bluesky.account-closed',
        provoke: (b, c) => {
          b.sandbox.desk.act('bluesky', { do: 'takedown', account: c.offer.handle })
          return b.publish(c, say('x'))
        },
      },
      {
        name: 'a deactivated account',
        kind: 'refused-account',
        code: 'bluesky.account-closed',
        provoke: (b, c) => {
          b.sandbox.desk.act('bluesky', { do: 'deactivate', account: c.offer.handle })
          return b.publish(c, say('x'))
        },
      },
      {
        name: 'an answer of 400 that proves nothing',
        kind: 'unknown-outcome',
        code: 'bluesky.unrecognised',
        provoke: (b, c) => refused(b, c, { route: 'create', do: 'answer-before', status: 400, times: 3 }),
      },
      {
        name: 'a quote of a post that is gone',
        kind: 'refused-content',
        code: 'bluesky.quote-gone',
        provoke: (b, c) =>
          b.publish(c, say('q', { quote: `https://bsky.app/profile/${c.offer.externalId}/post/3aaaaaaaaaaaa` })),
      },
      {
        name: 'a quote of somebody who does not exist',
        kind: 'refused-content',
        code: 'bluesky.quote-gone',
        provoke: (b, c) =>
          b.publish(c, say('q', { quote: 'https://bsky.app/profile/nobody.invalid/post/3aaaaaaaaaaaa' })),
      },
    ],
  },
  more: (bench) => {
    describe('what only Bluesky does', () => {
      test('a wrong app password says what to do, and no secret is in the error', async () => {
        const b = bench()
        const t = b.context({})
        const wrong = platform.connect.finish(
          t,
          { identifier: 'nobody.bsky.social', appPassword: 'aaaa-bbbb-cccc-dddd' },
          null,
        )
        await expect(wrong).rejects.toMatchObject({ failure: { kind: 'reconnect', code: 'bluesky.token-refused' } })
        await expect(wrong).rejects.not.toThrow(/aaaa-bbbb/)
      })
      test('after ninety days the app password opens a new session', async () => {
        const b = bench()
        const c = await b.connect()
        b.pass(91 * 86_400_000)
        const grant = await platform.connect.refresh!(b.tokenContext(c), c.grant)
        expect((await b.publish({ ...c, grant }, say('Still here'))).state).toBe('published')
      })
      test('a quote of another account is resolved to its content hash', async () => {
        const b = bench()
        const [c, other] = [await b.connect(), await b.connect({ account: 'quoted.bsky.social' })]
        const quoted = createdOf(await b.publish(other, say('Quote me')))[0]!
        for (const quote of [
          quoted.url!,
          String(quoted.uri),
          `https://bsky.app/profile/quoted.bsky.social/post/${quoted.rkey}`,
        ]) {
          const run = await b.publish(c, {
            segments: [{ text: `q ${quote.length}`, images: [alt] }],
            settings: { quote },
          })
          expect(run.failure).toBeUndefined()
          expect(b.ledger().at(-1)!.raw).toMatchObject({
            embed: {
              $type: 'app.bsky.embed.recordWithMedia',
              record: { record: { uri: quoted.uri, cid: quoted.cid } },
            },
          })
        }
      })
      test('a mention of somebody who exists carries the DID', async () => {
        const b = bench()
        const [c, other] = [await b.connect(), await b.connect({ account: 'friend.bsky.social' })]
        await b.publish(c, say('Hi @friend.bsky.social!'))
        expect(b.ledger()[0]!.raw).toMatchObject({
          facets: [{ index: { byteStart: 3, byteEnd: 22 }, features: [{ did: other.offer.externalId }] }],
        })
      })
      test.each([
        ['nobody', []],
        ['following', ['app.bsky.feed.threadgate#followingRule']],
        ['mentioned', ['app.bsky.feed.threadgate#mentionRule']],
      ])('replies from %s: the gate sits at the post’s key, once', async (replies, rules) => {
        const b = bench()
        const c = await b.connect()
        // The second write of the create route is the gate: its answer is lost and it is written again.
        b.fault({ route: 'create', nth: 2, do: 'drop-after' })
        const run = await b.publish(c, say('Quiet', { replies }))
        expect(run.state).toBe('published')
        const made = createdOf(run)[0]!
        const gate = await getRecord(b.http(), 'https://bsky.social', {
          repo: c.offer.externalId,
          collection: 'app.bsky.feed.threadgate',
          rkey: String(made.rkey),
        })
        expect(gate.value).toMatchObject({ post: made.uri, allow: rules.map(($type) => ({ $type })) })
      })
      test('a picture the server has dropped is sent again before the next try', async () => {
        const b = bench()
        const c = await b.connect()
        let answers = 0
        const http = b.http()
        const run = await b.publish(
          c,
          { segments: [{ text: 'Again', images: [alt] }] },
          {
            http: async (r) => {
              // The first create meets a server that has forgotten the blob.
              if (r.url.endsWith('putRecord') && answers++ === 0)
                return http({
                  ...r,
                  json: JSON.parse(
                    JSON.stringify(r.json).replace(
                      /bafkrei[a-z0-9]+/g,
                      'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
                    ),
                  ),
                })
              return http(r)
            },
          },
        )
        expect(run).toMatchObject({ state: 'published' })
        expect(run.tries.get('create:0')).toBe(2)
        expect(b.sandbox.desk.requests({ route: 'upload' })).toHaveLength(2)
        expect(b.ledger()).toHaveLength(1)
      })
      test('another record at our key is never overwritten, and a person is asked', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, say('First'))
        const made = createdOf(run)[0]!
        const create = platform.publish.find((s) => s.name === 'create')!
        const t = {
          ...b.runInput(c, say('Other')),
          prepared: {
            rkey: String(made.rkey),
            record: { $type: 'app.bsky.feed.post', text: 'Other', createdAt: new Date(b.now()).toISOString() },
          },
        }
        const context = {
          ...b.view(c, say('Other')),
          ...t,
          index: 0,
          done: () => undefined,
          saved: undefined,
          save: async () => {},
          firstBegunAt: b.now(),
          signal: new AbortController().signal,
        }
        await expect(create.run(context)).rejects.toMatchObject({
          failure: { kind: 'duplicate', code: 'bluesky.key-taken' },
        })
        expect(await create.options.witness!(context)).toMatchObject({ unsure: expect.any(String) })
        expect(b.ledger().map((p) => p.text)).toEqual(['First'])
      })
    })
  },
})
