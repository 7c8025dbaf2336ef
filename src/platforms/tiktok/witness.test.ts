import { expect, test } from 'vitest'
import type { Video } from './api.ts'
import { says } from './witness.ts'

const shown = (title: string, video_description?: string) => ({ id: '1', title, video_description }) as Video
/** What a photo post with this title and text may come back as. */
const ours = ['Rye on Sunday', 'Fresh', 'Fresh Rye on Sunday']

test('a lost post is known by its text, whichever way TikTok shows it', () => {
  expect(says(shown('Fresh', 'Fresh Rye on Sunday'), ours, 'Rye on Sunday')).toBe(true)
  expect(says(shown('Fresh', 'Rye on Sunday'), ours, 'Rye on Sunday')).toBe(true)
  expect(says(shown('Rye on Sunday'), ours, 'Rye on Sunday')).toBe(true)
  expect(says(shown('Fresh'), ['Fresh'], 'Fresh')).toBe(true)
})

test('another post of a series with the same title is not taken for it', () => {
  expect(says(shown('Fresh', 'Fresh Wheat on Monday'), ours, 'Rye on Sunday')).toBe(false)
  expect(says(shown('Fresh', 'Wheat on Monday'), ours, 'Rye on Sunday')).toBe(false)
  // By its title alone nobody can tell.
  expect(says(shown('Fresh'), ours, 'Rye on Sunday')).toBe(false)
})
