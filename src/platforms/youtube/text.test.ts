import { expect, test } from 'vitest'
import { videoIdIn } from './context.ts'
import { isShort, settings, tagsLength } from './spec.ts'
import { plainText, text } from './text.ts'

test('a description is counted in bytes', () => {
  expect(text.count('é🍞a')).toBe(7)
})
test('what comes back is compared without line-end and accent spelling', () => {
  expect(plainText(' cafe\u0301\r\nb ')).toBe('café\nb')
})
test('tags count their commas, and quotes where they have a space', () => {
  expect(tagsLength([])).toBe(0)
  expect(tagsLength(['bread'])).toBe(5)
  expect(tagsLength(['home baking', 'bread'])).toBe(19)
})
test('a Short is upright or square, and three minutes long at most', () => {
  const v = (width: number, height: number, durationMs: number) => isShort({ width, height, durationMs })
  expect(v(1080, 1920, 180_000)).toBe(true)
  expect(v(1080, 1080, 5_000)).toBe(true)
  expect(v(1080, 1920, 180_001)).toBe(false)
  expect(v(1921, 1920, 5_000)).toBe(false)
  expect(isShort({ width: null, height: null, durationMs: 5_000 })).toBe(false)
})
test('title and made for kids have no default', () => {
  const s = settings.parse({})
  expect(s.title).toBeUndefined()
  expect(s.madeForKids).toBeUndefined()
})
test('a video is found in every address it has', () => {
  for (const url of [
    'https://www.youtube.com/watch?v=D-lhorsDlUQ&t=3',
    'https://youtu.be/D-lhorsDlUQ',
    'https://www.youtube.com/shorts/D-lhorsDlUQ',
  ])
    expect(videoIdIn(url)).toBe('D-lhorsDlUQ')
  expect(videoIdIn('https://example.com/')).toBeUndefined()
})
