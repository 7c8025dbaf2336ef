import { expect, test } from 'vitest'
import { type Draft, type DraftMedia, preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'

const picture = (more: Partial<DraftMedia> = {}): DraftMedia => ({
  id: 'm1',
  kind: 'image',
  mime: 'image/jpeg',
  bytes: 1000,
  width: 1000,
  height: 1500,
  durationMs: null,
  alt: 'A loaf',
  ...more,
})
const draft = (media: DraftMedia[], settings: unknown, more: Partial<Draft> = {}): Draft => ({
  segments: [{ text: 'Bread', media }],
  settings,
  channel: { kind: 'profile', facts: {} },
  ...more,
})
const rules = (d: Draft, level?: 'error' | 'warning') =>
  preflight(pure, d)
    .filter((f) => level === undefined || f.level === level)
    .map((f) => f.rule)
const good = { boardId: '1', title: 'Rye' }

test('a pin without a board cannot be scheduled', () => {
  expect(rules(draft([picture()], {}), 'error')).toEqual(['pinterest.board.required'])
  expect(rules(draft([picture()], good))).toEqual([])
})
test('a pin without a picture cannot be either, and a film stands alone', () => {
  expect(rules(draft([], good), 'error')).toEqual(['pinterest.media.required'])
  const film = picture({ id: 'v', kind: 'video', mime: 'video/mp4', width: 720, height: 1280, durationMs: 5000 })
  expect(rules(draft([film, picture()], good), 'error')).toContain('pinterest.media.mix')
})
test('a film of another codec, too short, or above 2 GB is refused; above 1 GB only warned of', () => {
  const film = (more: Partial<DraftMedia>) =>
    draft([picture({ kind: 'video', mime: 'video/mp4', width: 720, height: 1280, durationMs: 5000, ...more })], good)
  expect(rules(film({ facts: { videoCodec: 'vp9' } }))).toEqual(['pinterest.video.codec'])
  expect(rules(film({ durationMs: 3999 }))).toEqual(['pinterest.video.too-short'])
  expect(rules(film({ bytes: 1_000_000_001 }))).toEqual(['pinterest.video.large'])
  expect(rules(film({ bytes: 2_000_000_001 }))).toEqual(['pinterest.video.bytes'])
})
test('what Pinterest has to fetch is said before', () => {
  expect(rules(draft([picture({ mime: 'image/gif' })], good))).toEqual(['pinterest.image.pull'])
  expect(rules(draft([picture()], { ...good, delivery: 'link' }))).toEqual(['pinterest.image.pull'])
})
test('a cover must be a picture and needs a film', () => {
  const film = picture({ kind: 'video', mime: 'video/mp4', width: 720, height: 1280, durationMs: 5000 })
  const settings = { ...good, coverId: 'c' }
  expect(rules(draft([picture()], settings))).toEqual(['pinterest.cover.without-video'])
  expect(rules(draft([film], settings, { attachments: {} }))).toEqual(['pinterest.cover.missing'])
  expect(rules(draft([film], settings, { attachments: { c: picture({ id: 'c' }) } }))).toEqual([])
})
test('shorteners, more words than pictures, and a channel on Pinterest’s sandbox are warned of', () => {
  const settings = { ...good, link: 'https://bit.ly/x', slides: [{ title: 'a' }, { title: 'b' }] }
  const trial = { channel: { kind: 'profile', facts: { trial: true } } }
  expect(rules(draft([picture()], settings, trial), 'warning').sort()).toEqual([
    'pinterest.channel.trial',
    'pinterest.link.shortener',
    'pinterest.slides.count',
  ])
})
