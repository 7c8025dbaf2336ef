/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', type: 'image/jpeg', alt: 'A plain grey square' } as const

export default [
  { type: 'text', segments: [{ text: 'with a link to https://example.com' }] },
  { type: 'image', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'images', segments: [{ text: 'four pictures', media: [picture, picture, picture, picture] }] },
  { type: 'gif', segments: [{ text: 'a moving picture', media: [{ kind: 'image', type: 'image/gif' }] }] },
  { type: 'video', segments: [{ text: 'a video', media: [{ kind: 'video' }] }] },
  { type: 'thread', segments: [{ text: 'first' }, { text: 'second', media: [picture] }, { text: 'third' }] },
  {
    type: 'poll',
    segments: [{ text: 'Rye or wheat?' }],
    settings: { poll: { options: ['Rye', 'Wheat'], durationMinutes: 60 } },
  },
  { type: 'comment', segments: [{ text: 'with a first comment' }], firstComment: 'the recipe is here' },
] satisfies Sample[]
