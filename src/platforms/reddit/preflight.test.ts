import { describe, expect, test } from 'vitest'
import { type Draft, type DraftMedia, preflight } from '#kit/facts/preflight.ts'
import { pure } from './preflight.ts'
import { community } from './spec.ts'

const media = (kind: 'image' | 'video', id = 'm'): DraftMedia => ({
  id,
  kind,
  mime: kind === 'image' ? 'image/png' : 'video/mp4',
  bytes: 1000,
  width: 400,
  height: 300,
  durationMs: kind === 'video' ? 5000 : null,
  alt: '',
})
const base = { subreddit: 'bread', title: 'A year of rye' }
const draft = (settings: object = base, o: { text?: string; media?: DraftMedia[]; facts?: object } = {}): Draft => ({
  segments: [{ text: o.text ?? 'Words', media: o.media ?? [] }],
  settings,
  channel: { kind: 'profile', facts: { ...o.facts } },
})
const kinds = (d: Draft, level: 'error' | 'warning' = 'error') =>
  preflight(pure, d)
    .filter((f) => f.level === level)
    .map((f) => f.kind)
const asks = (more: object) => community.parse({ name: 'bread', at: 1, ...more })
const under = (more: object, settings: object = {}, o = {}) =>
  kinds(draft({ ...base, community: asks(more), ...settings }, o))

describe('what every post needs', () => {
  test('a community and a title; a title alone is a post', () => {
    expect(kinds(draft({}))).toEqual(['subreddit.required', 'title.required'])
    expect(kinds(draft(base, { text: '' }))).toEqual([])
    expect(kinds(draft({ ...base, link: 'https://example.com' }, { text: '' }))).toEqual([])
  })
  test('one thing only: media, a poll or a link', () => {
    const poll = { options: ['a', 'b'], days: 3 }
    expect(kinds(draft({ ...base, poll, link: 'https://example.com' }))).toEqual(['kind.conflict'])
    expect(kinds(draft({ ...base, poll }, { media: [media('image')] }))).toEqual(['kind.conflict'])
    expect(kinds(draft({ ...base, link: 'https://example.com' }, { media: [media('image')] }))).toEqual([
      'kind.conflict',
    ])
  })
  test('a poster for a video', () => {
    expect(kinds(draft(base, { media: [media('video')] }))).toEqual(['video.poster'])
    const covered = {
      ...draft({ ...base, posterId: 'p' }, { media: [media('video')] }),
      attachments: { p: media('image', 'p') },
    }
    expect(kinds(covered)).toEqual([])
    expect(kinds({ ...covered, attachments: {} })).toEqual(['video.poster-missing'])
  })
  test('a first comment within its limit', () => {
    expect(kinds({ ...draft(), firstComment: 'a'.repeat(10_000) })).toEqual([])
    expect(kinds({ ...draft(), firstComment: 'a'.repeat(10_001) })).toEqual(['comment.length'])
  })
  test('an account in good standing', () => {
    expect(kinds(draft(base, { facts: { suspended: true } }))).toEqual(['account.suspended'])
    const young = draft(base, { facts: { karma: 3, verifiedEmail: false } })
    expect(kinds(young, 'warning')).toEqual(expect.arrayContaining(['account.karma', 'account.email']))
  })
})

describe('the rules of the community', () => {
  test('of another community are not believed, and unknown ones are said to be', () => {
    const other = { ...base, community: { ...asks({ banned: true }), name: 'cake' } }
    expect(kinds(draft(other))).toEqual([])
    expect(kinds(draft(other), 'warning')).toContain('community.unknown')
    expect(kinds(draft({ ...base, subreddit: 'BREAD', community: asks({ banned: true }) }))).toEqual([
      'community.banned',
    ])
  })
  test('kinds of posts', () => {
    expect(under({ takes: 'link' })).toEqual(['community.kind'])
    expect(under({ takes: 'self' }, { link: 'https://example.com' })).toEqual(['community.kind'])
    expect(under({ takes: 'self' })).toEqual([])
    expect(under({ images: false }, {}, { media: [media('image')] })).toEqual(['community.kind'])
    expect(under({ galleries: false }, {}, { media: [media('image')] })).toEqual([])
    expect(under({ galleries: false }, {}, { media: [media('image'), media('image')] })).toEqual(['community.kind'])
    expect(under({ polls: false }, { poll: { options: ['a', 'b'] } })).toEqual(['community.kind'])
  })
  test('flair', () => {
    expect(under({ flairRequired: true })).toEqual(['community.flair'])
    expect(under({ flairRequired: true }, { flairId: 'x' })).toEqual([])
  })
  test('titles at, below and above their edges', () => {
    const t = (title: string) =>
      under({ titleMin: 3, titleMax: 5, titleNeeds: ['a', 'ß'], titleBans: ['XX'] }, { title })
    expect(t('abc')).toEqual([])
    expect(t('abcde')).toEqual([])
    expect(t('ab')).toEqual(['community.title-short'])
    expect(t('abcdef')).toEqual(['community.title-long'])
    expect(t('bcd')).toEqual(['community.title-needs'])
    expect(t('axxb')).toEqual(['community.title-bans'])
  })
  test('bodies', () => {
    expect(under({ bodyPolicy: 'required' }, {}, { text: '' })).toEqual(['community.body-required'])
    expect(under({ bodyPolicy: 'notAllowed' })).toEqual(['community.body-not-allowed'])
    expect(under({ bodyMin: 6 })).toEqual(['community.body-short'])
    expect(under({ bodyMin: 5, bodyMax: 5 })).toEqual([])
    expect(under({ bodyMax: 4 })).toEqual(['community.body-long'])
    expect(under({ bodyBans: ['ORD'] })).toEqual(['community.body-bans'])
    expect(under({ bodyMin: 6 }, {}, { text: '' })).toEqual([])
  })
  test('domains', () => {
    const l = (links: string, link: string) => under({ links, domains: ['example.com'] }, { link })
    expect(l('whitelist', 'https://www.example.com/x')).toEqual([])
    expect(l('whitelist', 'https://other.example')).toEqual(['community.domain'])
    expect(l('blacklist', 'https://blog.example.com/')).toEqual(['community.domain'])
    expect(l('blacklist', 'https://other.example')).toEqual([])
    expect(l('none', 'https://other.example')).toEqual([])
  })
  test('galleries', () => {
    const g = (n: number, settings = {}) =>
      under({ galleryMin: 3, galleryMax: 4, captionsRequired: true }, settings, {
        media: Array.from({ length: n }, (_, i) => media('image', `m${i}`)),
      })
    expect(g(3, { slides: [{ caption: 'a' }, { caption: 'b' }, { caption: 'c' }] })).toEqual([])
    expect(g(2)).toEqual(['community.gallery', 'community.captions'])
    expect(g(5)).toEqual(['community.gallery', 'community.captions'])
  })
})
