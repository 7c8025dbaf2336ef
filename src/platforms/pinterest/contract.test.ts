import { expect } from 'vitest'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'
import { base, bread, feasts, film, image, link, pin, shop, spaces } from './testing.ts'

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: pin('Bread at nine & coffee <now> “today” é https://example.com/menu?x=1'),
    accessMs: 2_592_000_000,
    skip: {
      keyed: 'Pinterest has no idempotency key; the witness decides',
      thread: 'Pinterest has no threads',
    },
    samples,
    options: { sections: { boardId: bread } },
    pictures: (n) => pin('Pictures', { boardId: bread }, spaces(n)),
    posts: [
      {
        name: 'a pin with everything',
        content: pin('Baked at night', {
          ...base,
          sectionId: feasts,
          dominantColor: '#6E7874',
          aiDisclosures: ['AI_MODIFIED'],
        }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            board_id: bread,
            board_section_id: feasts,
            title: 'Rye',
            link,
            alt_text: image.alt,
            dominant_color: '#6E7874',
            ai_disclosures: { values: ['AI_MODIFIED'] },
            media_source: { source_type: 'image_base64' },
          }),
      },
      {
        name: 'a picture without words',
        content: { segments: [{ text: '', images: [{}] }], settings: { boardId: shop } },
        see: ([post]) => expect(Object.keys(post!.raw as object).sort()).toEqual(['board_id', 'media_source']),
      },
      {
        name: 'a picture by its address',
        content: pin('Fetched', { ...base, delivery: 'link' }),
        see: ([post]) => {
          expect(post!.raw).toMatchObject({ media_source: { source_type: 'image_url' } })
          expect(post!.media).toHaveLength(1)
        },
      },
      {
        name: 'a GIF, which goes by its address whatever was chosen',
        content: { segments: [{ text: 'Moving', images: [{ alt: 'Two dots', gif: true }] }], settings: base },
        see: ([post]) => {
          expect(post!.raw).toMatchObject({ media_source: { source_type: 'image_url' } })
          expect(post!.media[0]!.mime).toBe('image/gif')
        },
      },
      {
        name: 'a carousel with words for its pictures and one alt text for all',
        content: pin(
          'Three',
          { boardId: bread, slides: [{ title: 'Mix' }, {}, { link, description: 'Bake' }] },
          spaces(3),
        ),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            alt_text: '1: picture 0. 2: picture 1. 3: picture 2.',
            media_source: {
              source_type: 'multiple_image_base64',
              items: [{ title: 'Mix' }, {}, { link, description: 'Bake' }],
            },
          }),
      },
      {
        name: 'a film with a frame of it as cover',
        content: film('Kneading', { coverAtSeconds: 3 }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({ media_source: { source_type: 'video_id', cover_image_key_frame_time: 3 } }),
      },
      {
        name: 'a film with a cover of its own',
        content: { ...film('Covered', { coverId: 'cover' }), attachments: { cover: { kind: 'image', ...image } } },
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            media_source: { cover_image_content_type: expect.stringMatching(/^image/) },
          }),
      },
    ],
    edges: [
      {
        name: 'a title',
        at: pin('a', { boardId: bread, title: textOf(100) }),
        above: pin('a', { boardId: bread, title: textOf(101) }),
        kind: 'refused-content',
      },
      {
        name: 'alt text',
        at: pin('a', base, [{ ...image, alt: textOf(500) }]),
        above: pin('a', base, [{ ...image, alt: textOf(501) }]),
        kind: 'refused-content',
      },
      {
        name: 'the alt texts of a carousel together',
        at: pin('a', base, [
          { ...image, alt: textOf(246) },
          { ...image, alt: textOf(245) },
        ]),
        above: pin('a', base, [
          { ...image, alt: textOf(246) },
          { ...image, alt: textOf(247) },
        ]),
        kind: 'refused-content',
      },
      {
        name: 'alt text of a film',
        at: film('a', {}, { alt: textOf(500) }),
        above: film('a', {}, { alt: textOf(501) }),
        kind: 'refused-content',
      },
      {
        name: 'a link',
        at: pin('a', { boardId: bread, link: `https://example.com/${textOf(2048 - 20)}` }),
        above: pin('a', { boardId: bread, link: `https://example.com/${textOf(2049 - 20)}` }),
        kind: 'refused-content',
      },
      {
        name: 'a link that is https',
        at: pin('a', { boardId: bread, link: 'https://example.com' }),
        above: pin('a', { boardId: bread, link: 'http://example.com' }),
        kind: 'refused-content',
      },
      {
        name: 'a title of a carousel picture',
        at: pin('a', { boardId: bread, slides: [{ title: textOf(100) }] }, spaces(2)),
        above: pin('a', { boardId: bread, slides: [{ title: textOf(101) }] }, spaces(2)),
        kind: 'refused-content',
      },
      {
        name: 'a picture’s bytes',
        at: pin('big', base, [{ ...image, bytes: 20_000_000 } as typeof image]),
        above: pin('big', base, [{ ...image, bytes: 20_000_001 } as typeof image]),
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'one size for all pictures of a carousel',
        at: pin('a', base, [image, image]),
        above: pin('a', base, [image, { ...image, height: 601 }]),
        kind: 'refused-media',
      },
      {
        name: 'the shortest film',
        at: film('a', {}, { ms: 4000 }),
        above: film('a', {}, { ms: 3960 }),
        kind: 'refused-media',
      },
      {
        name: 'the longest film',
        at: film('a', {}, { ms: 900_000 }),
        above: film('a', {}, { ms: 900_040 }),
        kind: 'refused-media',
      },
      {
        name: 'the tallest film',
        at: film('a', {}, { width: 500, height: 1000 }),
        above: film('a', {}, { width: 499, height: 1000 }),
        kind: 'refused-media',
      },
      {
        name: 'the widest film',
        at: film('a', {}, { width: 1910, height: 1000 }),
        above: film('a', {}, { width: 1920, height: 1000 }),
        kind: 'refused-media',
      },
      {
        name: 'a board',
        at: pin('a', { boardId: bread }),
        above: pin('a', {}),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'a board that was deleted',
        kind: 'gone',
        code: 'pinterest.board-gone',
        provoke: async (b, c) => {
          b.sandbox.desk.act('pinterest', { do: 'delete-board', board: shop })
          return b.publish(c, pin('Gone', { boardId: shop }))
        },
      },
      {
        name: 'a section of another board',
        kind: 'gone',
        code: 'pinterest.section-gone',
        provoke: (b, c) => b.publish(c, pin('Gone', { boardId: shop, sectionId: feasts })),
      },
      {
        name: 'a secret board, for which nobody gave leave',
        kind: 'gone',
        code: 'pinterest.board-gone',
        provoke: (b, c) => b.publish(c, pin('Secret', { boardId: '549755000000001600' })),
      },
      {
        name: 'an ad-only board',
        kind: 'not-permitted',
        code: 'pinterest.not-permitted',
        provoke: (b, c) => b.publish(c, pin('Ads', { boardId: '549755000000001500' })),
      },
      {
        name: 'an app with Trial access',
        kind: 'not-permitted',
        code: 'pinterest.trial',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('pinterest', { trialApp: 1 })
          return b.publish(c, pin('Trial'))
        },
      },
      {
        name: 'an app that is not enabled',
        kind: 'not-permitted',
        code: 'pinterest.app-not-enabled',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('pinterest', { appEnabled: 0 })
          return b.publish(c, pin('Early'))
        },
      },
      {
        name: 'a link Pinterest blocks',
        kind: 'refused-content',
        code: 'pinterest.blocked-link',
        provoke: (b, c) => b.publish(c, pin('Buy', { boardId: bread, link: 'https://spam.example/x' })),
      },
      {
        name: 'a picture Pinterest cannot fetch',
        kind: 'try-later',
        code: 'pinterest.url-unreachable',
        provoke: async (b, c) => {
          const content = pin('Unreachable', { ...base, delivery: 'link' })
          const view = b.view(c, content)
          view.segments[0]!.media[0]!.url = async () => 'http://127.0.0.1:9/nothing'
          const last = platform.publish.at(-1)!
          // The step alone: the runner would try it three times and then only say that it gave up.
          const t = { ...b.runInput(c, content), ...view, index: 0, prepared: null, done: () => undefined, now: b.now }
          const failure = await last.run(t as never).then(
            () => undefined,
            (error: { failure: never }) => error.failure,
          )
          return {
            state: 'failed',
            failure,
            checkpoints: new Map(),
            prepared: new Map(),
            tries: new Map(),
            looks: new Map(),
          }
        },
      },
      {
        name: 'an answer of 400 that proves nothing and no pin',
        kind: 'unknown-outcome',
        code: 'pinterest.unrecognised',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, pin('Lost thrice'))
        },
      },
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        code: 'pinterest.unauthorized',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, pin('Dead'))
        },
      },
    ],
  },
})
