import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { OptionList, PreviewMedia, PreviewProps, SettingsProps } from '#kit/web/slots.ts'
import { community, spec } from '../spec.ts'
import { Preview } from './preview.tsx'
import { Settings } from './settings.tsx'
import { words } from './words.ts'

const media = (kind: 'image' | 'video', id = 'm'): PreviewMedia => ({
  id,
  kind,
  url: `/media/${id}`,
  posterUrl: null,
  durationMs: kind === 'video' ? 65_000 : null,
  name: id,
  alt: 'A loaf',
  width: 1200,
  height: 900,
})
const list = (items: OptionList['items']): OptionList => ({ items, state: 'ready', error: null, reload: () => {} })
const say = (key: string, params?: Record<string, string | number>) =>
  ((words.en as Record<string, string>)[key] ?? key).replace(/\{\{(\w+)\}\}/g, (_, p) => String(params?.[p] ?? ''))

const asks = (more: object = {}) => community.parse({ name: 'bread', at: 1, ...more })
const lists: Record<string, OptionList['items']> = {
  subreddits: [{ value: 'bread', label: 'r/bread' }],
  flairs: [
    { value: 'f1', label: 'Recipe', data: { editable: false } },
    { value: 'f2', label: 'Mine', data: { editable: true } },
  ],
  rules: [{ value: '1', label: 'Be kind', hint: 'We were all beginners.' }],
}

const settings = (
  value: Record<string, unknown>,
  files: PreviewMedia[] = [],
  o: { facts?: Record<string, unknown>; say?: SettingsProps['say']; lists?: typeof lists } = {},
) =>
  renderToStaticMarkup(
    <Settings
      value={value}
      onChange={() => {}}
      disabled={false}
      channel={{ id: 'c', kind: 'profile', name: 'n', handle: 'h', facts: o.facts ?? {} }}
      segments={[{ text: 't', media: files }]}
      say={o.say ?? say}
      useOptions={(name) => (name ? list((o.lists ?? lists)[name] ?? []) : { ...list([]), state: 'idle' })}
      MediaPicker={({ label }) => <p>{label}</p>}
    />,
  )

describe('the settings', () => {
  test('ask for a community and a title before anything else', () => {
    const empty = settings({})
    expect(empty).toContain(words.en['subreddit.required'])
    expect(empty).toContain(words.en['title.required'])
    expect(empty).not.toContain('Be kind')
    const full = settings({ subreddit: 'bread', title: 'Rye' })
    expect(full).not.toContain(words.en['subreddit.required'])
    expect(full).not.toContain(words.en['title.required'])
  })
  test('show the rules of the community, and that a flair is wanted', () => {
    const html = settings({
      subreddit: 'bread',
      community: asks({ flairRequired: true, titleMin: 5, titleBans: ['urgent'] }),
    })
    for (const part of ['Be kind', 'We were all beginners.', words.en['flairId.required'], 'urgent', '5 to ∞'])
      expect(html).toContain(part)
    expect(settings({ subreddit: 'bread', flairId: 'f1', community: asks({ flairRequired: true }) })).not.toContain(
      words.en['flairId.required'],
    )
    expect(settings({ subreddit: 'cake', community: asks({ banned: true }) })).not.toContain(words.en['asks.banned'])
  })
  test('let people write on a flair that can be written on only', () => {
    expect(settings({ subreddit: 'bread', flairId: 'f1' })).not.toContain(words.en.flairText)
    expect(settings({ subreddit: 'bread', flairId: 'f2' })).toContain(words.en.flairText)
    const none = { ...lists, flairs: [] }
    expect(settings({ subreddit: 'bread' }, [], { lists: none })).not.toContain(words.en['flairId.none'])
    expect(settings({ subreddit: 'bread', community: asks({ flairRequired: true }) }, [], { lists: none })).toContain(
      words.en['flairId.empty'],
    )
  })
  test('offer link and poll for text, captions for galleries, a poster for films', () => {
    const text = settings({})
    for (const part of [words.en.link, words.en['poll.on']]) expect(text).toContain(part)
    expect(settings({ poll: { options: ['a', 'b'], days: 3 } })).toContain('Answer 3')
    expect(settings({ link: 'https://example.com' })).toContain(words.en.resubmit)
    const gallery = settings({}, [media('image', 'a'), media('image', 'b')])
    expect(gallery).toContain('Caption 2')
    expect(gallery).not.toContain(words.en['poll.on'])
    expect(settings({}, [media('video')])).toContain(words.en.posterId)
    expect(settings({}, [media('image')])).not.toContain(words.en.posterId)
    expect(settings({ link: 'https://example.com' }, [media('image')])).toContain(words.en['link.conflict'])
  })
  test('say that an account is suspended', () => {
    expect(settings({}, [], { facts: { suspended: true } })).toContain('suspended')
  })
  test('have every word in both languages, and so have rules and credentials', () => {
    const missing: string[] = []
    const spy = (key: string) => {
      if (!(key in words.en) || !(key in words.pl)) missing.push(key)
      return key
    }
    const values = [
      {},
      { subreddit: 'bread', flairId: 'f2', link: 'https://x.example', poll: { options: [], days: 3 } },
      {
        subreddit: 'bread',
        community: asks({
          closed: true,
          takes: 'self',
          flairRequired: true,
          titleMin: 1,
          titleNeeds: ['a'],
          titleBans: ['b'],
          bodyPolicy: 'required',
          bodyMax: 5,
          links: 'whitelist',
          patterns: true,
          over18: true,
        }),
      },
      {
        subreddit: 'bread',
        community: asks({ banned: true, takes: 'link', bodyPolicy: 'notAllowed', links: 'blacklist' }),
      },
    ]
    for (const files of [[media('image', 'a'), media('image', 'b')], [media('video')], []])
      for (const value of values)
        for (const known of [lists, {}]) settings(value, files, { facts: { suspended: true }, say: spy, lists: known })
    expect(missing).toEqual([])
    const pl: Record<string, string> = words.pl
    for (const key of Object.keys(pl).filter((k) => k.startsWith('preflight.') && !k.endsWith('.fix')))
      expect(pl).toHaveProperty([`${key}.fix`])
    expect(Object.keys(words.en).filter((k) => !(k in pl))).toEqual([])
    for (const f of spec.credentials)
      for (const end of ['', '.help']) expect(pl[`connect.${f.name}${end}`]).toBeTruthy()
  })
})

