import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { DraftMedia } from '#kit/facts/preflight.ts'
import { preflight } from '#kit/facts/preflight.ts'
import type { PreviewMedia, PreviewProps, SettingsProps } from '#kit/web/slots.ts'
import { pure } from '../preflight.ts'
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
const form = (value: Record<string, unknown>, facts: Record<string, unknown> = {}) =>
  renderToStaticMarkup(
    <Settings
      value={value}
      onChange={() => {}}
      disabled={false}
      channel={{ id: 'c', kind: 'location', name: 'Rose', handle: '12 Quay Street', facts }}
      segments={[]}
      say={say}
      useOptions={() => ({ items: [], state: 'idle', error: null, reload: () => {} })}
      MediaPicker={() => null}
    />,
  )

const event = { topic: 'EVENT', eventTitle: 'Friday gig', start: '2026-12-04T19:00', end: '2026-12-04T23:00' }

describe('the settings', () => {
  test('show what belongs to the kind of post, and nothing else', () => {
    const update = form({})
    expect(update).not.toContain('datetime-local')
    expect(update).toContain(words.en['action.none'])
    const gig = form(event)
    expect(gig.match(/datetime-local/g)).toHaveLength(2)
    expect(gig).toContain(words.en['repeat.never'])
    expect(gig).not.toContain(words.en.couponCode)
    const offer = form({ ...event, topic: 'OFFER' })
    expect(offer).toContain(words.en.couponCode)
    expect(offer).not.toContain(words.en['action.none'])
    expect(offer).not.toContain(words.en['repeat.never'])
  })
  test('say what Google asks for before it does', () => {
    expect(form({ topic: 'EVENT' }).match(new RegExp(words.en.required, 'g'))).toHaveLength(3)
    expect(form(event)).not.toContain(words.en.required)
    expect(form({ action: 'BOOK' })).toContain(words.en.required)
    expect(form({ ...event, end: '2026-12-04T18:00' })).toContain(words.en['end.early'])
  })
  test('a button may lead to the website of the profile; Call has no address', () => {
    expect(form({ action: 'BOOK' }, { website: 'https://rose.example/' })).toContain('Use https://rose.example/')
    expect(form({ action: 'CALL' }, { website: 'https://rose.example/' })).not.toContain('https://')
    expect(form({ action: 'CALL' }, { phone: false })).toContain(words.en['call.none'].slice(0, 20))
  })
  test('days of the week are asked of weekly events only', () => {
    expect(form({ ...event, repeat: 'WEEKLY' })).toContain('Wednesday')
    expect(form({ ...event, repeat: 'MONTHLY' })).not.toContain('Wednesday')
    form({ ...event, repeat: 'DAILY' })
  })
  test('a hotel hears that it cannot have offers, a location without standing that nobody sees its posts', () => {
    expect(form({}, { hotel: true })).toContain(words.en['topic.hotel'])
    for (const standing of ['verify', 'wait', 'ownership', 'suspended', 'unknown'])
      expect(form({}, { standing })).not.toContain('MISSING')
    expect(form({}, { standing: 'ok' })).not.toContain(words.en['standing.verify'].slice(0, 20))
  })
})

const photo: PreviewMedia = {
  id: 'm',
  kind: 'image',
  url: '/media/m',
  posterUrl: null,
  durationMs: null,
  name: 'm.jpg',
  alt: 'A loaf',
  width: 1200,
  height: 900,
}
const look = (o: Partial<PreviewProps>) =>
  renderToStaticMarkup(
    <Preview
      segments={[{ text: 'Baked at night', media: [photo] }]}
      channel={{ name: 'Rose Hill Bakery', handle: '12 Quay Street', avatarUrl: null }}
      settings={{}}
      attachments={{}}
      say={say}
      at="2026-11-22T12:00:00Z"
      {...o}
    />,
  )

describe('the preview', () => {
  test('is the card of Search and Maps: place, picture, text, button', () => {
    const html = look({ settings: { action: 'LEARN_MORE', actionUrl: 'https://a.example' } })
    for (const part of ['Rose Hill Bakery', '12 Quay Street', 'alt="A loaf"', 'Baked at night', 'Learn more'])
      expect(html).toContain(part)
  })
  test('an event says when, in the time of the place; a repeating one that it does', () => {
    const html = look({ settings: { ...event, repeat: 'WEEKLY' } })
    expect(html).toContain('Friday gig')
    expect(html).toMatch(/7:00|19:00/)
    expect(html.match(/2026/g)).toHaveLength(2)
    expect(html).toContain('Every week')
    expect(look({ settings: { ...event, end: '2026-12-06T02:00' } }).match(/2026/g)).toHaveLength(3)
  })
  test('an offer shows its code and terms, never a button', () => {
    const html = look({
      settings: {
        ...event,
        topic: 'OFFER',
        action: 'BOOK',
        couponCode: 'RYE10',
        redeemUrl: 'https://a.example',
        terms: 'One each.',
      },
    })
    for (const part of ['RYE10', 'Redeem online', 'One each.']) expect(html).toContain(part)
    expect(html).not.toContain('>Book<')
  })
  test('what is missing or half typed breaks nothing', () => {
    expect(look({ settings: { topic: 'EVENT', start: '2026-12' }, segments: [] })).toContain(
      words.en['preview.untitled'],
    )
    expect(look({ at: 'never' })).toContain('Baked at night')
  })
})

describe('words', () => {
  test('all that were asked for are there in both languages', () => {
    expect(asked.size).toBeGreaterThan(40)
    for (const language of ['en', 'pl'] as const)
      expect([...asked].filter((key) => !(key in words[language]))).toEqual([])
  })
  test('every rule of this platform has its Polish sentence and remedy', () => {
    const small: DraftMedia = { ...photo, mime: 'image/jpeg', bytes: 9, width: 300, height: 300 }
    const kinds = (settings: Record<string, unknown>, facts: Record<string, unknown> = {}) =>
      preflight(pure, {
        segments: [{ text: 'Ring +48 600 123 456', media: [small] }],
        settings,
        channel: { kind: 'location', facts },
      }).map((f) => f.kind)
    const found = new Set([
      ...['verify', 'wait', 'ownership', 'suspended'].flatMap((standing) => kinds({}, { standing })),
      ...kinds({ topic: 'OFFER', action: 'BOOK' }, { hotel: true }),
      ...kinds({ action: 'BOOK' }),
      ...kinds({ action: 'CALL', actionUrl: 'https://a.example' }, { phone: false }),
      ...kinds({ ...event, end: event.start, repeat: 'DAILY', repeatUntil: '2026-01-01' }),
    ])
    const written = Object.keys(words.pl).flatMap((k) => /^preflight\.(.+?)(?<!\.fix)$/.exec(k)?.[1] ?? [])
    expect([...found].sort()).toEqual(written.sort())
    for (const kind of found) expect(words.pl).toHaveProperty([`preflight.${kind}.fix`])
  })
})
