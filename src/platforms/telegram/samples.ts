/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

const picture = { kind: 'image', type: 'image/jpeg' } as const
const video = { kind: 'video' } as const

export default [
  { type: 'message', segments: [{ text: 'with a link to https://example.com' }] },
  { type: 'html', segments: [{ text: '<b>bold</b> and <i>italic</i>' }], settings: { parseMode: 'html' } },
  { type: 'photo', segments: [{ text: 'one picture', media: [picture] }] },
  { type: 'video', segments: [{ text: 'a video', media: [video] }] },
  { type: 'animation', segments: [{ text: 'it moves', media: [{ kind: 'image', type: 'image/gif' }] }] },
  { type: 'document', segments: [{ text: 'the menu', media: [{ kind: 'document' }] }] },
  { type: 'album', segments: [{ text: 'pictures and a video', media: [picture, video, picture] }] },
  {
    type: 'poll',
    segments: [{ text: 'Rye or wheat?' }],
    settings: { poll: { options: ['Rye', 'Wheat'] } },
  },
  { type: 'pinned', segments: [{ text: 'silent and pinned' }], settings: { silent: true, pin: true } },
] satisfies Sample[]
