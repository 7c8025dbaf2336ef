/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', type: 'image/jpeg', alt: 'A plain grey square' } as const

export default [
  { type: 'text', segments: [{ text: 'with a link to https://example.com and #tags' }] },
  { type: 'image', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'images', segments: [{ text: 'four pictures', media: [picture, picture, picture, picture] }] },
  { type: 'video', segments: [{ text: 'a video', media: [{ kind: 'video', alt: 'Nothing moves' }] }] },
  {
    type: 'link-card',
    segments: [{ text: 'see the menu' }],
    settings: async (help) => ({
      langs: ['en'],
      linkCard: { uri: 'https://example.com/menu', title: 'The menu', thumb: await help.media(picture) },
    }),
  },
  { type: 'thread', segments: [{ text: 'first' }, { text: 'second', media: [picture] }, { text: 'third' }] },
  { type: 'threadgate', segments: [{ text: 'nobody may answer' }], settings: { replies: 'nobody' } },
  { type: 'comment', segments: [{ text: 'with a first comment' }], firstComment: 'the recipe is here' },
] satisfies Sample[]
