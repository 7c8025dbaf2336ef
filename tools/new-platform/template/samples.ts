/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', type: 'image/jpeg', alt: 'A loaf on a board' } as const

export default [
  { type: 'text', segments: [{ text: 'just words' }] },
  { type: 'image', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'images', segments: [{ text: 'two pictures', media: [picture, picture] }] },
] satisfies Sample[]
