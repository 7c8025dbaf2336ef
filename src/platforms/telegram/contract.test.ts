import { describe, expect, test } from 'vitest'
import { classify, PlatformFailure } from '#kit/facts/failures.ts'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const pictures = (text: string, n: number, settings = {}) => ({
  segments: [{ text, images: Array.from({ length: n }, () => ({})) }],
  settings,
})
const noTokens = 'a bot token neither expires nor is refreshed'
const byHand = (b: Bench, c: Connected, what: string) => {
  b.sandbox.desk.act('telegram', { do: what, chat: c.offer.externalId })
  return b.publish(c, say('x'))
}
const refused = (fault: Parameters<Bench['fault']>[0]) => async (b: Bench, c: Connected) => {
  b.fault(fault)
  return b.publish(c, say('x'))
}

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create' },
    plain: say('Bread at nine 🍞 <now> & later'),
    samples,
    skip: {
      denied: 'there is no consent page: the owner posts a code',
      state: 'there is no redirect to bring a foreign answer back',
      scope: 'rights are given in the chat; see the tests below',
      expired: noTokens,
      refresh: noTokens,
      race: noTokens,
      'lost-refresh': noTokens,
      witness: 'a bot cannot read the chat: a lost answer is for a person',
      keyed: 'Telegram has no idempotency key',
      thread: 'Telegram has no threads',
    },
    posts: [
      {
        name: 'plain text keeps its signs',
        content: say('a < b & *c* _d_'),
        see: ([post]) => expect(post!.text).toBe('a < b & *c* _d_'),
      },
      { name: 'HTML', content: say('<b>Bold</b> &amp; <a href="https://example.com">link</a>', { parseMode: 'html' }) },
      {
        name: 'one picture with a caption',
        content: pictures('Caption', 1),
        see: ([post]) => expect(post!.media).toHaveLength(1),
      },
      {
        name: 'settings of every kind',
        content: say('https://example.com', { linkPreview: 'large', previewAbove: true, silent: true, protect: true }),
      },
      {
        name: 'an album',
        content: pictures('Album', 3),
        posts: 1,
        see: ([post], run) => {
          expect(post!.media).toHaveLength(3)
          expect(createdOf(run)[0]!.messages).toHaveLength(3)
        },
      },
      { name: 'a blurred picture without words', content: pictures('', 1, { spoiler: true }) },
      { name: 'a poll', content: say('Rye or wheat?', { poll: { options: ['Rye', 'Wheat'], multipleAnswers: true } }) },
    ],
    edges: [
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ bytes: 10_000_000 }] }] },
        above: { segments: [{ text: 'big', images: [{ bytes: 10 * 1024 * 1024 + 1 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'a video’s bytes',
        at: { segments: [{ text: 'big', videos: [{ bytes: 50_000_000 }] }] },
        above: { segments: [{ text: 'big', videos: [{ bytes: 50 * 1024 * 1024 + 1 }] }] },
        kind: 'refused-media',
      },
      {
        name: 'MarkdownV2',
        at: say('*bold* _italic_ __under__ ||hidden|| `code` [link](https://example.com) 1\\.5', {
          parseMode: 'markdown',
        }),
        above: say('one. two', { parseMode: 'markdown' }),
        kind: 'refused-content',
      },
      {
        name: 'poll options',
        at: say('q', { poll: { options: Array.from({ length: 12 }, (_, i) => `o${i}`) } }),
        above: say('q', { poll: { options: ['a', textOf(101)] } }),
        kind: 'refused-content',
      },
      {
        name: 'a poll question',
        at: say(textOf(300), { poll: { options: ['a', 'b'] } }),
        above: say(textOf(301), { poll: { options: ['a', 'b'] } }),
        kind: 'refused-content',
      },
      {
        name: 'seen characters of HTML',
        at: say(`<b>${textOf(4096)}</b>`, { parseMode: 'html' }),
        above: say(`<b>${textOf(4097)}</b>`, { parseMode: 'html' }),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'an answer of 400 that proves nothing',
        kind: 'unknown-outcome',
        code: 'telegram.unrecognised',
        provoke: refused({ route: 'create', do: 'answer-before', status: 400 }),
      },
      {
        name: 'an answer of 403 that proves nothing',
        kind: 'unknown-outcome',
        code: 'telegram.unrecognised',
        provoke: refused({ route: 'create', do: 'answer-before', status: 403 }),
      },
      {
        name: 'HTML Telegram does not know',
        kind: 'refused-content',
        code: 'telegram.content',
        provoke: (b, c) => b.publish(c, say('<p>x</p>', { parseMode: 'html' })),
      },
      {
        name: 'a token that is no token',
        kind: 'reconnect',
        code: 'telegram.token-malformed',
        provoke: (b, c) => b.publish({ ...c, credentials: { botToken: 'nonsense' } }, say('x')),
      },
      {
        name: 'a bot that may no longer post',
        kind: 'not-permitted',
        code: 'telegram.no-rights',
        provoke: (b, c) => byHand(b, c, 'demote'),
      },
      {
        name: 'a bot that was thrown out',
        kind: 'refused-account',
        code: 'telegram.removed',
        provoke: (b, c) => byHand(b, c, 'kick'),
      },
      {
        name: 'a chat that is gone',
        kind: 'refused-account',
        code: 'telegram.chat-gone',
        provoke: (b, c) => b.publish({ ...c, offer: { ...c.offer, externalId: '-1009999999999' } }, say('x')),
      },
      {
        name: 'twenty-one messages in a minute',
        kind: 'too-fast',
        code: 'telegram.rate-limit',
        provoke: async (b, c) => {
          for (let n = 0; n < 2; n++) await b.publish(c, pictures('album', 10))
          return b.publish(c, say('one more'))
        },
      },
    ],
  },
  more: (bench) => {
    describe('what only Telegram does', () => {
      const start = async (b: Bench) => {
        const t = b.context(b.sandbox.desk.tokens('telegram').credentials)
        const begun = await platform.connect.begin(t, {})
        if (begun.kind !== 'code') throw new Error('no code')
        return { t, begun, look: () => platform.connect.finish(t, {}, begun.keep) }
      }
      const chats = ['-1002200000001', '-1002200000002']

      test('until the code is posted the flow waits, and says what to do', async () => {
        const { begun, look } = await start(bench())
        expect(begun.instructions).toContain(`/connect ${begun.code}`)
        expect(begun.link).toContain('admin=post_messages')
        expect(await look()).toEqual({ pending: expect.any(String) })
      })
      test('two flows at once: looking for one code leaves the other to be found', async () => {
        const b = bench()
        const [one, two] = [await start(b), await start(b)]
        b.sandbox.desk.act('telegram', { do: 'prove', code: two.begun.code, chat: chats[1]! })
        b.sandbox.desk.act('telegram', { do: 'prove', code: one.begun.code, chat: chats[0]! })
        for (const [flow, chat] of [
          [one, chats[0]],
          [two, chats[1]],
        ] as const) {
          for (let n = 0; n < 2; n++) expect(await flow.look()).toMatchObject({ offers: [{ externalId: chat }] })
        }
      })
      test('a code in the middle of a busy chat is found', async () => {
        const b = bench()
        const flow = await start(b)
        for (let n = 0; n < 150; n++) b.sandbox.desk.act('telegram', { do: 'post', text: `chatter ${n}` })
        b.sandbox.desk.act('telegram', { do: 'prove', code: flow.begun.code })
        for (let n = 0; n < 20; n++) b.sandbox.desk.act('telegram', { do: 'post', text: `more ${n}` })
        expect(await flow.look()).toMatchObject({ offers: [{ kind: 'channel' }] })
      })
      test('somebody else’s code connects nothing', async () => {
        const b = bench()
        const flow = await start(b)
        b.sandbox.desk.act('telegram', { do: 'prove', code: `${flow.begun.code}X` })
        b.sandbox.desk.act('telegram', { do: 'post', text: `look: /connect ${flow.begun.code}` })
        expect(await flow.look()).toEqual({ pending: expect.any(String) })
      })
      test('a channel where the bot may not post is not connected, and the right is named', async () => {
        const b = bench()
        const flow = await start(b)
        b.sandbox.desk.act('telegram', { do: 'prove', code: flow.begun.code })
        b.sandbox.desk.act('telegram', { do: 'demote' })
        await expect(flow.look()).rejects.toMatchObject({
          failure: {
            kind: 'not-permitted',
            code: 'telegram.no-rights',
            message: expect.stringContaining('Post messages'),
          },
        })
      })
      test('without a token the person is told where to enter it', async () => {
        await expect(platform.connect.begin(bench().context({}), {})).rejects.toMatchObject({
          failure: { code: 'telegram.credentials-missing' },
        })
      })
      test('a broken connection never shows the token', async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route: 'create', do: 'drop-after' })
        const run = await b.publish(c, say('x'))
        expect(JSON.stringify(run.failure)).not.toContain(c.credentials.botToken!.split(':')[1]!)
      })
      test('a caption over 1,024 becomes pictures and a message after, and both can be removed', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, pictures(textOf(1025), 2))
        expect(run.failure).toBeUndefined()
        expect(b.ledger().map((p) => [p.text.length, p.media.length])).toEqual([
          [0, 2],
          [1025, 0],
        ])
        for (const made of createdOf(run)) await platform.remove!(b.channelContext(c), made)
        expect(b.ledger()).toEqual([])
      })
      test('1,024 fit under the pictures', async () => {
        const b = bench()
        await b.publish(await b.connect(), pictures(textOf(1024), 3))
        expect(b.ledger().map((p) => [p.text.length, p.media.length])).toEqual([[1024, 3]])
      })
      test('pinning is repeated after a lost answer, and sends nothing twice', async () => {
        const b = bench()
        b.fault({ route: 'pin', do: 'drop-after' })
        const run = await b.publish(await b.connect(), say('Pinned', { pin: true }))
        expect(run.state).toBe('published')
        expect(run.checkpoints.get('finish')).toEqual({ pinned: true })
        expect(b.ledger()).toHaveLength(1)
      })
      test('a caption is edited as a caption, and a poll is refused with a sentence', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, pictures('Before', 2))
        const settings = b.view(c, pictures('', 1)).settings
        for (let n = 0; n < 2; n++) await platform.edit!(b.channelContext(c), createdOf(run)[0]!, 'After', settings)
        expect(b.ledger().map((p) => p.text)).toEqual(['After'])
        const poll = await b.publish(c, say('Rye?', { poll: { options: ['Yes', 'No'] } }))
        await expect(
          platform.edit!(b.channelContext(c), createdOf(poll)[0]!, 'Wheat?', settings),
        ).rejects.toMatchObject({ failure: { code: 'telegram.no-words' } })
      })
      test('a post in a private channel links for members only', async () => {
        const b = bench()
        const run = await b.publish(await b.connect({ account: '-1002200000003' }), say('Draft'))
        expect(createdOf(run)[0]!.url).toMatch(/^https:\/\/t\.me\/c\/2200000003\/\d+$/)
      })
      test('a message accepted without an id is published without a link', async () => {
        const b = bench()
        const http = b.http()
        const run = await b.publish(await b.connect(), say('Later'), {
          http: async (r) => {
            const reply = await http(r)
            const body = JSON.parse(JSON.stringify(reply.body).replace(/"message_id":\d+/, '"message_id":0'))
            return { ...reply, body }
          },
        })
        expect(run.state).toBe('published')
        expect(createdOf(run)[0]).toMatchObject({ id: null, url: null })
      })
      test('a group that became a supergroup is followed to its new number, once', async () => {
        const b = bench()
        const c = await b.connect({ account: chats[1] })
        const http = b.http()
        const moved = {
          status: 400,
          headers: {},
          body: {
            ok: false,
            error_code: 400,
            description: 'Bad Request: group chat was upgraded to a supergroup chat',
            parameters: { migrate_to_chat_id: Number(chats[1]) },
          },
        }
        const old = { ...c, offer: { ...c.offer, externalId: '-4012345', kind: 'group' } }
        const run = await b.publish(old, say('Hello'), {
          http: async (r) => {
            // What the network says of the old number.
            if ((r.json as { chat_id?: string } | undefined)?.chat_id === '-4012345')
              throw new PlatformFailure(
                classify(platform.failures, { ...moved, text: JSON.stringify(moved.body) }, b.now()),
              )
            return http(r)
          },
        })
        expect(run.state).toBe('published')
        expect(createdOf(run)[0]).toMatchObject({ chat: chats[1] })
        expect(b.ledger()).toHaveLength(1)
      })
    })
  },
})
