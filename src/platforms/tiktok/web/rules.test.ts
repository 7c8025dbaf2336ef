import { expect, test } from 'vitest'
import { changed, labelKey, shown } from './rules.ts'

test('an empty form shows no privacy, every switch off and no agreement', () => {
  const s = shown({})
  expect(s.privacy).toBeUndefined()
  for (const off of [s.allowComment, s.allowDuet, s.allowStitch, s.disclose, s.yourBrand, s.brandedContent])
    expect(off).toBe(false)
  expect(s.musicConsent).toBe(false)
})

test('one broken member does not hide the others', () => {
  expect(shown({ privacy: 'SELF_ONLY', coverIndex: 'x', unknown: 1 })).toMatchObject({
    privacy: 'SELF_ONLY',
    coverIndex: 0,
  })
})

test('turning the disclosure off unticks both brands', () => {
  const on = { disclose: true, yourBrand: true, brandedContent: true, musicConsent: true }
  expect(changed(on, { disclose: false })).toMatchObject({
    yourBrand: false,
    brandedContent: false,
    musicConsent: false,
  })
})

test('other terms, another agreement; the same terms keep it', () => {
  const value = { disclose: true, musicConsent: true }
  expect(changed(value, { brandedContent: true }).musicConsent).toBe(false)
  expect(changed(value, { yourBrand: true }).musicConsent).toBe(true)
  expect(changed({ ...value, brandedContent: true }, { brandedContent: false }).musicConsent).toBe(false)
})

test('what is emptied is not stored', () => {
  expect('privacy' in changed({ privacy: 'SELF_ONLY' }, { privacy: undefined })).toBe(false)
})

test('both brands together are a paid partnership', () => {
  expect(labelKey({ yourBrand: true, brandedContent: false }, false)).toBe('label.promotional.video')
  expect(labelKey({ yourBrand: true, brandedContent: true }, false)).toBe('label.paid.video')
  expect(labelKey({ yourBrand: false, brandedContent: true }, true)).toBe('label.paid.photo')
  expect(labelKey({ yourBrand: false, brandedContent: false }, true)).toBeNull()
})
