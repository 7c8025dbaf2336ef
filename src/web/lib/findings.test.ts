import i18next from 'i18next'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '#kit/facts/preflight.ts'
import type { T } from '../i18n/index.ts'

// What a browser has and a test process has not.
Object.defineProperty(globalThis, 'localStorage', { value: { getItem: () => null, setItem: () => undefined } })
Object.defineProperty(globalThis, 'document', { value: { documentElement: { lang: 'en' } } })
const { setLanguage } = await import('../i18n/index.ts')
const { findingText, onlyWaits, reasonText } = await import('./findings.ts')

const t: T = (key, params) => i18next.t(key, params ?? {})
const finding = (kind: string, params: Finding['params']) => ({ kind, message: 'English.', remedy: 'Mend it.', params })
const said = (kind: string, params: Finding['params'], words = {}) => {
  const { message, remedy, lang } = findingText(t, finding(kind, params), words)
  return [message, remedy, lang]
}

describe('in Polish', () => {
  beforeAll(() => setLanguage('pl'))
  test('numbers have their comma, and a value stays on its side of the limit', () =>
    expect(said('video.too-short', { actual: 3.96, limit: 4, platform: 'Pinterest' })).toEqual([
      'Film trwa 3,96 s; Pinterest wymaga co najmniej 4 s.',
      'Użyj dłuższego.',
      undefined,
    ]))
  test('so have sizes', () =>
    expect(said('image.bytes', { actual: 5_240_000, limit: 5_000_000, platform: 'X' })[0]).toBe(
      'Zdjęcie ma 5,2 MB; X przyjmuje 5 MB.',
    ))
  test('an instant is a day and a time with its zone', () =>
    expect(said('channel.slow', { channel: 'Chleb', until: '2026-12-01T09:30:00.000Z' })[0]).toMatch(
      /przed 1 gru, \d\d:\d\d \S+\.$/,
    ))
  test('a budget that is used up is told with until when, and as a wait, never as a failure', () => {
    const spent = { quota: 'Posts', used: 3, limit: 3, left: 0 }
    expect(said('quota.spent', { ...spent, until: '2026-12-01T09:30:00.000Z' })[1]).toMatch(
      /^Wyjdzie, gdy będzie miejsce, od 1 gru/,
    )
    expect(said('quota.spent', spent)[1]).toBe('Wybierz późniejszy termin.')
    expect(onlyWaits([{ kind: 'quota.spent' }, { kind: 'quota.planned' }])).toBe(true)
    expect(onlyWaits([{ kind: 'quota.spent' }, { kind: 'quota.exceeds' }])).toBe(false)
    expect(reasonText(t, 'linkedin.budget-spent', 'LinkedIn')).toMatch(/^Limit serwisu LinkedIn jest wykorzystany/)
    expect(reasonText(t, 'linkedin.app-quota', 'LinkedIn')).toBeNull()
    expect(reasonText(t, 'reconnect', 'LinkedIn')).toMatch(/[ąćęłńóśźż]/)
  })
  test('a setting of the wrong kind is named in the words of its network', () =>
    expect(said('settings.poll', { field: 'poll' }, { poll: 'Ankieta' })).toEqual([
      'To ustawienie jest niepoprawne: Ankieta.',
      'Popraw ustawienie.',
      undefined,
    ]))
  test('what has no sentence is marked as English', () =>
    expect(said('newer.rule', {})).toEqual(['English.', 'Mend it.', 'en']))
})

describe('in English', () => {
  beforeAll(() => setLanguage('en'))
  test('numbers have their point', () =>
    expect(said('video.too-short', { actual: 3.96, limit: 4, platform: 'Pinterest' })[0]).toBe(
      'The video runs 3.96 s; Pinterest wants at least 4 s.',
    ))
  test('a size that hardly breaks its limit says so', () =>
    expect(said('image.bytes', { actual: 5_000_001, limit: 5_000_000, platform: 'X' })[0]).toBe(
      'The picture is 5.000001 MB; X takes 5 MB.',
    ))
  test('a channel without a reason ends its sentence there', () =>
    expect(said('channel.reconnect', { channel: 'Bread', why: '' })[0]).toBe('Bread must be connected again.'))
})
