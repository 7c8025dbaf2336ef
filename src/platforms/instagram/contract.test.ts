import { expect } from 'vitest'
import type { Bench, Connected, Content } from '#kit/testing/bench.ts'
import type { TestFile } from '#kit/testing/media.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const image: TestFile = { kind: 'image', ...alt }
const video: TestFile = { kind: 'video' }
const square: TestFile = { kind: 'video', width: 720, height: 720 }
const post = (text: string, media: TestFile[] = [image], settings = {}): Content => ({
  segments: [{ text, media }],
  settings,
})
const story = (media: TestFile[], settings = {}): Content => post('', media, { placement: 'story', ...settings })
const plain = post('Bread at nine 🍞 & “today” #bread @marta.bakes')
const tags = (n: number) => Array.from({ length: n }, (_, i) => `#tag${i}`).join(' ')
const names = (n: number) => Array.from({ length: n }, (_, i) => `@name${i}`).join(' ')
const people = (n: number) => Array.from({ length: n }, (_, i) => ({ username: `name${i}`, x: 0.5, y: 0.5 }))
const refused = async (b: Bench, c: Connected, action: string, content: Content = plain) => {
  b.sandbox.desk.act('instagram', { do: action, account: c.offer.externalId })
  return b.publish(c, content)
}
/** A video with `at` is taken, with `above` it is not. */
const videoEdge = (name: string, at: TestFile, above: TestFile, settings = {}) => ({
  name,
  at: post(settings ? 'v' : '', [at], settings),
  above: post('v', [above], settings),
  kind: 'refused-media' as const,
})

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'ig-me' },
    plain,
    samples,
    accessMs: 5_183_944_000,
    pictures: (n) =>
      post(
        'pictures',
        Array.from({ length: n }, () => image),
      ),
    skip: {
      refresh: 'a token that has run out cannot be renewed; renewing it in time is proved in ways.test.ts',
      thread: 'Instagram has no threads',
      remove: 'Instagram Login may not delete posts; deleting with Facebook Login is proved in ways.test.ts',
      stale: 'Meta tries a webhook again for 36 hours, so yesterday is not stale; two days ago is (ways.test.ts)',
    },
    posts: [
      {
        name: 'a picture with alt text, people, place and labels',
        content: post('Picture', [image], {
          collaborators: ['@harbor.field.notes'],
          userTags: [{ username: 'teo_plants', x: 0.25, y: 0.75 }],
          locationId: '213385402',
          aiGenerated: true,
          paidPartnership: true,
        }),
        see: ([p]) => {
          expect(p!.kind).toBe('image')
          expect(p!.media).toMatchObject([{ mime: 'image/jpeg', alt: alt.alt }])
          expect(p!.raw).toMatchObject({
            collaborators: '["harbor.field.notes"]',
            user_tags: '[{"username":"teo_plants","x":0.25,"y":0.75}]',
            location_id: '213385402',
            is_ai_generated: 'true',
            is_paid_partnership: 'true',
          })
        },
      },
      {
        name: 'a mixed carousel with one tag in its second picture and a first comment',
        content: {
          ...post('Mixed', [image, square, image], {
            userTags: [{ username: 'teo_plants', x: 0.5, y: 0.5, item: 3 }],
          }),
          firstComment: 'The recipe is on the blog',
        },
        see: ([p, comment]) => {
          expect(p!.kind).toBe('carousel')
          expect(p!.media.map((m) => m.mime)).toEqual(['image/jpeg', 'video/mp4', 'image/jpeg'])
          expect(p!.raw).toMatchObject({
            items: [
              { alt_text: alt.alt },
              { media_type: 'VIDEO' },
              { user_tags: expect.stringContaining('teo_plants') },
            ],
          })
          expect(comment!.replyTo).toBe(p!.id)
        },
      },
      {
        name: 'a reel with a cover from the library, out of the feed, comments off',
        content: {
          ...post('Reel', [video], {
            coverId: 'cover',
            thumbOffsetMs: 1000,
            shareToFeed: false,
            audioName: 'Oven at dawn',
            trial: 'manual',
            comments: false,
            userTags: [{ username: 'teo_plants', x: 0.1, y: 0.1 }],
          }),
          attachments: { cover: { kind: 'image', width: 1080, height: 1920 } },
        },
        see: ([p]) => {
          expect(p!.kind).toBe('reel')
          expect(p!.raw).toMatchObject({
            media_type: 'REELS',
            share_to_feed: 'false',
            audio_name: 'Oven at dawn',
            cover_url: expect.stringContaining('http'),
            trial_params: '{"graduation_strategy":"MANUAL"}',
            user_tags: '[{"username":"teo_plants"}]',
          })
          expect(p!.raw).not.toHaveProperty('thumb_offset')
        },
      },
      {
        name: 'a reel with its cover taken from the film',
        content: post('Frame', [video], { thumbOffsetMs: 1500 }),
        see: ([p]) => expect(p!.raw).toMatchObject({ thumb_offset: '1500', share_to_feed: 'true' }),
      },
      {
        name: 'a story of a picture and a video, in order',
        content: story([{ kind: 'image', width: 1080, height: 1920 }, video], {
          userTags: [{ username: 'teo_plants' }],
        }),
        posts: 2,
        see: (posts) => {
          expect(posts.map((p) => [p.kind, p.media[0]!.mime])).toEqual([
            ['story', 'image/jpeg'],
            ['story', 'video/mp4'],
          ])
          expect(posts[0]!.raw).toMatchObject({ user_tags: '[{"username":"teo_plants"}]' })
          expect(posts[0]!.raw).not.toHaveProperty('caption')
        },
      },
      { name: 'a picture without words', content: post('', [image]) },
    ],
    edges: [
      { name: 'hashtags', at: post(tags(30)), above: post(tags(31)), kind: 'refused-content' },
      { name: 'mentions', at: post(names(20)), above: post(names(21)), kind: 'refused-content' },
      {
        name: 'alt text',
        at: post('a', [{ kind: 'image', alt: textOf(1000) }]),
        above: post('a', [{ kind: 'image', alt: textOf(1001) }]),
        kind: 'refused-content',
      },
      {
        name: 'collaborators',
        at: post('c', [image], { collaborators: ['a', 'b', 'c'] }),
        above: post('c', [image], { collaborators: ['a', 'b', 'c', 'd'] }),
        kind: 'refused-content',
      },
      {
        name: 'people tagged',
        at: post('t', [image], { userTags: people(20) }),
        above: post('t', [image], { userTags: people(21).map((x) => ({ ...x, item: 1 })) }),
        kind: 'refused-content',
      },
      {
        name: 'a tag in a picture needs its place',
        at: post('t', [image], { userTags: [{ username: 'a', x: 0, y: 1 }] }),
        above: post('t', [image], { userTags: [{ username: 'a' }] }),
        kind: 'refused-content',
      },
      {
        name: 'a tall picture',
        at: post('s', [{ kind: 'image', width: 320, height: 400 }]),
        above: post('s', [{ kind: 'image', width: 320, height: 410 }]),
        kind: 'refused-media',
      },
      {
        name: 'a wide picture',
        at: post('s', [{ kind: 'image', width: 764, height: 400 }]),
        above: post('s', [{ kind: 'image', width: 784, height: 400 }]),
        kind: 'refused-media',
      },
      {
        name: 'a picture’s bytes',
        at: post('b', [{ kind: 'image', bytes: 8_000_000 }]),
        above: post('b', [{ kind: 'image', bytes: 8 * 1024 * 1024 + 1 }]),
        kind: 'refused-media',
        warnsOnly: true,
      },
      videoEdge('the shortest reel', { ...video, ms: 3000 }, { ...video, ms: 2900 }),
      videoEdge('the longest reel', { ...video, ms: 900_000 }, { ...video, ms: 901_000 }),
      videoEdge('the width of a video', { ...video, width: 1920 }, { ...video, width: 1922 }),
      {
        name: 'a video in a carousel',
        at: post('v', [image, { ...square, ms: 60_000 }]),
        above: post('v', [image, { ...square, ms: 61_000 }]),
        kind: 'refused-media',
      },
      {
        name: 'a video in a story',
        at: story([{ ...video, ms: 60_000 }]),
        above: story([{ ...video, ms: 61_000 }]),
        kind: 'refused-media',
      },
      {
        name: 'the shape of a story’s video',
        at: story([{ ...video, width: 128, height: 1280 }]),
        above: story([{ ...video, width: 120, height: 1280 }]),
        kind: 'refused-media',
      },
      {
        name: 'the moment of the cover',
        at: post('v', [{ ...video, ms: 5000 }], { thumbOffsetMs: 4999 }),
        above: post('v', [{ ...video, ms: 5000 }], { thumbOffsetMs: 5001 }),
        kind: 'refused-media',
      },
    ],
    failures: [
      {
        name: 'a blocked action',
        kind: 'refused-account',
        code: 'instagram.action-blocked',
        provoke: (b, c) => refused(b, c, 'block'),
      },
      {
        name: 'a restricted account',
        kind: 'refused-account',
        code: 'instagram.account-restricted',
        provoke: (b, c) => refused(b, c, 'restrict'),
      },
      {
        name: 'a trial reel of an account that may not',
        kind: 'not-permitted',
        code: 'instagram.trial-reels',
        provoke: async (b) => {
          const c = await b.connect({ account: '17841400000000303' })
          return b.publish(c, post('Trial', [video], { trial: 'performance' }))
        },
      },
      {
        name: 'the quota of 24 hours',
        kind: 'too-fast',
        code: 'instagram.publish-quota',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('instagram', { quotaTotal: 1 })
          await b.publish(c, plain)
          return b.publish(c, plain)
        },
      },
      {
        name: 'a picture Instagram cannot fetch',
        kind: 'try-later',
        code: 'instagram.fetch',
        provoke: (b, c) => {
          const input = b.runInput(c, plain)
          for (const m of input.view.segments[0]!.media) m.url = async () => 'http://127.0.0.1:9/nothing.jpg'
          return b.publish(c, plain, { view: input.view })
        },
      },
      {
        name: 'a picture that is not on https',
        kind: 'try-later',
        code: 'instagram.fetch',
        provoke: (b, c) => {
          const input = b.runInput(c, plain)
          for (const m of input.view.segments[0]!.media) m.url = async () => 'http://clarion.example/picture.jpg'
          return b.publish(c, plain, { view: input.view })
        },
      },
      {
        name: 'a video that fails its processing twice',
        kind: 'refused-media',
        code: 'instagram.processing',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('instagram', { videoFailures: 9 })
          return b.publish(c, post('Broken', [video]))
        },
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
        code: 'instagram.unrecognised',
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, plain)
        },
      },
    ],
    webhook: {
      provoke: async (b, c) => {
        await platform.webhook!.subscribe!({
          http: b.http(),
          grant: c.grant,
          credentials: c.credentials,
          channel: c.offer,
          url: await b.shelf.hookUrl(),
          secret: 's',
        })
        await b.publish(c, plain)
        b.sandbox.desk.act('instagram', { do: 'comment', text: 'Świetne! 🍞' })
      },
      event: { does: 'comment', account: '17841400000000101', ref: expect.any(String) as unknown as string },
    },
  },
})
