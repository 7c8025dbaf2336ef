import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import type { OptionList, PreviewMedia, PreviewProps, SettingsProps } from '#kit/web/slots.ts'
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
  width: 1000,
  height: 1500,
})
const list = (items: OptionList['items']): OptionList => ({ items, state: 'ready', error: null, reload: () => {} })
const say = (key: string, params?: Record<string, string | number>) =>
  ((words.en as Record<string, string>)[key] ?? key).replace(/\{\{(\w+)\}\}/g, (_, p) => String(params?.[p] ?? ''))

const settings = (value: Record<string, unknown>, files: PreviewMedia[], facts = {}) => {
  const props: SettingsProps = {
    value,
    onChange: () => {},
    disabled: false,
    channel: { id: 'c', kind: 'profile', name: 'n', handle: 'h', facts },
    segments: [{ text: 't', media: files }],
    say,
    useOptions: (name) =>
      name === 'boards'
        ? list([{ value: '1', label: 'Bread' }])
        : name === 'sections'
          ? list([{ value: '2', label: 'Feasts' }])
          : { ...list([]), state: 'idle' },
    MediaPicker: ({ label }) => <p>{label}</p>,
  }
  return renderToStaticMarkup(<Settings {...props} />)
}

describe('the settings', () => {
  test('ask for a board before anything else, and for a section only when there is a board', () => {
    const empty = settings({}, [media('image')])
    expect(empty).toContain(words.en['boardId.required'])
    expect(empty).not.toContain('Feasts')
    const chosen = settings({ boardId: '1' }, [media('image')])
    expect(chosen).not.toContain(words.en['boardId.required'])
    expect(chosen).toContain('Feasts')
  })
  test('show a cover for films only, and words of pictures for carousels only', () => {
    expect(settings({}, [media('image')])).not.toContain(words.en.coverId)
    expect(settings({}, [media('video')])).toContain(words.en.coverId)
    expect(settings({}, [media('image', 'a')])).not.toContain('Picture 1')
    expect(settings({}, [media('image', 'a'), media('image', 'b')])).toContain('Picture 2')
  })
  test('say that a channel lives on Pinterest’s sandbox', () => {
    expect(settings({}, [], { trial: true })).toContain(words.en.trial.slice(0, 30))
  })
  test('every key they say has words in both languages, and so has every rule', () => {
    const missing: string[] = []
    const spy = (key: string) => {
      if (!(key in words.en) || !(key in words.pl)) missing.push(key)
      return key
    }
    for (const files of [[media('image', 'a'), media('image', 'b')], [media('video')], []])
      for (const value of [{}, { boardId: '1' }]) {
        const Probe = () => settingsWith(spy, value, files)
        renderToStaticMarkup(<Probe />)
      }
    expect(missing).toEqual([])
    const polish = Object.keys(words.pl).filter((k) => k.startsWith('preflight.') && !k.endsWith('.fix'))
    for (const key of polish) expect(words.pl).toHaveProperty([`${key}.fix`])
    expect(Object.keys(words.en).filter((k) => !(k in words.pl))).toEqual([])
  })
})

const settingsWith = (spy: SettingsProps['say'], value: Record<string, unknown>, files: PreviewMedia[]) => (
  <Settings
    value={value}
    onChange={() => {}}
    disabled={false}
    channel={{ id: 'c', kind: 'profile', name: 'n', handle: 'h', facts: { trial: true } }}
    segments={[{ text: 't', media: files }]}
    say={spy}
    useOptions={(name) => list(name ? [{ value: '1', label: 'One' }] : [])}
    MediaPicker={() => null}
  />
)

describe('the preview', () => {
  const preview = (files: PreviewMedia[], more: Partial<PreviewProps> = {}) =>
    renderToStaticMarkup(
      <Preview
        segments={[{ text: 'Baked at night', media: files }]}
        channel={{ name: 'Rose Hill', handle: '@rose', avatarUrl: null }}
        settings={{ title: 'Rye', link: 'https://www.example.com/bread' }}
        attachments={{}}
        say={say}
        at="2026-11-22T12:00:00Z"
        {...more}
      />,
    )
  test('is a pin: picture with its alt text, where it leads, title, description, who', () => {
    const html = preview([media('image')])
    for (const part of ['alt="A loaf"', 'example.com', 'Rye', 'Baked at night', 'Rose Hill'])
      expect(html).toContain(part)
    expect(html).not.toContain('www.example.com')
  })
  test('a film shows its cover and its length, a carousel all its pictures, nothing says so', () => {
    const covered = preview([media('video')], { settings: { coverId: 'k' }, attachments: { k: media('image', 'k') } })
    expect(covered).toContain('/media/k')
    expect(covered).toContain('1:05')
    expect(preview([media('image', 'a'), media('image', 'b')]).match(/<img/g)).toHaveLength(2)
    expect(preview([])).toContain(words.en['preview.empty'])
  })
  test('a half-typed link breaks nothing', () => {
    expect(preview([media('image')], { settings: { link: 'https://' } })).toContain('Baked at night')
  })
})
