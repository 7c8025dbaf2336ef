/** One of each: a video with everything around it, a Short, a video YouTube itself publishes later. */
import type { Sample } from '#kit/facts/samples.ts'

export default [
  {
    type: 'video',
    segments: [
      { text: 'From flour to loaf in six minutes.', media: [{ kind: 'video', width: 1280, height: 720, ms: 8000 }] },
    ],
    firstComment: 'Which bread shall we bake next?',
    settings: async (help) => ({
      title: 'Sourdough, start to finish',
      madeForKids: false,
      tags: ['sourdough', 'home baking'],
      category: await help.first('categories'),
      language: 'en',
      playlists: [await help.first('playlists')],
      thumbnail: await help.media({ kind: 'image', width: 1280, height: 720, type: 'image/jpeg' }),
    }),
  },
  {
    type: 'short',
    segments: [{ text: 'Scoring, close up.', media: [{ kind: 'video', width: 720, height: 1280, ms: 6000 }] }],
    settings: { title: 'Scoring a loaf', madeForKids: false },
  },
  {
    type: 'scheduled',
    segments: [{ text: 'Sunday bake-along.', media: [{ kind: 'video', width: 1280, height: 720, ms: 5000 }] }],
    settings: {
      title: 'Bake along on Sunday',
      madeForKids: false,
      privacy: 'private',
      publishAt: '2030-01-06T10:00:00Z',
      captions: { language: 'en', text: '1\n00:00:00,000 --> 00:00:02,000\nWelcome back.\n' },
    },
  },
] satisfies Sample[]