describe('the preview', () => {
  const preview = (files: PreviewMedia[], value: Record<string, unknown> = {}, more: Partial<PreviewProps> = {}) =>
    renderToStaticMarkup(
      <Preview
        segments={[{ text: 'Baked at night', media: files }]}
        channel={{ name: 'rose', handle: 'rose', avatarUrl: null }}
        settings={{ subreddit: 'bread', title: 'A year of rye', ...value }}
        attachments={{}}
        say={say}
        at="2026-11-22T12:00:00Z"
        {...more}
      />,
    )
  test('is a post in its community: who, title, marks, text, comment', () => {
    const html = preview([], { nsfw: true, spoiler: true, flairText: 'Rye 100%' }, { firstComment: 'Recipe' })
    for (const part of [
      'r/bread',
      'u/rose',
      'A year of rye',
      'NSFW',
      'Spoiler',
      'Rye 100%',
      'Baked at night',
      'Recipe',
    ])
      expect(html).toContain(part)
    expect(preview([], { subreddit: 'u_rose' })).toContain('u/rose')
    const empty = preview([], { subreddit: undefined, title: undefined })
    expect(empty).toContain(words.en['preview.noPlace'])
    expect(empty).toContain(words.en['preview.noTitle'])
  })
  test('shows each kind as what it is', () => {
    expect(preview([media('image')])).toContain('alt="A loaf"')
    const gallery = preview([media('image', 'a'), media('image', 'b')], {
      slides: [{ caption: 'Mix', link: 'https://example.com/x' }],
    })
    for (const part of ['1/2', '2/2', 'Mix', 'example.com']) expect(gallery).toContain(part)
    const film = preview([media('video')], { posterId: 'p' }, { attachments: { p: media('image', 'p') } })
    expect(film).toContain('/media/p')
    expect(film).toContain('1:05')
    expect(preview([], { link: 'https://www.example.com/y' })).toContain('example.com')
    const poll = preview([], { poll: { options: ['Rye', 'Wheat'], days: 2 } })
    for (const part of ['Rye', 'Wheat', 'closes in 2 d']) expect(poll).toContain(part)
  })
  test('half-typed settings break nothing', () => {
    expect(preview([], { link: 'https://', poll: { options: null } })).toContain('Baked at night')
    expect(preview([], { poll: 'no', slides: 5 })).toContain('Baked at night')
  })
})
