import { describe, expect, test, vi } from 'vitest'
import type { Http, HttpRequest } from '#kit/client/http.ts'
import { rotates } from '#kit/client/platform.ts'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import { getRecord } from './api.ts'
import { newKey, proofOf } from './dpop.ts'
import platform from './index.ts'
import samples from './samples.ts'
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
    samples,
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
          expect(post!.raw).toMatchObject({
            text: '',
            embed: { images: [{ aspectRatio: { width: 320, height: 320 } }] },
          }),
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
        name: 'the length of a video',
        at: { segments: [{ text: 'v', videos: [{ ms: 600_000 }] }] },
        above: { segments: [{ text: 'v', videos: [{ ms: 601_000 }] }] },
        kind: 'refused-media',
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
      describe('by OAuth', () => {
        const form = { way: 'oauth', handle: 'lena.bsky.social' }
        const signIn = (more: Parameters<Bench['connect']>[0] = {}) => bench().connect({ form, ...more })

        test('a pushed request, a consent and a key of ours give a channel that publishes', async () => {
          const b = bench()
          const c = await signIn()
          expect(c.grant).toMatchObject({ scopes: ['atproto', 'transition:generic'], extra: { way: 'oauth' } })
          expect(c.offer.externalId).toBe((await b.connect()).offer.externalId)
          const run = await b.publish(c, { segments: [{ text: 'Bound', images: [alt] }], firstComment: 'Bound too' })
          expect(run.failure).toBeUndefined()
          for (const made of createdOf(run)) await platform.remove!(b.channelContext(c), made)
          expect(b.ledger()).toEqual([])
        })
        test('a server that names anything but a web page as its sign-in page is refused', async () => {
          const b = bench()
          const t = b.context({})
          for (const page of [
            'javascript:alert(1)',
            'data:text/html,x',
            'http://bsky.social/a',
            'https://a:b@bsky.social/a',
          ]) {
            const http = async (r: HttpRequest) => {
              const reply = await t.http(r)
              if (!r.url.endsWith('/.well-known/oauth-authorization-server')) return reply
              return { ...reply, body: { ...(reply.body as object), authorization_endpoint: page } }
            }
            await expect(platform.connect.begin({ ...t, http: http as Http }, form), page).rejects.toMatchObject({
              failure: { code: 'bluesky.issuer' },
            })
          }
        })
        test('a consent that was denied says so, and so does a foreign answer', async () => {
          await expect(signIn({ answer: { decision: 'deny' } })).rejects.toMatchObject({
            failure: { code: 'bluesky.denied' },
          })
          const b = bench()
          const t = b.context({})
          const begun = await platform.connect.begin(t, form)
          if (begun.kind !== 'redirect') throw new Error('no redirect')
          const answer = await b.consent(begun.url, { decision: 'allow' })
          for (const [name, value] of [
            ['state', 'another'],
            ['iss', 'https://evil.example'],
          ] as const)
            await expect(platform.connect.finish(t, { ...answer, [name]: value }, begun.keep)).rejects.toMatchObject({
              failure: { code: 'bluesky.state-mismatch' },
            })
        })
        test('somebody else allowed it: the account of the handle is not connected', async () => {
          await expect(signIn({ answer: { decision: 'allow', user: '@pietr.bsky.social' } })).rejects.toMatchObject({
            failure: { code: 'bluesky.other-account' },
          })
        })
        test('a new pair publishes, the old one is dead, and a replay ends the session', async () => {
          const b = bench()
          const c = await signIn()
          expect(rotates(platform.connect, () => c.grant)).toBe(true)
          const fresh = await platform.connect.refresh!(b.tokenContext(c), c.grant)
          expect((await b.publish({ ...c, grant: fresh }, say('Renewed'))).state).toBe('published')
          expect((await b.publish(c, say('Old'))).failure?.kind).toBe('reconnect')
          const replay = platform.connect.refresh!(b.tokenContext(c), c.grant)
          await expect(replay).rejects.toMatchObject({ failure: { kind: 'reconnect' } })
          expect((await b.publish({ ...c, grant: fresh }, say('Ended'))).failure?.kind).toBe('reconnect')
        })
        test('a token without its key opens nothing', async () => {
          const b = bench()
          const c = await signIn()
          const thief = { ...c, grant: { ...c.grant, extra: { ...c.grant.extra, key: newKey() } } }
          expect((await b.publish(thief, say('Stolen'))).failure?.kind).toBe('reconnect')
          const bearer = { ...c, grant: { ...c.grant, extra: { pds: c.grant.extra!.pds! } } }
          expect((await b.publish(bearer, say('Stolen'))).failure?.kind).toBe('reconnect')
          expect(b.ledger()).toEqual([])
        })
        test('nonces that grow old are renewed on the way, and a lost answer still makes one post', async () => {
          const b = bench()
          const c = await signIn()
          for (const kind of ['drop-before', 'drop-after', 'answer-after'] as const) {
            b.pass(10 * 60_000)
            b.fault({ route: 'create', nth: 2, do: kind, ...(kind === 'answer-after' ? { status: 500 } : {}) })
            expect((await b.publish(c, say(`Lost ${kind}`))).state).toBe('published')
          }
          expect(b.ledger()).toHaveLength(3)
        })
        test('disconnecting ends the session', async () => {
          const b = bench()
          const c = await signIn()
          await platform.connect.revoke!(b.tokenContext(c), c.grant)
          expect((await b.publish(c, say('Late'))).failure?.kind).toBe('reconnect')
        })
        test('a proof names method and address, and never shows the private key', () => {
          const proof = proofOf({ key: newKey(), method: 'POST', url: 'https://a.test/x?y=1', now: 0, nonce: 'n' })
          const [head, body] = proof
            .split('.')
            .slice(0, 2)
            .map((x) => JSON.parse(Buffer.from(x, 'base64url').toString() || '{}'))
          expect(body).toMatchObject({ htm: 'POST', htu: 'https://a.test/x', nonce: 'n' })
          expect(head.jwk.d).toBeUndefined()
        })
        test('on an https address the client is a document of ours', () => {
          const files = platform.files!({ publicUrl: 'https://plan.example' })
          expect(files['client-metadata.json']).toMatchObject({
            client_id: 'https://plan.example/oauth/bluesky/client-metadata.json',
            redirect_uris: ['https://plan.example/oauth/bluesky/callback'],
            dpop_bound_access_tokens: true,
          })
        })
      })
      test('a video is handed to the service, waited for and posted once; the same bytes find the same job', async () => {
        const b = bench()
        const c = await b.connect()
        const content = { segments: [{ text: 'Moving', videos: [{ alt: 'Nothing moves' }] }] }
        b.fault({ route: 'video', do: 'drop-after' })
        const run = await b.publish(c, content)
        expect(run.failure).toBeUndefined()
        expect(b.sandbox.desk.requests({ route: 'video-job' }).length).toBeGreaterThan(0)
        expect(b.ledger()).toMatchObject([{ media: [{ mime: 'video/mp4', alt: 'Nothing moves' }] }])
      })
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
      test('two posts of one account that draw the same key in one millisecond both go out', async () => {
        const b = bench()
        const c = await b.connect()
        const draws = [1, 1, 2]
        const real = crypto.getRandomValues.bind(crypto)
        const drawn = vi
          .spyOn(crypto, 'getRandomValues')
          .mockImplementation((into) => (into instanceof Uint16Array ? into.fill(draws.shift() ?? 3) : real(into)))
        try {
          const runs = [await b.publish(c, say('One')), await b.publish(c, say('Two'))]
          expect(runs.map((r) => [r.state, r.tries.get('create:0')])).toEqual([
            ['published', 1],
            ['published', 2],
          ])
        } finally {
          drawn.mockRestore()
        }
        expect(b.ledger().map((p) => p.text)).toEqual(['One', 'Two'])
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
