import { expect } from 'vitest'
import type { Bench, Connected, Content } from '#kit/testing/bench.ts'
import type { TestFile } from '#kit/testing/media.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'
import { image, post, thread, video } from './testing.ts'

const plain = post('Bread at nine 🍞 & “today” #bread @marta.bakes https://example.com/menu?x=1')
const links = (n: number) => Array.from({ length: n }, (_, i) => `https://example.com/${i}`).join(' ')
const names = (n: number) => Array.from({ length: n }, (_, i) => `word${String.fromCharCode(97 + i)}`)
const refused = async (b: Bench, c: Connected, action: string, content: Content = plain) => {
  b.sandbox.desk.act('threads', { do: action, account: c.offer.externalId })
  return b.publish(c, content)
}
/** Settings that are taken, and one step too far. */
const settingEdge = (name: string, at: object, above: object) => ({
  name,
  at: post('Edge', [], at),
  above: post('Edge', [], above),
  kind: 'refused-content' as const,
})
/** A file that is taken, and one step too far. */
const fileEdge = (name: string, at: TestFile, above: TestFile) => ({
  name,
  at: post('v', [at]),
  above: post('v', [above]),
  kind: 'refused-media' as const,
})
/** Files under an address nobody can fetch. */
const fromNowhere = async (b: Bench, c: Connected, content: Content, url: string) => {
  const input = b.runInput(c, content)
  for (const m of input.view.segments[0]!.media) m.url = async () => url
  return b.publish(c, content, { view: input.view })
}

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'me' },
    plain,
    samples,
    accessMs: 5_183_944_000,
    skip: {
      refresh: 'a token that has run out cannot be renewed; renewing it in time is proved in connect.test.ts',
      stale: 'Meta tries a webhook again for 36 hours, so yesterday is not stale; two days ago is (webhook.test.ts)',
    },
    posts: [
      {
        name: 'a text with everything a text may have',
        content: post('Everything about rye and caraway', [], {
          replyControl: 'followers_only',
          replyApprovals: true,
          topicTag: 'Rye bread',
          link: 'https://example.com/rye',
          spoilers: ['caraway', 'rye'],
          gifId: 'abc123XYZ',
        }),
        see: ([p]) =>
          expect(p!.raw).toEqual({
            media_type: 'TEXT',
            text: 'Everything about rye and caraway',
            reply_control: 'followers_only',
            enable_reply_approvals: 'true',
            topic_tag: 'Rye bread',
            link_attachment: 'https://example.com/rye',
            text_entities:
              '[{"entity_type":"SPOILER","offset":17,"length":3},{"entity_type":"SPOILER","offset":25,"length":7}]',
            gif_attachment: '{"gif_id":"abc123XYZ","provider":"GIPHY"}',
          }),
      },
      {
        name: 'a mixed carousel with alt texts, hidden until tapped, and a first comment',
        content: { ...post('Mixed', [image, video, image], { spoilerMedia: true }), firstComment: ' Recipe inside ' },
        see: ([p, comment]) => {
          expect(p!.kind).toBe('carousel')
          expect(p!.media.map((m) => [m.mime, m.alt])).toEqual([
            ['image/png', 'A loaf on a board'],
            ['video/mp4', 'Kneading'],
            ['image/png', 'A loaf on a board'],
          ])
          expect(p!.raw).toMatchObject({ is_spoiler_media: 'true', items: [{ is_carousel_item: 'true' }, {}, {}] })
          expect(comment).toMatchObject({ replyTo: p!.id, text: 'Recipe inside' })
        },
      },
      {
        name: 'a thread with media in every place, the settings on its first post only',
        content: {
          ...thread(['Root', [image, image]], ['Second', [video]], ['Third']),
          firstComment: 'The end',
          settings: { topicTag: 'Bread', replyControl: 'mentioned_only' },
        },
        see: ([root, second, third, end]) => {
          expect([second!.replyTo, third!.replyTo, end!.replyTo]).toEqual([root!.id, second!.id, third!.id])
          expect(root!.raw).toMatchObject({ topic_tag: 'Bread', reply_control: 'mentioned_only' })
          expect(second!.raw).not.toHaveProperty('topic_tag')
          expect(third!.raw).not.toHaveProperty('reply_control')
        },
      },
      { name: 'a picture without words', content: post('', [image]) },
      {
        name: 'a topic Threads does not allow is left out when it may be',
        content: post('No topic then', [], { topicTag: 'forbidden' }),
        see: ([p]) => expect(p!.raw).not.toHaveProperty('topic_tag'),
      },
    ],
    edges: [
      {
        name: 'emoji, which count by their bytes',
        at: post('🍞'.repeat(125)),
        above: post('🍞'.repeat(126)),
        kind: 'refused-content',
      },
      { name: 'links', at: post(links(5)), above: post(links(6)), kind: 'refused-content' },
      {
        name: 'links with the card’s among them',
        at: post(links(5), [], { link: 'https://example.com/4' }),
        above: post(links(5), [], { link: 'https://example.com/5' }),
        kind: 'refused-content',
      },
      settingEdge('answers of a poll', { poll: names(4) }, { poll: names(5) }),
      settingEdge('an answer of a poll', { poll: [textOf(25), 'b'] }, { poll: [textOf(26), 'b'] }),
      settingEdge('a topic', { topicTag: textOf(50) }, { topicTag: textOf(51) }),
      settingEdge('a topic has no dots', { topicTag: 'a b' }, { topicTag: 'a.b' }),
      settingEdge('a long text', { longText: textOf(10_000) }, { longText: textOf(10_001) }),
      settingEdge('a long text goes with no poll', { longText: 'a' }, { longText: 'a', poll: ['a', 'b'] }),
      settingEdge(
        'one link card',
        { longText: 'a', longTextLink: 'https://example.com/a' },
        { longText: 'a', longTextLink: 'https://example.com/a', link: 'https://example.com/b' },
      ),
      settingEdge('a ghost is text alone', { ghost: true }, { ghost: true, topicTag: 'Bread' }),
      {
        name: 'hidden words',
        at: post(names(10).join(' '), [], { spoilers: names(10) }),
        above: post(names(11).join(' '), [], { spoilers: names(11) }),
        kind: 'refused-content',
      },
      {
        name: 'a link card goes with a text alone',
        at: post('Card', [], { link: 'https://example.com' }),
        above: post('Card', [image], { link: 'https://example.com' }),
        kind: 'refused-content',
      },
      {
        name: 'alt text',
        at: post('a', [{ kind: 'image', alt: textOf(1000) }]),
        above: post('a', [{ kind: 'image', alt: textOf(1001) }]),
        kind: 'refused-content',
      },
      {
        name: 'alt text of a video',
        at: post('a', [{ ...video, alt: textOf(1000) }]),
        above: post('a', [{ ...video, alt: textOf(1001) }]),
        kind: 'refused-content',
      },
      fileEdge('a wide picture', { kind: 'image', width: 400, height: 40 }, { kind: 'image', width: 408, height: 40 }),
      fileEdge('a tall picture', { kind: 'image', width: 40, height: 400 }, { kind: 'image', width: 40, height: 408 }),
      {
        name: 'a picture’s bytes',
        at: post('b', [{ kind: 'image', bytes: 8_000_000 }]),
        above: post('b', [{ kind: 'image', bytes: 8 * 1024 * 1024 + 1 }]),
        kind: 'refused-media',
        warnsOnly: true,
      },
      fileEdge('the longest video', { ...video, ms: 300_000 }, { ...video, ms: 301_000 }),
      fileEdge('the width of a video', { ...video, width: 1920 }, { ...video, width: 1922 }),
      fileEdge('a wide video', { ...video, width: 1280, height: 128 }, { ...video, width: 1320, height: 128 }),
    ],
    failures: [
      {
        name: 'a blocked action',
        kind: 'refused-account',
        code: 'threads.action-blocked',
        provoke: (b, c) => refused(b, c, 'block'),
      },
      {
        name: 'a restricted account',
        kind: 'refused-account',
        code: 'threads.restricted',
        provoke: (b, c) => refused(b, c, 'restrict'),
      },
      {
        name: 'the posts of 24 hours',
        kind: 'too-fast',
        code: 'threads.publish-quota',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('threads', { quotaTotal: 1 })
          await b.publish(c, plain)
          return b.publish(c, plain)
        },
      },
      {
        name: 'the replies of 24 hours',
        kind: 'too-fast',
        code: 'threads.publish-quota',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('threads', { replyTotal: 1 })
          return b.publish(c, thread(['one'], ['two'], ['three']))
        },
      },
      {
        name: 'a topic Threads does not allow, when it must be there',
        kind: 'refused-content',
        code: 'threads.topic',
        provoke: (b, c) => b.publish(c, post('With topic', [], { topicTag: 'forbidden', topicRequired: true })),
      },
      {
        name: 'a quoted post that is not there',
        kind: 'gone',
        code: 'threads.parent-gone',
        provoke: (b, c) => b.publish(c, post('Quote', [], { quotePostId: '123456' })),
      },
      {
        name: 'a picture Threads cannot fetch',
        kind: 'try-later',
        code: 'threads.fetch',
        provoke: (b, c) => fromNowhere(b, c, post('p', [image]), 'http://127.0.0.1:9/nothing.jpg'),
      },
      {
        name: 'a picture that is not on https',
        kind: 'try-later',
        code: 'threads.fetch',
        provoke: (b, c) => fromNowhere(b, c, post('p', [image]), 'http://clarion.example/picture.jpg'),
      },
      {
        name: 'a video Threads cannot fetch',
        kind: 'try-later',
        code: 'threads.fetch',
        provoke: (b, c) => fromNowhere(b, c, post('v', [video]), 'http://127.0.0.1:9/nothing.mp4'),
      },
      {
        name: 'a video that fails its processing twice',
        kind: 'refused-media',
        code: 'threads.processing',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('threads', { videoFailures: 1 })
          return b.publish(c, post('Broken', [video]))
        },
      },
      {
        name: 'countries of an account that may not choose them',
        kind: 'refused-content',
        provoke: (b, c) => b.publish(c, post('Only here', [], { countries: ['PL', 'CZ'] })),
      },
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, plain)
        },
      },
      {
        name: 'an answer of 400 that proves nothing',
        kind: 'unknown-outcome',
        code: 'threads.unrecognised',
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, plain)
        },
      },
    ],
    webhook: {
      provoke: async (b, c) => {
        await b.publish(c, post('Ask us anything'))
        b.sandbox.desk.act('threads', { do: 'reply' })
        // The first is of the publishing itself.
        await expect.poll(() => b.shelf.hooks.length).toBeGreaterThan(1)
      },
      event: { does: 'comment', account: '24000000000000101', ref: expect.any(String) as unknown as string },
    },
  },
})
