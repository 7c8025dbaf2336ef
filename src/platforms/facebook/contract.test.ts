import { expect } from 'vitest'
import type { Bench, Connected } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const clip = (video = {}) => ({ segments: [{ text: 'Moving', videos: [video] }] })
const reel = (video = {}) => ({ ...clip(video), settings: { format: 'reel' } })
const story = (video = {}) => ({ segments: [{ text: '', videos: [video] }], settings: { format: 'story' } })
const code = (word: string) => `facebook.${word}`

const subscribed = async (b: Bench, c: Connected) =>
  platform.webhook!.subscribe!({
    http: b.http(),
    grant: c.grant,
    credentials: c.credentials,
    channel: c.offer,
    url: await b.shelf.hookUrl(),
    secret: 'x',
  })

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create' },
    plain: say('Bread at nine & coffee <now> “today” é https://example.com/menu?x=1'),
    samples,
    insightsAfterMs: 86_400_000,
    skip: {
      keyed: 'Facebook has no idempotency key; the witness decides',
      refresh: 'Page tokens of a long-lived login never expire',
      expired: 'Page tokens of a long-lived login never expire',
      race: 'nothing is refreshed',
      'lost-refresh': 'nothing is refreshed',
      thread: 'Facebook has no threads',
      stale: 'Meta sends again for 36 hours, so a day old is still good; two days are refused below',
    },
    webhook: {
      provoke: async (b, c) => {
        await subscribed(b, c)
        await b.publish(c, say('Told by webhook: Zoë ❤'))
      },
      event: { does: 'published', account: '100000000001001' },
    },
    posts: [
      { name: 'text with signs', content: say('Tom & Ann <3 “é” 日本 🍞') },
      {
        name: 'a link card',
        content: say('Menu', { link: 'https://example.com/menu' }),
        see: ([post]) => expect(post!.raw).toMatchObject({ link: 'https://example.com/menu' }),
      },
      {
        name: 'a picture without words, with alt text',
        content: { segments: [{ text: '', images: [alt] }] },
        see: ([post]) => expect(post!.media).toMatchObject([{ alt: alt.alt }]),
      },
      {
        name: 'ten pictures in their order',
        content: { segments: [{ text: 'Ten', images: Array.from({ length: 10 }, (_, i) => ({ alt: `n${i}` })) }] },
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual(Array.from({ length: 10 }, (_, i) => `n${i}`)),
      },
      {
        name: 'a post for two countries at a place',
        content: say('Only here', { countries: ['PL', 'SE'], place: '100000000001001' }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            targeting: '{"geo_locations":{"countries":["PL","SE"]}}',
            place: '100000000001001',
          }),
      },
      {
        name: 'a video with title and category and a comment',
        content: {
          ...clip(),
          settings: { title: 'How we bake', category: 'FOOD_HEALTH' },
          firstComment: 'Flour first',
        },
        see: ([post]) => {
          expect(post).toMatchObject({ kind: 'video', text: 'Moving' })
          expect(post!.raw).toMatchObject({ title: 'How we bake', content_category: 'FOOD_HEALTH' })
        },
      },
      {
        name: 'a reel with a cover and a comment',
        content: {
          ...reel(),
          settings: { format: 'reel', cover: 'still' },
          attachments: { still: { kind: 'image', width: 720, height: 1280 } },
          firstComment: 'Made at dawn',
        },
        see: ([post], run) => {
          expect(post!.kind).toBe('reel')
          expect(createdOf(run)[0]!.url).toMatch(/^https:\/\/www\.facebook\.com\/reel\/\d+\/$/)
        },
      },
      {
        name: 'a video as a draft',
        content: { ...clip(), settings: { delivery: 'draft' } },
        see: ([p]) => expect(p!.kind).toBe('draft'),
      },
      {
        name: 'a scheduled reel',
        content: { ...reel(), settings: { format: 'reel', delivery: 'schedule', delayMinutes: 60 } },
        see: ([p]) => expect(p!.kind).toBe('scheduled'),
      },
    ],
    edges: [
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 10_000_000 }] }] },
        above: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 10 * 1024 * 1024 + 1 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
      { name: 'the longest reel', at: reel({ ms: 90_000 }), above: reel({ ms: 90_100 }), kind: 'refused-media' },
      { name: 'the shortest reel', at: reel({ ms: 3000 }), above: reel({ ms: 2900 }), kind: 'refused-media' },
      {
        name: 'the smallest reel',
        at: reel({ width: 540, height: 960 }),
        above: reel({ width: 538, height: 956 }),
        kind: 'refused-media',
      },
      {
        name: 'the shape of a reel',
        at: reel({ width: 1080, height: 1920 }),
        above: reel({ width: 1080, height: 1350 }),
        kind: 'refused-media',
      },
      {
        name: 'the longest video story',
        at: story({ ms: 60_000 }),
        above: story({ ms: 60_100 }),
        kind: 'refused-media',
      },
      { name: 'the longest video', at: clip({ ms: 2_400_000 }), above: clip({ ms: 2_401_000 }), kind: 'refused-media' },
      {
        name: 'the shortest video',
        at: clip({ ms: 1000, bytes: 4000 }),
        above: clip({ ms: 900, bytes: 4000 }),
        kind: 'refused-media',
      },
      {
        name: 'the nearest schedule',
        at: say('soon', { delivery: 'schedule', delayMinutes: 15 }),
        above: say('far', { delivery: 'schedule', delayMinutes: 31 * 24 * 60 }),
        kind: 'refused-content',
      },
      {
        name: 'alt text',
        at: { segments: [{ text: 'a', images: [{ alt: 'a'.repeat(1000) }] }] },
        above: { segments: [{ text: 'a', images: [{ alt: 'a'.repeat(1001) }] }] },
        kind: 'refused-content',
      },
      {
        name: 'a link card',
        at: say('card', { link: 'https://example.com/' }),
        above: say('own', { link: 'https://www.facebook.com/me' }),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'the same words again, some minutes later',
        kind: 'duplicate',
        code: code('duplicate'),
        provoke: async (b, c) => {
          await b.publish(c, say('Twice told'))
          b.pass(5 * 60_000)
          return b.publish(c, say('Twice told'))
        },
      },
      {
        name: 'a changed password',
        kind: 'reconnect',
        code: code('password-changed'),
        provoke: (b, c) => {
          b.sandbox.desk.act('facebook', { do: 'password', page: c.offer.externalId })
          return b.publish(c, say('Late'))
        },
      },
      {
        name: 'a checkpoint',
        kind: 'refused-account',
        code: code('checkpoint'),
        provoke: (b, c) => {
          b.sandbox.desk.act('facebook', { do: 'checkpoint', page: c.offer.externalId })
          return b.publish(c, say('Who are you'))
        },
      },
      {
        name: 'a role that was taken away',
        kind: 'not-permitted',
        code: code('role-lost'),
        provoke: (b, c) => {
          b.sandbox.desk.act('facebook', { do: 'lose-role', page: c.offer.externalId })
          return b.publish(c, say('No more'))
        },
      },
      {
        name: 'a 400 that is no documented refusal',
        kind: 'unknown-outcome',
        code: code('unrecognised'),
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, say('Lost thrice'))
        },
      },
      {
        name: 'a link nobody can read',
        kind: 'refused-content',
        code: code('link'),
        provoke: (b, c) => b.publish(c, say('Look', { link: 'https://nowhere.invalid/' })),
      },
      {
        name: 'the calls of a day used up',
        kind: 'too-fast',
        code: code('rate-limited'),
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('facebook', { pageCalls: 1 })
          return b.publish(c, say('Too much'))
        },
      },
      {
        name: 'a comment without the permission for comments',
        kind: 'not-permitted',
        code: code('permission'),
        provoke: async (b) => {
          const c = await b.connect({
            change: (url) =>
              url.searchParams.set('scope', url.searchParams.get('scope')!.replace('pages_manage_engagement,', '')),
          })
          return b.publish(c, { ...say('Quiet'), firstComment: 'Not allowed' })
        },
      },
      {
        name: 'a photo that lay unpublished for two days',
        kind: 'refused-content',
        code: code('invalid-parameter'),
        provoke: (b, c) =>
          b.publish(
            c,
            { segments: [{ text: 'Old', images: [alt] }] },
            { beforeTry: (key) => (key === 'create' ? b.pass(2 * 86_400_000) : undefined) },
          ),
      },
    ],
  },
})
