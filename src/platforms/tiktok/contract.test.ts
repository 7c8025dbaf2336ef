import { expect } from 'vitest'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'
import { accountTraps } from './testing/account-traps.ts'
import { photos, video } from './testing/content.ts'
import { publishTraps } from './testing/publish-traps.ts'

const info = (raw: unknown) => (raw as { post_info: Record<string, unknown> }).post_info

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'upload', refresh: 'token' },
    plain: video('Bread at nine & coffee <now> “today” é #bakery @oven.and.anvil'),
    samples,
    accessMs: 86_400_000,
    skip: {
      remove: 'TikTok has no call to delete a post',
      thread: 'TikTok has no threads',
    },
    posts: [
      {
        name: 'a video with everything off',
        content: video('Quiet'),
        see: ([p]) =>
          expect(info(p!.raw)).toEqual({
            title: 'Quiet',
            privacy_level: 'PUBLIC_TO_EVERYONE',
            disable_comment: true,
            disable_duet: true,
            disable_stitch: true,
            brand_content_toggle: false,
            brand_organic_toggle: false,
            is_aigc: false,
          }),
      },
      {
        name: 'a video with every switch on',
        content: video('Loud', {
          allowComment: true,
          allowDuet: true,
          disclose: true,
          yourBrand: true,
          brandedContent: true,
          aiGenerated: true,
          coverMs: 1500,
        }),
        see: ([p]) =>
          expect(info(p!.raw)).toMatchObject({
            disable_comment: false,
            disable_duet: false,
            disable_stitch: true,
            brand_content_toggle: true,
            brand_organic_toggle: true,
            is_aigc: true,
            video_cover_timestamp_ms: 1500,
          }),
      },
      { name: 'a video without words', content: video('') },
      {
        name: 'three photos with title, cover and music',
        content: photos(3, { photoTitle: 'Three', coverIndex: 2, autoMusic: true, aiGenerated: true }, 'described'),
        see: ([p]) => {
          expect(p!.media).toHaveLength(3)
          expect(p!.text).toBe('Three\ndescribed')
          expect(p!.raw).toMatchObject({
            post_mode: 'DIRECT_POST',
            is_aigc: true,
            post_info: { auto_add_music: true },
            source_info: { photo_cover_index: 2 },
          })
        },
      },
    ],
    pictures: (n) => photos(n),
    webhook: {
      provoke: async (b, c) => void (await b.publish(c, video('Told'))),
      event: { does: 'published', ref: expect.stringMatching(/^v_pub_file~/) },
    },
    edges: [
      {
        name: 'the description of photos',
        at: photos(1, {}, textOf(4000)),
        above: photos(1, {}, textOf(4001)),
        kind: 'refused-content',
      },
      {
        name: 'the title of photos',
        at: photos(1, { photoTitle: textOf(90) }),
        above: photos(1, { photoTitle: textOf(91) }),
        kind: 'refused-content',
      },
      {
        name: 'the cover among the photos',
        at: photos(2, { coverIndex: 1 }),
        above: photos(2, { coverIndex: 2 }),
        kind: 'refused-content',
      },
      {
        name: 'the length of a video',
        at: video('long', {}, { ms: 600_000 }),
        above: video('long', {}, { ms: 601_000 }),
        kind: 'refused-media',
      },
      {
        name: 'the smallest video',
        at: video('small', {}, { width: 360, height: 360 }),
        above: video('small', {}, { width: 358, height: 640 }),
        kind: 'refused-media',
      },
      {
        name: 'the largest video',
        at: video('large', {}, { width: 4096, height: 4096 }),
        above: video('large', {}, { width: 4098, height: 2000 }),
        kind: 'refused-media',
      },
      {
        name: "a photo's bytes",
        at: { ...photos(0), segments: [{ text: 'big', images: [{ bytes: 20_000_000 }] }] },
        above: { ...photos(0), segments: [{ text: 'big', images: [{ bytes: 20 * 1024 * 1024 + 1 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'privacy without a default',
        at: video('seen'),
        above: { ...video('seen'), settings: { musicConsent: true } },
        kind: 'refused-content',
      },
      {
        name: 'privacy the account does not offer',
        at: video('seen', { privacy: 'MUTUAL_FOLLOW_FRIENDS' }),
        above: video('seen', { privacy: 'FOLLOWER_OF_CREATOR' }),
        kind: 'refused-content',
      },
      {
        name: 'branded content and privacy',
        at: video('ad', { disclose: true, brandedContent: true }),
        above: video('ad', { disclose: true, brandedContent: true, privacy: 'SELF_ONLY' }),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'the day is used up (an error with status 200)',
        kind: 'too-fast',
        code: 'tiktok.daily-cap',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('tiktok', { dailyPosts: 0 })
          return b.publish(c, video('one more'))
        },
      },
      {
        name: 'the day is used up between asking and posting',
        kind: 'too-fast',
        code: 'tiktok.daily-cap',
        provoke: (b, c) =>
          b.publish(c, video('one more'), {
            beforeTry: (key) => void (key === 'upload' && b.sandbox.desk.setKnobs('tiktok', { dailyPosts: 0 })),
          }),
      },
      {
        name: 'five drafts wait already',
        kind: 'too-fast',
        code: 'tiktok.pending-drafts',
        provoke: async (b, c) => {
          const draft = { ...video(''), settings: { mode: 'inbox' } }
          for (let n = 0; n < 5; n++) expect((await b.publish(c, draft)).state).toBe('published')
          b.pass(60_000)
          const run = await b.publish(c, draft)
          expect(b.ledger()).toHaveLength(5)
          return run
        },
      },
      {
        name: 'an unaudited app has served five accounts',
        kind: 'too-fast',
        code: 'tiktok.user-cap',
        provoke: async (b) => {
          b.sandbox.desk.setKnobs('tiktok', { audited: 0 })
          for (let n = 1; ; n++) {
            b.sandbox.desk.act('tiktok', { do: 'account', account: `private${n}`, private: 'true' })
            const run = await b.publish(
              await b.connect({ account: `@private${n}` }),
              video('mine', { privacy: 'SELF_ONLY' }),
            )
            if (n === 6) return run
            expect(run.state).toBe('published')
          }
        },
      },
      {
        name: 'more begins than six in a minute',
        kind: 'too-fast',
        code: 'tiktok.rate-limit',
        provoke: async (b, c) => {
          const token = c.grant.access
          for (let n = 0; n < 6; n++)
            await fetch(`${b.sandbox.url}/open.tiktokapis.com/v2/post/publish/video/init/`, {
              method: 'POST',
              headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
              body: '{}',
            })
          return b.publish(c, video('seventh'))
        },
      },
      {
        name: 'a banned account',
        kind: 'refused-account',
        code: 'tiktok.banned',
        provoke: async (b, c) => {
          b.sandbox.desk.act('tiktok', { do: 'account', account: c.offer.externalId, banned: 'true' })
          return b.publish(c, video('banned'))
        },
      },
      {
        name: 'an unaudited app and a public post',
        kind: 'not-permitted',
        code: 'tiktok.unaudited',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('tiktok', { audited: 0 })
          return b.publish(c, video('too public'))
        },
      },
      {
        name: 'an unaudited app and a private post of a public account',
        kind: 'not-permitted',
        code: 'tiktok.unaudited',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('tiktok', { audited: 0 })
          return b.publish(c, video('still too public', { privacy: 'SELF_ONLY' }))
        },
      },
      {
        name: 'an address that is not verified',
        kind: 'not-permitted',
        code: 'tiktok.domain-unverified',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('tiktok', { domainVerified: 0 })
          return b.publish(c, photos(1))
        },
      },
      {
        name: 'a photo draft and an old TikTok app',
        kind: 'not-permitted',
        code: 'tiktok.old-app',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('tiktok', { oldApp: 1 })
          return b.publish(c, { ...photos(1), settings: { mode: 'inbox' } })
        },
      },
      {
        name: 'privacy that changed between asking and posting',
        kind: 'refused-content',
        code: 'tiktok.privacy',
        provoke: (b, c) =>
          b.publish(c, video('late'), {
            beforeTry: (key) =>
              void (
                key === 'upload' &&
                b.sandbox.desk.act('tiktok', { do: 'account', account: c.offer.externalId, private: 'true' })
              ),
          }),
      },
      {
        name: 'a draft without the scope for it',
        kind: 'not-permitted',
        code: 'tiktok.scope-missing',
        provoke: async (b) => {
          const c = await b.connect({
            change: (url) => url.searchParams.set('scope', url.searchParams.get('scope')!.replace(',video.upload', '')),
          })
          expect(c.offer.facts.canInbox).toBe(false)
          return b.publish(c, { ...video(''), settings: { mode: 'inbox' } })
        },
      },
      {
        name: 'a video longer than the account may post',
        kind: 'refused-media',
        code: 'tiktok.too-long',
        provoke: async (b) =>
          b.publish(
            await b.connect({ account: '@quiet_shelves' }),
            video('a minute', { privacy: 'SELF_ONLY' }, { ms: 61_000 }),
          ),
      },
    ],
  },
  more: (bench) => {
    publishTraps(bench)
    accountTraps(bench)
  },
})
