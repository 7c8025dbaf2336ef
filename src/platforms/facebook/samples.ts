/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', width: 1080, height: 1080, type: 'image/jpeg', alt: 'A plain grey square' } as const
const upright = { kind: 'image', width: 1080, height: 1920, type: 'image/jpeg', alt: 'A plain grey picture' } as const
const clip = { kind: 'video', width: 720, height: 1280, ms: 5000 } as const

export default [
  { type: 'text', segments: [{ text: 'words alone' }] },
  { type: 'link', segments: [{ text: 'a card below' }], settings: { link: 'https://example.com/menu' } },
  { type: 'image', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'images', segments: [{ text: 'three pictures', media: [picture, picture, picture] }] },
  {
    type: 'comment',
    segments: [{ text: 'with a first comment', media: [picture] }],
    firstComment: 'The recipe is here',
  },
  {
    type: 'video',
    segments: [{ text: 'a video', media: [{ ...clip, width: 1280, height: 720 }] }],
    settings: async (help) => ({ title: 'A sample video', cover: await help.media({ ...picture, alt: undefined }) }),
  },
  { type: 'reel', segments: [{ text: 'a reel', media: [clip] }], settings: { format: 'reel', title: 'A sample reel' } },
  { type: 'photo-story', segments: [{ text: null, media: [upright] }], settings: { format: 'story' } },
  { type: 'video-story', segments: [{ text: null, media: [clip] }], settings: { format: 'story' } },
  {
    type: 'scheduled',
    segments: [{ text: 'held by Facebook' }],
    settings: { delivery: 'schedule', delayMinutes: 120 },
  },
  { type: 'draft', segments: [{ text: 'a draft', media: [picture] }], settings: { delivery: 'draft' } },
] satisfies Sample[]
