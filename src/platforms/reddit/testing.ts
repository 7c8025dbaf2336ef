/** Content of this platform's tests, in the communities of the imitation. */
import type { Content } from '#kit/testing/bench.ts'

export const bread = 'AllAboutBread'
export const base = { subreddit: bread, title: 'A year of rye' }
export const picture = { alt: 'A loaf', width: 400, height: 300 }

export const said = (text: string, settings: Record<string, unknown> = base): Content => ({
  segments: [{ text }],
  settings,
})
export const pictures = (n: number, settings: Record<string, unknown> = base, text = 'Pictures'): Content => ({
  segments: [{ text, images: Array.from({ length: n }, () => picture) }],
  settings,
})
export const film = (text: string, settings: Record<string, unknown> = {}, video = {}): Content => ({
  segments: [{ text, videos: [{ width: 1280, height: 720, ...video }] }],
  settings: { ...base, posterId: 'poster', ...settings },
  attachments: { poster: { kind: 'image', ...picture } },
})
