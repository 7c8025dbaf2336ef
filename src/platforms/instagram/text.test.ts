import { describe, expect, test } from 'vitest'
import type { Draft, DraftMedia } from '#kit/facts/preflight.ts'
import { preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { hashtags, links, mentions, sameText, shouts } from './text.ts'

describe('what counts', () => {
  test.each([
    ['#bread #Żurek #2026sale', 3],
    ['#1 is a place, C#sharp and a#b are no tags', 0],
    ['#one#two', 1],
    ['&#39; is an entity', 0],
  ])('hashtags of %s', (source, n) => expect(hashtags(source)).toHaveLength(n))
  test.each([
    ['@marta.bakes and @teo_plants', 2],
    ['mail me: marta@example.com', 0],
  ])('mentions of %s', (source, n) => expect(mentions(source)).toHaveLength(n))
  test.each([
    ['https://example.com/a and www.example.org', 2],
    ['see example.com today', 1],
    ['marta@example.com', 0],
    ['no link. At all', 0],
  ])('links of %s', (source, n) => expect(links(source)).toHaveLength(n))
  test.each([
    ['OPEN TODAY', true],
    ['Open TODAY', false],
    ['🍞 9:00', false],
    ['A', false],
  ])('all in capitals: %s', (source, yes) => expect(shouts(source)).toBe(yes))
  test('white space and composition do not make another text', () => {
    expect(sameText('Żurek\r\n\r\n soup', 'Z\u0307urek\nsoup ')).toBe(true)
    expect(sameText('One', 'Two')).toBe(false)
  })
})

const image: DraftMedia = {
  id: 'i',
  kind: 'image',
  mime: 'image/jpeg',
  bytes: 1,
  width: 1080,
  height: 1080,
  durationMs: null,
  alt: 'x',
}
const film: DraftMedia = {
  ...image,
  id: 'v',
  kind: 'video',
  mime: 'video/mp4',
  width: 720,
  height: 1280,
  durationMs: 9000,
  alt: '',
}
const rules = (o: Partial<Draft> & { text?: string; media?: DraftMedia[] }) =>
  preflight(pure, {
    segments: [{ text: o.text ?? '', media: o.media ?? [image] }],
    settings: o.settings ?? {},
    channel: o.channel ?? { kind: 'profile', facts: {} },
    ...(o.firstComment ? { firstComment: o.firstComment } : {}),
  }).map((f) => `${f.level} ${f.rule}`)

describe('the rules before publishing', () => {
  const placement = 'story'
  test('a good post has none', () => expect(rules({ text: 'Bread #bread' })).toEqual([]))
  test('words alone are refused', () =>
    expect(rules({ text: 'Words', media: [] })).toContain('error instagram.media.required'))
  test.each([
    ['video.bytes', [{ ...film, bytes: 300_000_001 }], {}],
    ['video.bytes', [{ ...film, bytes: 100_000_001 }], { placement }],
    ['video.duration', [{ ...film, durationMs: 900_001 }], {}],
    ['video.duration', [image, { ...film, durationMs: 60_001 }], {}],
    ['video.duration', [{ ...film, durationMs: 60_001 }], { placement }],
    ['video.too-short', [{ ...film, durationMs: 2999 }], {}],
    ['video.frame-rate', [{ ...film, facts: { fps: 61 } }], {}],
    ['video.frame-rate', [{ ...film, facts: { fps: 22 } }], {}],
    ['video.codec', [{ ...film, facts: { videoCodec: 'vp9' } }], {}],
    ['video.too-large', [{ ...film, width: 1921 }], {}],
    ['image.aspect-ratio', [{ ...image, height: 1400 }], {}],
    ['tags.position', [image], { userTags: [{ username: 'a' }] }],
    ['tags.video', [image, film], { userTags: [{ username: 'a', item: 2 }] }],
    ['tags.item', [image], { userTags: [{ username: 'a', item: 2 }] }],
    ['reel.thumb-offset', [film], { thumbOffsetMs: 9000 }],
  ] as const)('%s is an error', (kind, media, settings) =>
    expect(rules({ media: [...media], settings })).toContain(`error instagram.${kind}`),
  )
  test.each([
    ['story.text', { text: 'Words', settings: { placement } }],
    ['story.comment', { firstComment: 'c', settings: { placement } }],
    ['story.settings', { settings: { placement, collaborators: ['a'] } }],
    ['story.shape', { settings: { placement } }],
    ['carousel.shape', { media: [image, film] }],
    ['reel.only', { settings: { trial: 'manual' } }],
    ['image.narrow', { media: [{ ...image, width: 300, height: 300 }] }],
    ['video.alt', { media: [{ ...film, alt: 'words' }] }],
    ['text.hashtags-many', { text: '#a #b #c #d #e #f' }],
  ] as const)('%s is a warning, and no error comes with it', (kind, o) => {
    const found = rules({ ...o, media: 'media' in o ? [...o.media] : undefined })
    expect(found).toContain(`warning instagram.${kind}`)
    expect(found.filter((f) => f.startsWith('error'))).toEqual([])
  })
  test.each([
    ['comment.length', 'a'.repeat(301)],
    ['comment.hashtags', '#a #b #c #d #e'],
    ['comment.links', 'https://a.example https://b.example'],
    ['comment.capitals', 'BUY NOW'],
  ])('%s is an error', (kind, firstComment) => expect(rules({ firstComment })).toContain(`error instagram.${kind}`))
  test('without the permission to comment the comment is refused before anything is out', () => {
    const channel = { kind: 'profile', facts: { mayComment: false } }
    expect(rules({ channel, firstComment: 'Hello' })).toContain('error instagram.comment.permission')
    expect(rules({ channel, settings: { comments: false } })).toContain('error instagram.comment.permission')
    expect(rules({ channel })).toEqual([])
  })
  test('a tall picture is for stories', () => {
    const tall = { ...image, height: 1920 }
    expect(rules({ media: [tall], settings: { placement } })).toEqual([])
    expect(rules({ media: [tall] })).toContain('error instagram.image.aspect-ratio')
  })
})
