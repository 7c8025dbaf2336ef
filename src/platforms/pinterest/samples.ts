/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample, SampleHelp } from '#kit/facts/samples.ts'

const tall = { kind: 'image', type: 'image/jpeg', width: 1000, height: 1500, alt: 'A plain grey rectangle' } as const
const film = { kind: 'video', width: 720, height: 1280, ms: 6000, alt: 'A plain grey film' } as const
const link = 'https://example.com/recipes/rye'

const onBoard =
  (more: Record<string, unknown> = {}) =>
  async (help: SampleHelp) => ({ boardId: await help.first('boards'), title: 'Rye on Sunday', link, ...more })

export default [
  { type: 'image', segments: [{ text: 'a picture in the call', media: [tall] }], settings: onBoard() },
  {
    type: 'image_url',
    segments: [{ text: 'a picture Pinterest fetches', media: [tall] }],
    settings: onBoard({ delivery: 'link', dominantColor: '#6E7874' }),
  },
  {
    type: 'gif',
    segments: [{ text: 'a moving picture', media: [{ kind: 'image', type: 'image/gif', alt: 'Two dots' }] }],
    settings: onBoard(),
  },
  {
    type: 'section',
    segments: [{ text: 'a picture in a section', media: [tall] }],
    settings: async (help) => {
      const boardId = await help.first('boards')
      return { boardId, sectionId: await help.first('sections', { boardId }) }
    },
  },
  {
    type: 'carousel',
    segments: [{ text: 'three pictures', media: [tall, tall, tall] }],
    settings: onBoard({ slides: [{ title: 'Mix' }, { title: 'Wait', description: 'A night' }, { link }] }),
  },
  {
    type: 'carousel_url',
    segments: [{ text: 'two pictures Pinterest fetches', media: [tall, tall] }],
    settings: onBoard({ delivery: 'link' }),
  },
  {
    type: 'video',
    segments: [{ text: 'a film, its cover a frame', media: [film] }],
    settings: onBoard({ coverAtSeconds: 2 }),
  },
  {
    type: 'video_cover',
    segments: [{ text: 'a film with a cover of its own', media: [film] }],
    settings: async (help) => ({ ...(await onBoard()(help)), coverId: await help.media(tall) }),
  },
  {
    type: 'video_cover_url',
    segments: [{ text: 'a film with a cover Pinterest fetches', media: [film] }],
    settings: async (help) => ({ ...(await onBoard({ delivery: 'link' })(help)), coverId: await help.media(tall) }),
  },
] satisfies Sample[]
