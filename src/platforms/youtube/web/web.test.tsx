import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { OptionList, PreviewMedia, PreviewProps, SettingsProps } from '#kit/web/slots.ts'
import { pure } from '../preflight.ts'
import { settings } from '../spec.ts'
import { Preview } from './preview.tsx'
import { Settings } from './settings.tsx'
import { words } from './words.ts'

/** Every word asked for must be written in both languages. */
const asked = new Set<string>()
const say: SettingsProps['say'] = (key, params) => {
  asked.add(key)
  const text = (words.en as Record<string, string>)[key] ?? `MISSING ${key}`
  return Object.entries(params ?? {}).reduce((t, [k, v]) => t.replace(`{{${k}}}`, String(v)), text)
}
const missing = (language: 'en' | 'pl') => [...asked].filter((key) => !(key in words[language]))

const list = (o: Partial<OptionList>): OptionList => ({
  items: [],
  state: 'ready',
  error: null,
  reload: () => {},
  ...o,
})
const form = (value: Record<string, unknown>, lists: OptionList, facts: Record<string, unknown> = {}) =>
  renderToStaticMarkup(
    <Settings
      value={value}
      onChange={() => {}}
      disabled={false}
      channel={{ id: 'c', kind: 'channel', name: 'Marta', handle: '@marta', facts }}
      segments={[]}
      say={say}
      useOptions={() => lists}
      MediaPicker={({ label }) => <span>{label}</span>}
    />,
  )

const video: PreviewMedia = {
  id: 'v',
  kind: 'video',
  url: '/v',
  posterUrl: '/poster',
  durationMs: 65_000,
  name: 'v.mp4',
  alt: '',
  width: 1280,
  height: 720,
}
const look = (o: Partial<PreviewProps>) =>
  renderToStaticMarkup(
    <Preview
      segments={[{ text: 'See https://example.com', media: [video] }]}
      channel={{ name: 'Marta', handle: '@marta', avatarUrl: null }}
      settings={{}}
      attachments={{}}
      say={say}
      at="2026-11-22T12:00:00Z"
      {...o}
    />,
  )

describe('the settings', () => {
  test('title and made for kids ask for an answer until there is one', () => {
    const empty = form({}, list({}))
    expect(empty).toContain(words.en['title.error'])
    expect(empty).toContain(words.en['madeForKids.error'])
    // No choice is made for the person.
    const radios = empty.match(/<input[^>]*youtube-kids[^>]*>/g)!
    expect(radios).toHaveLength(2)
    for (const radio of radios) expect(radio).not.toContain('checked')
    const full = form({ title: 'A', madeForKids: false }, list({}))
    expect(full).not.toContain(words.en['title.error'])
    expect(full).not.toContain(words.en['madeForKids.error'])
  })
  test('a time for YouTube is offered to private videos only', () => {
    expect(form({}, list({}))).not.toContain('datetime-local')
    expect(form({ privacy: 'private' }, list({}))).toContain('datetime-local')
  })
  test('a chosen playlist that is not in the list can still be taken away', () => {
    expect(form({ playlists: ['PLgone'] }, list({ items: [{ value: 'PL1', label: 'One' }] }))).toContain('PLgone')
  })
  test('a channel that may not set thumbnails is told before', () => {
    const facts = { longUploads: 'eligible' }
    expect(form({ thumbnail: 'm' }, list({}), facts)).toContain(words.en['thumbnail.unproved'])
  })
  test('loading and failing lists say so', () => {
    expect(form({}, list({ state: 'loading' }))).toContain(words.en.loading)
    expect(form({}, list({ state: 'error', error: 'Not now.' }))).toContain('Not now.')
    form({ captions: { language: 'en', text: '1' } }, list({}))
  })
})

describe('the preview', () => {
  test('a wide video is a watch page, an upright one a Short', () => {
    expect(look({ settings: { title: 'A loaf' } })).toContain('A loaf')
    expect(look({})).toContain('1:05')
    expect(look({ segments: [{ text: '', media: [{ ...video, width: 720, height: 1280 }] }] })).toContain('Shorts')
    expect(look({ segments: [] })).toContain(words.en['preview.untitled'])
  })
  test('the thumbnail of the settings comes before the poster', () => {
    const attachments = { m: { ...video, id: 'm', kind: 'image' as const, url: '/mine' } }
    const html = look({ settings: { thumbnail: 'm' }, attachments })
    expect(html).toContain('/mine')
    expect(html).not.toContain('/poster')
  })
  test('labels and the first comment are shown', () => {
    const html = look({
      firstComment: 'First!',
      settings: {
        privacy: 'private',
        publishAt: '2030-01-01T00:00:00Z',
        madeForKids: true,
        paidPromotion: true,
        syntheticMedia: true,
      },
    })
    for (const word of ['First!', words.en['preview.scheduled'], words.en['preview.kids'], words.en['preview.paid']])
      expect(html).toContain(word)
    look({ settings: { privacy: 'unlisted' } })
    look({ settings: { privacy: 'private' } })
  })
})

describe('the words', () => {
  test('everything asked for above is there in both languages', () => {
    expect(asked.size).toBeGreaterThan(40)
    expect(missing('en')).toEqual([])
    expect(missing('pl')).toEqual([])
  })
  test('every setting has a name, and every rule of our own a Polish sentence and remedy', () => {
    for (const field of Object.keys(settings.shape)) expect(words.pl).toHaveProperty([field])
    const media = [{ ...video, mime: 'video/mp4', bytes: 1 }]
    const small = { ...video, id: 't', kind: 'image' as const, mime: 'image/png', bytes: 1, width: 100, height: 200 }
    const draft = (s: Record<string, unknown>, comment = 'x') => ({
      segments: [{ text: '<', media }],
      firstComment: comment,
      settings: s,
      attachments: { t: small, v: { ...small, kind: 'video' as const } },
      channel: { kind: 'channel', facts: {} },
    })
    const found = [
      {},
      { title: 'a', madeForKids: true, privacy: 'private', thumbnail: 't', tags: ['a'.repeat(501)] },
      { title: 'a', madeForKids: false, publishAt: '2030-01-01T00:00:00Z', thumbnail: 'v' },
    ].flatMap((s) => pure.check(draft(s, 'x'.repeat(10_001))))
    const kinds = [...new Set(found.map((f) => f.kind))]
    expect(kinds).toHaveLength(11)
    for (const kind of kinds)
      for (const key of [`preflight.${kind}`, `preflight.${kind}.fix`]) expect(words.pl).toHaveProperty([key])
  })
})
