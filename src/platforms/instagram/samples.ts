/** One post of every kind Instagram has. */
import type { Sample } from '#kit/facts/samples.ts'

const image = { kind: 'image', type: 'image/jpeg', width: 1080, height: 1080, alt: 'A loaf on a board' } as const
const tall = { kind: 'image', type: 'image/jpeg', width: 1080, height: 1920 } as const
const video = { kind: 'video', width: 720, height: 1280, ms: 6000 } as const

const samples: Sample[] = [
  { type: 'image', segments: [{ text: 'Bread at nine #bread', media: [image] }], firstComment: 'Open until six' },
  {
    type: 'carousel',
    segments: [{ text: 'The whole morning', media: [image, { ...video, width: 1080, height: 1080 }, image] }],
  },
  {
    type: 'reel',
    segments: [{ text: 'Kneading', media: [video] }],
    settings: async (help) => ({
      coverId: await help.media({ kind: 'image', type: 'image/jpeg', width: 1080, height: 1920 }),
      audioName: 'Morning in the bakery',
    }),
  },
  { type: 'story-image', segments: [{ text: null, media: [tall] }], settings: { placement: 'story' } },
  { type: 'story-video', segments: [{ text: null, media: [video] }], settings: { placement: 'story' } },
]

export default samples
