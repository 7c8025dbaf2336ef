import { describe, expect, test } from 'vitest'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const alt = { alt: 'A loaf on a board' }
const say = (text: string, settings = {}) => ({ segments: [{ text }], settings })
const form = 'connects by a form: there is no consent page'
const forever = 'its tokens never run out'

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create' },
    plain: say('Bread at nine'),
    samples,
    skip: {
      denied: form,
      state: form,
      scope: form,
      refresh: forever,
      expired: forever,
      race: forever,
      'lost-refresh': forever,
      keyed: 'there is no key; the witness decides',
      thread: 'there are no threads',
    },
    posts: [
      { name: 'text', content: say('Hello from the contract suite') },
      { name: 'text for followers', content: say('For friends', { visibility: 'followers' }), see: ([post]) => expect(post!.raw).toMatchObject({ visibility: 'followers' }) },
      {
        name: 'four pictures with alt text',
        content: { segments: [{ text: 'Four', images: [alt, alt, alt, alt] }] },
        see: ([post]) => expect(post!.media.map((m) => m.alt)).toEqual([alt.alt, alt.alt, alt.alt, alt.alt]),
      },
      { name: 'a picture without words', content: { segments: [{ text: '', images: [{}] }] }, see: ([post]) => expect(post!.media).toHaveLength(1) },
    ],
    edges: [
      { name: 'a text of emoji', at: say('👩‍👩‍👧'.repeat(500)), above: say('👩‍👩‍👧'.repeat(501)), kind: 'refused-content' },
      { name: 'alt text', at: { segments: [{ text: 'a', images: [{ alt: textOf(1000) }] }] }, above: { segments: [{ text: 'a', images: [{ alt: textOf(1001) }] }] }, kind: 'refused-media' },
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 5_000_000 }] }] },
        above: { segments: [{ text: 'big', images: [{ alt: 'x', bytes: 5_000_001 }] }] },
        kind: 'refused-media',
        warnsOnly: true,
      },
    ],
    failures: [
      {
        name: 'an answer of 400 that proves nothing and no post',
        kind: 'unknown-outcome',
        code: '{{id}}.unrecognised',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, say('Lost thrice'))
        },
      },
    ],
  },
  more: (bench) => {
    describe('what only {{name}} does', () => {
      test('the same text twice is two posts, and a lost second one is told from the first', async () => {
        const b = bench()
        const c = await b.connect()
        await b.publish(c, say('Again'))
        b.fault({ route: 'create', do: 'drop-before' })
        expect((await b.publish(c, say('Again'))).state).toBe('published')
        expect(b.ledger()).toHaveLength(2)
      })
    })
  },
})
