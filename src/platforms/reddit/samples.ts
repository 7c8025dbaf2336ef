/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample, SampleHelp } from '#kit/facts/samples.ts'

const picture = { kind: 'image', width: 1200, height: 900, alt: 'A plain grey rectangle' } as const
const film = { kind: 'video', width: 1280, height: 720, ms: 5000, alt: 'A plain grey film' } as const

const there =
  (title: string, more: Record<string, unknown> = {}) =>
  async (help: SampleHelp) => ({ subreddit: await help.first('subreddits'), title, ...more })

const covered =
  (title: string, more: Record<string, unknown> = {}) =>
  async (help: SampleHelp) => ({
    ...(await there(title, more)(help)),
    posterId: await help.media(picture),
  })

export default [
  {
    type: 'self',
    segments: [{ text: 'a text post with **bold** and a [link](https://example.com/rye)' }],
    firstComment: 'The recipe is in the wiki.',
    settings: there('What we learned from a year of rye', { sendReplies: false }),
  },
  {
    type: 'flair',
    segments: [{ text: 'a text post with a flair' }],
    settings: async (help) => {
      const subreddit = await help.first('subreddits')
      return { subreddit, title: 'Sourdough, day four', flairId: await help.first('flairs', { subreddit }) }
    },
  },
  {
    type: 'link',
    segments: [{ text: 'a link with words below it' }],
    settings: there('Rye on Sunday', { link: 'https://example.com/recipes/rye', resubmit: true }),
  },
  {
    type: 'image',
    segments: [{ text: 'a picture', media: [picture] }],
    settings: there('Today’s loaf', { nsfw: true, spoiler: true }),
  },
  {
    type: 'gif',
    segments: [{ text: 'a moving picture', media: [{ kind: 'image', type: 'image/gif', alt: 'Two dots' }] }],
    settings: there('It rises'),
  },
  {
    type: 'gallery',
    segments: [{ text: 'three pictures', media: [picture, picture, picture] }],
    settings: there('Mix, wait, bake', {
      slides: [{ caption: 'Mix' }, { caption: 'Wait', link: 'https://example.com/wait' }],
    }),
  },
  { type: 'video', segments: [{ text: 'a film', media: [film] }], settings: covered('Kneading') },
  {
    type: 'videogif',
    segments: [{ text: 'a film without sound', media: [film] }],
    settings: covered('Kneading, over and over', { silent: true }),
  },
  {
    type: 'poll',
    segments: [{ text: 'a question' }],
    settings: there('Which flour?', { poll: { options: ['Rye', 'Wheat', 'Spelt'], days: 3 } }),
  },
] satisfies Sample[]
