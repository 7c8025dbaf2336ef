/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', type: 'image/jpeg', alt: 'A plain grey square' } as const
/** LinkedIn wants 75 KB at least, which a test video reaches only by being long. */
const video = { kind: 'video', width: 1280, height: 720, ms: 450_000 } as const

export default [
  { type: 'text', segments: [{ text: 'with a link to https://example.com/a_b?x=(1) and #bread_lovers' }] },
  { type: 'image', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'multi-image', segments: [{ text: 'three pictures', media: [picture, picture, picture] }] },
  {
    type: 'video',
    segments: [{ text: 'a video', media: [video] }],
    settings: async ({ media }) => ({
      video: {
        title: 'A day at the bakery',
        thumbnail: await media(picture),
        captions: '1\n00:00:00,000 --> 00:00:02,000\nGood morning\n',
      },
    }),
  },
  {
    type: 'document',
    segments: [{ text: 'a document', media: [{ kind: 'document', pages: 3 }] }],
    settings: { documentTitle: 'Three plain pages' },
  },
  {
    type: 'article',
    segments: [{ text: 'an article' }],
    settings: async ({ media }) => ({
      article: {
        url: 'https://example.com/bread',
        title: 'How we bake',
        description: 'Flour, water, salt and time.',
        thumbnail: await media(picture),
      },
    }),
  },
  {
    type: 'poll',
    segments: [{ text: 'a poll' }],
    settings: { poll: { question: 'Rye or wheat?', options: ['Rye', 'Wheat'], duration: 'THREE_DAYS' } },
  },
  {
    type: 'text with a first comment',
    segments: [{ text: 'and a comment' }],
    firstComment: 'The link: https://a.example',
  },
] satisfies Sample[]
