import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { PreviewMedia, PreviewProps, SettingsProps } from '#kit/web/slots.ts'
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

const image: PreviewMedia = {
  id: 'i',
  kind: 'image',
  url: '/i.jpg',
  posterUrl: null,
  durationMs: null,
  name: 'i.jpg',
  alt: 'A loaf',
  width: 1080,
  height: 1350,
}
const video: PreviewMedia = { ...image, id: 'v', kind: 'video', posterUrl: '/poster', durationMs: 65_000, alt: '' }

const look = (o: Partial<PreviewProps>) =>
  renderToStaticMarkup(
    <Preview
      segments={[{ text: 'See https://example.com/menu', media: [] }]}
      channel={{ name: 'Marta', handle: '@marta', avatarUrl: null }}
      settings={{}}
      attachments={{}}
      say={say}
      at="2026-11-22T12:00:00Z"
      {...o}
    />,
  )
const form = (value: Record<string, unknown>, media: PreviewMedia[] = []) =>
  renderToStaticMarkup(
    <Settings
      value={value}
      onChange={() => {}}
      disabled={false}
      channel={{ id: 'c', kind: 'profile', name: 'Marta', handle: 'marta', facts: {} }}
      segments={[{ text: 'a', media }]}
      say={say}
      useOptions={() => ({ items: [], state: 'idle', error: null, reload: () => {} })}
      MediaPicker={({ label }) => <span>{label}</span>}
    />,
  )

describe('the preview looks like Threads', () => {
  test('a text with a link has its card, unless something else is attached', () => {
    expect(look({})).toContain('example.com/menu</span></p>')
    expect(look({ settings: { poll: ['Rye', 'Wheat'] } })).toContain('Rye')
    expect(look({ settings: { poll: ['Rye', 'Wheat'] } })).not.toContain('truncate font-semibold">example.com/menu')
    expect(look({ settings: { link: 'https://other.example/x' } })).toContain('other.example')
  })
  test('hidden words stand under bars, hidden pictures behind a veil', () => {
    const html = look({
      segments: [{ text: 'The murderer is Bob', media: [image] }],
      settings: { spoilers: ['Bob'], spoilerMedia: true },
    })
    expect(html).toMatch(/<span title="Spoiler"[^>]*>Bob<\/span>/)
    expect(html).toContain('blur-2xl')
  })
  test('a thread is joined, its settings are on the first post, the comment is at its end', () => {
    const html = look({
      segments: [
        { text: 'One', media: [] },
        { text: 'Two', media: [image, video] },
      ],
      settings: {
        topicTag: 'Bread',
        replyControl: 'followers_only',
        longText: 'Long',
        gifId: 'abcde',
        quotePostId: '1',
        replyApprovals: true,
        countries: ['PL'],
      },
      firstComment: 'Three',
    })
    expect(html.match(/› Bread/g)).toHaveLength(1)
    expect(html).toContain('Your followers can reply')
    expect(html.indexOf('Three')).toBeGreaterThan(html.indexOf('Two'))
    expect(html).toContain('/poster')
  })
  test('a ghost says that it goes away', () => expect(look({ settings: { ghost: true } })).toContain('24 hours'))
})

describe('the settings', () => {
  test('a text takes attachments, media do not', () => {
    expect(form({})).toContain(words.en.link)
    const withMedia = form({}, [image])
    expect(withMedia).not.toContain(words.en['link.help'])
    expect(withMedia).toContain(words.en.spoilerMedia)
    expect(withMedia).toContain(words.en.textOnly)
  })
  test('a ghost leaves hidden words only', () => {
    const html = form({ ghost: true })
    expect(html).toContain(words.en.spoilers)
    expect(html).not.toContain(words.en.replyControl)
    expect(html).not.toContain(words.en.topicTag)
  })
  test('a topic that must be there is a choice once there is one', () => {
    expect(form({})).not.toContain(words.en.topicRequired)
    expect(form({ topicTag: 'Bread' })).toContain(words.en.topicRequired)
  })
  test('the schema takes what the form writes, and nothing by default', () => {
    expect(settings.parse({})).toEqual({
      replyControl: 'everyone',
      replyApprovals: false,
      topicRequired: false,
      spoilers: [],
      spoilerMedia: false,
      ghost: false,
      countries: [],
    })
    expect(settings.safeParse({ poll: ['a', ''] }).success).toBe(false)
  })
})

test('every word is written in both languages, rules and credentials too', () => {
  expect(missing('en')).toEqual([])
  expect(missing('pl')).toEqual([])
  const own = (w: Record<string, string>) => Object.keys(w).filter((k) => !/^(preflight|connect|quota)\./.test(k))
  expect(own(words.pl).sort()).toEqual(own(words.en).sort())
  const pl: Record<string, string> = words.pl
  for (const c of pure.spec.credentials) {
    expect(pl[`connect.${c.name}`]).toBeTruthy()
    expect(Boolean(pl[`connect.${c.name}.help`])).toBe(Boolean(c.help))
  }
  for (const kind of Object.keys(pl).filter((k) => k.startsWith('preflight.') && !k.endsWith('.fix')))
    expect(pl[`${kind}.fix`], kind).toBeTruthy()
})
