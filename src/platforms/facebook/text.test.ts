import { describe, expect, test } from 'vitest'
import { text, textKey } from './text.ts'

describe('text on Facebook', () => {
  test('is counted in UTF-16 units, an emoji with a skin tone is four', () => {
    expect(text.count('a')).toBe(1)
    expect(text.count('👍🏽')).toBe(4)
  })
  test('is the same after Facebook trimmed it and made its line ends one kind', () => {
    expect(textKey(' Bread\r\nand butter \n')).toBe(textKey('Bread\nand butter'))
    expect(textKey('Zoe\u0308')).toBe(textKey('Zoë'))
  })
  test('is not the same when a word differs', () => {
    expect(textKey('Bread')).not.toBe(textKey('bread'))
  })
})
