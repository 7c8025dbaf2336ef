/** One post of every kind Threads has. */
import type { Sample } from '#kit/facts/samples.ts'

const image = { kind: 'image', width: 1080, height: 1350, alt: 'A loaf on a board' } as const
const video = { kind: 'video', width: 720, height: 1280, ms: 6000, alt: 'Hands kneading dough' } as const

const samples: Sample[] = [
  {
    type: 'text',
    segments: [{ text: 'Bread at nine 🍞' }],
    firstComment: 'Open until six',
    settings: { topicTag: 'Bread' },
  },
  { type: 'link', segments: [{ text: 'The menu is out' }], settings: { link: 'https://example.com/menu' } },
  { type: 'image', segments: [{ text: 'Fresh from the oven', media: [image] }] },
  { type: 'video', segments: [{ text: 'Kneading', media: [video] }] },
  { type: 'carousel', segments: [{ text: 'The whole morning', media: [image, video, image] }] },
  {
    type: 'thread',
    segments: [
      { text: 'How we bake' },
      { text: 'First the dough', media: [image] },
      { text: 'Then the oven', media: [image, image] },
    ],
  },
  { type: 'poll', segments: [{ text: 'Rye or wheat?' }], settings: { poll: ['Rye', 'Wheat', 'Both'] } },
  {
    type: 'reply-control',
    segments: [{ text: 'For those who know us, with a secret' }],
    settings: { replyControl: 'accounts_you_follow', replyApprovals: true, spoilers: ['secret'] },
  },
  { type: 'ghost', segments: [{ text: 'Only today' }], settings: { ghost: true } },
  {
    type: 'long-text',
    segments: [{ text: 'The long story of our oven' }],
    settings: {
      longText: 'It was built in 1931 of brick and patience. '.repeat(40).trim(),
      longTextLink: 'https://example.com/oven',
    },
  },
]

export default samples
