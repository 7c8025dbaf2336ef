import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { PreviewMedia, SettingsProps } from '#kit/web/slots.ts'
import { Preview } from './preview.tsx'
import { Settings } from './settings.tsx'
import { words } from './words.ts'

const say: SettingsProps['say'] = (key, params = {}) =>
  Object.entries(params).reduce(
    (text, [name, value]) => text.replaceAll(`{{${name}}}`, String(value)),
    (words.en as Readonly<Record<string, string>>)[key] ?? `?${key}?`,
  )
const media = (kind: 'image' | 'video', id = 'm1'): PreviewMedia => ({
  id,
  kind,
  url: '/a',
  posterUrl: '/p',
  durationMs: kind === 'video' ? 9000 : null,
  name: 'a',
  alt: '',
  width: 720,
  height: 1280,
})
const facts = {
  nickname: 'Oven & Anvil',
  privacyOptions: ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
  commentDisabled: false,
  duetDisabled: true,
  stitchDisabled: false,
  audited: true,
  canDirect: true,
  canInbox: true,
}
const form = (value: Record<string, unknown>, o: { kind?: 'image' | 'video'; facts?: Record<string, unknown> } = {}) =>
  renderToStaticMarkup(
    <Settings
      value={value}
      onChange={() => undefined}
      disabled={false}
      channel={{ id: 'c1', kind: 'profile', name: 'n', handle: 'oven', facts: { ...facts, ...o.facts } }}
      segments={[{ text: 'x', media: [media(o.kind ?? 'video')] }]}
      say={say}
      useOptions={() => ({ items: [], state: 'idle', error: null, reload: () => undefined })}
      MediaPicker={() => null}
    />,
  ).replaceAll('&#x27;', "'")

/** The part of a form from a label on, as far as the next one. */
const partOf = (html: string, label: string) => html.slice(html.indexOf(label), html.indexOf(label) + 700)

describe('the form', () => {
  test('says whose account it is, and every word it says exists', () => {
    for (const html of [
      form({}),
      form({ disclose: true, brandedContent: true, privacy: 'SELF_ONLY' }, { facts: { audited: false } }),
      form({ mode: 'inbox' }),
      form({ photoTitle: 'x', coverIndex: 0 }, { kind: 'image' }),
    ]) {
      expect(html).toContain('Oven &amp; Anvil')
      expect(html).not.toMatch(/\?[a-zA-Z.=_]+\?|\{\{/)
    }
  })
  test('privacy has no default and offers what the account offers, nothing else', () => {
    const html = form({})
    const select = html.slice(html.indexOf('<select'), html.indexOf('</select>'))
    expect(select).toMatch(/<option value="" selected="">Choose…/)
    expect([...select.matchAll(/<option value="([A-Z_]*)"/g)].map((m) => m[1])).toEqual(['', ...facts.privacyOptions])
    expect(html).toContain('there is no default')
  })
  test('switches are off, and greyed where the account has them off; photos have comments only', () => {
    const video = form({ allowDuet: true })
    for (const name of ['Comment', 'Duet', 'Stitch'])
      expect(partOf(video, `<span>${name}`), name).toMatch(/aria-checked="false"/)
    expect(partOf(video, '<span>Duet')).toMatch(/disabled=""/)
    expect(partOf(video, '<span>Duet')).toContain('Switched off in the TikTok settings')
    const photo = form({}, { kind: 'image' })
    expect(photo).toContain('<span>Comment')
    expect(photo).not.toContain('<span>Duet')
  })
  test('disclosure shows its rules only when on, and names the label', () => {
    expect(form({})).not.toContain('Your brand')
    expect(form({ disclose: true })).toContain('You need to indicate if your content promotes')
    expect(form({ disclose: true, yourBrand: true })).toContain("Your video will be labeled as 'Promotional content'")
    const both = form({ disclose: true, yourBrand: true, brandedContent: true }, { kind: 'image' })
    expect(both).toContain("Your photo will be labeled as 'Paid partnership'")
    expect(partOf(both, 'value="SELF_ONLY"')).toMatch(/^value="SELF_ONLY" disabled=""/)
    const hidden = form({ disclose: true, privacy: 'SELF_ONLY' })
    expect(partOf(hidden, '<span>Branded content')).toMatch(/cannot be set to private/)
    expect(partOf(hidden, '<span>Branded content')).toMatch(/disabled=""/)
  })
  test('the terms are shown with their links, and grow with branded content', () => {
    const plain = form({})
    expect(plain).toContain("By posting, you agree to TikTok's")
    expect(plain).toContain('Music Usage Confirmation</a>')
    expect(plain).not.toContain('Branded Content Policy')
    expect(form({ disclose: true, brandedContent: true })).toContain('Branded Content Policy</a> and')
  })
  test('an unaudited app is said, and a draft asks for none of it', () => {
    expect(form({}, { facts: { audited: false } })).toContain('has not audited your app')
    const draft = form({ mode: 'inbox' })
    expect(draft).not.toContain('Who can view')
    expect(draft).toContain('A video draft carries no caption')
  })
})

describe('the preview', () => {
  const show = (settings: Record<string, unknown>, items: PreviewMedia[], text = 'Hello #bread') =>
    renderToStaticMarkup(
      <Preview
        segments={[{ text, media: items }]}
        channel={{ name: 'Oven', handle: '@oven', avatarUrl: null }}
        settings={settings}
        attachments={{}}
        say={say}
        at="2026-11-22T12:00:00Z"
      />,
    )
  test('labels of the settings are on it', () => {
    const html = show({ disclose: true, brandedContent: true, aiGenerated: true, privacy: 'SELF_ONLY' }, [
      media('video'),
    ])
    for (const label of ['Paid partnership', 'AI-generated', 'Only me', '@oven', '#bread'])
      expect(html).toContain(label)
  })
  test('photos have title and slides; a video draft has no caption', () => {
    const html = show({ photoTitle: 'A title' }, [media('image'), media('image', 'm2')])
    expect(html).toContain('A title')
    expect(html).toContain('Photo 1 of 2')
    expect(show({ mode: 'inbox' }, [media('video')])).not.toContain('#bread')
  })
  test('nothing yet is no error', () => {
    expect(show({}, [], '')).toContain('@oven')
  })
})
