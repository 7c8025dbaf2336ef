/** One post of every content type of TikTok. Privacy has no default there, so every direct post says it. */
import type { Sample } from '#kit/facts/samples.ts'

const video = { kind: 'video', width: 720, height: 1280, ms: 6000 } as const
const photo = (alt: string) => ({ kind: 'image', width: 1080, height: 1350, type: 'image/jpeg', alt }) as const
const direct = { mode: 'direct', privacy: 'PUBLIC_TO_EVERYONE', musicConsent: true } as const

export default [
  { type: 'video', segments: [{ text: 'The first loaf of the day #bakery', media: [video] }], settings: { ...direct } },
  {
    type: 'video-pull',
    segments: [{ text: 'Fetched from our own address', media: [video] }],
    settings: { ...direct, source: 'pull' },
  },
  {
    type: 'video-private',
    segments: [{ text: 'Only for us', media: [video] }],
    settings: { ...direct, privacy: 'SELF_ONLY', aiGenerated: true, coverMs: 1000 },
  },
  {
    type: 'photo',
    segments: [{ text: 'One picture', media: [photo('A loaf on a board')] }],
    settings: { ...direct, photoTitle: 'Fresh', allowComment: true },
  },
  {
    type: 'photo-carousel',
    segments: [{ text: 'Five pictures', media: ['one', 'two', 'three', 'four', 'five'].map(photo) }],
    settings: { ...direct, photoTitle: 'The whole shelf', coverIndex: 2, autoMusic: true },
  },
  { type: 'video-draft', segments: [{ text: null, media: [video] }], settings: { mode: 'inbox' } },
  {
    type: 'photo-draft',
    segments: [{ text: 'To be finished in the app', media: [photo('A baguette'), photo('A roll')] }],
    settings: { mode: 'inbox', photoTitle: 'Draft' },
  },
] satisfies Sample[]
