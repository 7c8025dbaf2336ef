/** Content of this platform's tests, on the boards of the imitation's first account. */
import type { Content } from '#kit/testing/bench.ts'

/** Boards of the imitation's first account. */
export const bread = '549755000000001000'
export const shop = '549755000000001010'
export const feasts = '549756000000001001'
export const image = { alt: 'A loaf on a board', width: 400, height: 600 }
export const link = 'https://example.com/bread/'
export const base = { boardId: bread, title: 'Rye', link }

export const pin = (text: string, settings: Record<string, unknown> = base, images = [image]): Content => ({
  segments: [{ text, images }],
  settings,
})
export const film = (text: string, settings: Record<string, unknown> = {}, video = {}): Content => ({
  segments: [{ text, videos: [{ alt: 'Kneading', ...video }] }],
  settings: { boardId: bread, ...settings },
})
export const spaces = (n: number) => Array.from({ length: n }, (_, i) => ({ ...image, alt: `picture ${i}` }))
