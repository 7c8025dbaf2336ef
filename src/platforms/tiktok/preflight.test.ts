import { describe, expect, test } from 'vitest'
import { type Draft, type DraftMedia, preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { captionKey } from './text.ts'

const clip: DraftMedia = {
  id: 'm1',
  kind: 'video',
  mime: 'video/mp4',
  bytes: 1_000_000,
  width: 720,
  height: 1280,
  durationMs: 10_000,
  alt: '',
  facts: { fps: 30, videoCodec: 'avc' },
}
const still: DraftMedia = { ...clip, id: 'm2', kind: 'image', mime: 'image/jpeg', durationMs: null, facts: {} }
const facts = {
  canDirect: true,
  canInbox: true,
  audited: true,
  privacyOptions: ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
  maxVideoSec: 300,
}
const good = { privacy: 'PUBLIC_TO_EVERYONE', musicConsent: true }
const rules = (
  settings: Record<string, unknown>,
  o: { media?: DraftMedia[]; facts?: Record<string, unknown>; text?: string } = {},
) => {
  const draft: Draft = {
    segments: [{ text: o.text ?? 'words', media: o.media ?? [clip] }],
    settings,
    channel: { kind: 'profile', facts: { ...facts, ...o.facts } },
  }
  return preflight(pure, draft).map((f) => `${f.level} ${f.rule.replace('tiktok.', '')}`)
}

describe('compliance', () => {
  test('the AI label is promised for videos, not for photos', () => {
    const ai = { ...good, aiGenerated: true }
    expect(rules(ai)).toEqual([])
    expect(rules(ai, { media: [still] })).toEqual(['warning ai.photos'])
    expect(rules(good, { media: [still] })).toEqual([])
  })
  test('nothing goes out by default: privacy and agreement are missing', () => {
    expect(rules({})).toEqual(['error settings.privacy', 'error settings.musicConsent'])
    expect(rules(good)).toEqual([])
  })
  test('a draft needs neither, but its caption is lost', () => {
    expect(rules({ mode: 'inbox' })).toEqual(['warning draft.caption'])
    expect(rules({ mode: 'inbox' }, { text: '' })).toEqual([])
    expect(rules({ mode: 'inbox' }, { media: [still] })).toEqual([])
  })
  test('disclosure needs a brand, a brand needs the disclosure, and branded content is never private', () => {
    expect(rules({ ...good, disclose: true })).toEqual(['error disclosure.choose'])
    expect(rules({ ...good, yourBrand: true })).toEqual(['error disclosure.off'])
    expect(rules({ ...good, disclose: true, yourBrand: true, privacy: 'SELF_ONLY' })).toEqual([])
    expect(rules({ ...good, disclose: true, brandedContent: true, privacy: 'SELF_ONLY' })).toEqual([
      'error disclosure.private',
    ])
  })
  test('an unaudited app is warned of everything but private posts', () => {
    expect(rules(good, { facts: { audited: false } })).toEqual(['warning privacy.unaudited'])
    expect(rules({ ...good, privacy: 'SELF_ONLY' }, { facts: { audited: false } })).toEqual([])
  })
})

describe('what the account says', () => {
  test('only privacy it offers', () => {
    expect(rules({ ...good, privacy: 'FOLLOWER_OF_CREATOR' })).toEqual(['error privacy.not-offered'])
    expect(rules({ ...good, privacy: 'FOLLOWER_OF_CREATOR' }, { facts: { privacyOptions: null } })).toEqual([])
  })
  test('its own longest video, never longer than TikTok takes', () => {
    expect(rules(good, { media: [{ ...clip, durationMs: 300_000 }] })).toEqual([])
    expect(rules(good, { media: [{ ...clip, durationMs: 300_001 }] })).toEqual(['error video.duration'])
    expect(rules(good, { media: [{ ...clip, durationMs: 600_001 }], facts: { maxVideoSec: 3600 } })).toEqual([
      'error video.duration',
    ])
  })
  test('what is switched off; duet and stitch only for videos', () => {
    const on = { ...good, allowComment: true, allowDuet: true, allowStitch: true }
    const off = { commentDisabled: false, duetDisabled: true, stitchDisabled: true }
    expect(rules(on, { facts: off })).toEqual(['warning interaction.off'])
    expect(rules(on, { facts: off, media: [still] })).toEqual([])
  })
  test('a cap warns, a ban refuses', () => {
    const cannotPost = 'No more today.'
    expect(rules(good, { facts: { cannotPost, cannotPostCode: 'tiktok.daily-cap' } })).toEqual([
      'warning account.standstill',
    ])
    expect(rules(good, { facts: { cannotPost, cannotPostCode: 'tiktok.banned' } })).toEqual([
      'error account.standstill',
    ])
  })
  test('ways that are closed', () => {
    expect(rules(good, { facts: { canDirect: false } })).toContain('error mode.direct')
    expect(rules({ mode: 'inbox' }, { text: '', facts: { canInbox: false } })).toEqual(['error mode.inbox'])
  })
})

describe('media', () => {
  const sizes = (change: Partial<DraftMedia>) => rules(good, { media: [{ ...clip, ...change }] })
  test('a post needs media, and a video stands alone', () => {
    expect(rules(good, { media: [] })).toContain('error media.required')
    expect(rules(good, { media: [clip, still] })).toContain('error media.mix')
    expect(rules(good, { media: [clip, { ...clip, id: 'm3' }] })).toContain('error video.count')
  })
  test('bytes, type, codec, frame rate', () => {
    expect(sizes({ bytes: 4_000_000_000 })).toEqual([])
    expect(sizes({ bytes: 4_000_000_001 })).toEqual(['error video.bytes'])
    expect(sizes({ mime: 'video/webm', facts: { videoCodec: 'vp9', fps: 23 } })).toEqual([])
    expect(sizes({ mime: 'video/x-matroska' })).toEqual(['error video.type'])
    expect(sizes({ facts: { videoCodec: 'av1', fps: 30 } })).toEqual(['error video.codec'])
    expect(sizes({ facts: { videoCodec: 'hevc', fps: 60 } })).toEqual([])
    expect(sizes({ facts: { fps: 61 } })).toEqual(['error video.frame-rate'])
    expect(sizes({ facts: { fps: 22 } })).toEqual(['error video.frame-rate'])
  })
  test('the text of photos is longer than that of a video', () => {
    expect(rules(good, { text: 'a'.repeat(2201) })).toEqual(['error text.length'])
    expect(rules(good, { text: 'a'.repeat(4000), media: [still] })).toEqual([])
    expect(rules(good, { text: 'a'.repeat(4001), media: [still] })).toEqual(['error text.length'])
    // UTF-16: an emoji outside the first plane counts two.
    expect(rules(good, { text: '🥐'.repeat(1100) })).toEqual([])
    expect(rules(good, { text: '🥐'.repeat(1101) })).toEqual(['error text.length'])
  })
  test('a cover that is not there', () => {
    expect(rules({ ...good, coverIndex: 1 }, { media: [still] })).toEqual(['error cover.index'])
    expect(rules({ ...good, coverMs: 10_001 })).toEqual(['warning cover.after-end'])
    expect(rules({ ...good, coverMs: 10_000 })).toEqual([])
  })
})

test('captions are compared without their white space', () => {
  expect(captionKey('  a \n\n b\u0301 ')).toBe('a b\u0301'.normalize('NFC'))
})
