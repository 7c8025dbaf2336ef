import { expect } from 'vitest'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'
import { base, bread, film, picture, pictures, said } from './testing.ts'

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: said('Bread at nine & coffee <now> “today” é https://example.com/menu?x=1\n\n* one\n* two'),
    accessMs: 86_400_000,
    skip: {
      keyed: 'Reddit has no idempotency key; the witness decides',
      thread: 'Reddit has no threads of posts',
    },
    samples,
    options: {
      flairs: { subreddit: bread },
      community: { subreddit: 'askbakers' },
      rules: { subreddit: 'r/AllAboutBread' },
    },
    pictures: (n) => pictures(n),
    posts: [
      {
        name: 'a text post with everything',
        content: {
          ...said('Baked at night', {
            ...base,
            flairId: '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e02',
            flairText: 'Rye 100%',
            nsfw: true,
            spoiler: true,
            sendReplies: false,
          }),
          firstComment: 'Recipe & all <here>',
        },
        see: ([post, comment]) => {
          expect(post!.raw).toMatchObject({
            api_type: 'json',
            sr: bread,
            kind: 'self',
            title: 'A year of rye',
            nsfw: 'true',
            spoiler: 'true',
            sendreplies: 'false',
            resubmit: 'false',
            validate_on_submit: 'true',
            flair_text: 'Rye 100%',
          })
          expect(comment).toMatchObject({ replyTo: post!.id, text: 'Recipe & all <here>' })
        },
      },
      { name: 'a title alone', content: said(''), see: ([post]) => expect(post!.raw).toMatchObject({ text: '' }) },
      {
        name: 'a link without words',
        content: said('', { ...base, link: 'https://example.com/a?b=1&c=2' }),
        see: ([post]) => {
          expect(post!.raw).toMatchObject({ kind: 'link', url: 'https://example.com/a?b=1&c=2' })
          expect(post!.raw).not.toHaveProperty('text')
        },
      },
      {
        name: 'a picture',
        content: pictures(1),
        see: ([post], run) => {
          expect(post).toMatchObject({ kind: 'image', text: 'Pictures' })
          expect(run.checkpoints.get('create')).toMatchObject({ id: post!.id, url: post!.url, kind: 'image' })
        },
      },
      {
        name: 'a gallery with captions and links',
        content: pictures(3, { ...base, slides: [{ caption: 'Mix' }, {}, { link: 'https://example.com/' }] }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({
            items: [
              { caption: 'Mix', outbound_url: '' },
              { caption: '', outbound_url: '' },
              { caption: '', outbound_url: 'https://example.com/' },
            ],
          }),
      },
      {
        name: 'a film with its poster',
        content: { ...film('Kneading'), firstComment: 'With sound' },
        see: ([post]) =>
          expect(post!.raw).toMatchObject({ kind: 'video', video_poster_url: expect.stringContaining('rte_images/') }),
      },
      {
        name: 'a silent loop',
        content: film('Loop', { silent: true }),
        see: ([post]) => expect(post!.kind).toBe('videogif'),
      },
      {
        name: 'a poll',
        content: said('Which one?', { ...base, poll: { options: ['Rye', 'Wheat'], days: 7 } }),
        see: ([post]) =>
          expect(post!.raw).toMatchObject({ options: ['Rye', 'Wheat'], duration: 7, text: 'Which one?' }),
      },
      { name: 'a post on the own profile', content: said('Mine', { ...base, subreddit: 'u_rosehill_bakery' }) },
    ],
    edges: [
      {
        name: 'a title',
        at: said('a', { ...base, title: textOf(300) }),
        above: said('a', { ...base, title: textOf(301) }),
        kind: 'refused-content',
      },
      {
        name: 'a title that is there',
        at: said('a', { ...base, title: 'x' }),
        above: said('a', { subreddit: bread }),
        kind: 'refused-content',
      },
      { name: 'a community', at: said('a', base), above: said('a', { title: 'x' }), kind: 'refused-content' },
      {
        name: 'a flair text',
        at: said('a', { ...base, flairId: '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e02', flairText: textOf(64) }),
        above: said('a', { ...base, flairId: '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e02', flairText: textOf(65) }),
        kind: 'refused-content',
      },
      {
        name: 'answers of a poll',
        at: said('a', { ...base, poll: { options: ['1', '2', '3', '4', '5', '6'], days: 1 } }),
        above: said('a', { ...base, poll: { options: ['1', '2', '3', '4', '5', '6', '7'], days: 1 } }),
        kind: 'refused-content',
      },
      {
        name: 'the fewest answers of a poll',
        at: said('a', { ...base, poll: { options: ['1', '2'], days: 1 } }),
        above: said('a', { ...base, poll: { options: ['1'], days: 1 } }),
        kind: 'refused-content',
      },
      {
        name: 'an answer of a poll',
        at: said('a', { ...base, poll: { options: ['1', textOf(120)], days: 1 } }),
        above: said('a', { ...base, poll: { options: ['1', textOf(121)], days: 1 } }),
        kind: 'refused-content',
      },
      {
        name: 'days of a poll',
        at: said('a', { ...base, poll: { options: ['1', '2'], days: 7 } }),
        above: said('a', { ...base, poll: { options: ['1', '2'], days: 8 } }),
        kind: 'refused-content',
      },
      {
        name: 'a caption',
        at: pictures(2, { ...base, slides: [{ caption: textOf(180) }] }),
        above: pictures(2, { ...base, slides: [{ caption: textOf(181) }] }),
        kind: 'refused-content',
      },
      {
        name: 'a link',
        at: said('a', { ...base, link: `https://example.com/${textOf(2028)}` }),
        above: said('a', { ...base, link: `https://example.com/${textOf(2029)}` }),
        kind: 'refused-content',
      },
      {
        name: 'a picture’s bytes',
        at: { segments: [{ text: 'big', images: [{ ...picture, bytes: 20_971_520 }] }], settings: base },
        above: { segments: [{ text: 'big', images: [{ ...picture, bytes: 20_971_521 }] }], settings: base },
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'the shortest film',
        at: film('a', {}, { ms: 2000 }),
        above: film('a', {}, { ms: 1960 }),
        kind: 'refused-media',
      },
      {
        name: 'the longest film',
        at: film('a', {}, { ms: 900_000 }),
        above: film('a', {}, { ms: 900_040 }),
        kind: 'refused-media',
      },
      {
        name: 'a film with a poster',
        at: film('a'),
        above: film('a', { posterId: undefined }),
        kind: 'refused-content',
      },
    ],
    failures: [
      {
        name: 'a community that does not exist',
        kind: 'refused-content',
        code: 'reddit.no-community',
        provoke: (b, c) => b.publish(c, said('a', { ...base, subreddit: 'nobodyhere' })),
      },
      {
        name: 'a private community',
        kind: 'gone',
        code: 'reddit.gone',
        provoke: (b, c) => b.publish(c, said('a', { ...base, subreddit: 'secretoven' })),
      },
      {
        name: 'a community where only some may post',
        kind: 'refused-content',
        code: 'reddit.not-allowed-there',
        provoke: (b, c) => b.publish(c, said('a', { ...base, subreddit: 'ovenguild' })),
      },
      {
        name: 'a community where the account is banned',
        kind: 'refused-content',
        code: 'reddit.banned-there',
        provoke: (b, c) => b.publish(c, said('a', { ...base, subreddit: 'strictbakers' })),
      },
      {
        name: 'a kind the community does not take',
        kind: 'refused-content',
        code: 'reddit.kind-not-allowed',
        provoke: (b, c) => b.publish(c, pictures(2, { ...base, subreddit: 'justpictures' })),
      },
      {
        name: 'a missing flair',
        kind: 'refused-content',
        code: 'reddit.flair-required',
        provoke: (b, c) =>
          b.publish(c, said('Twenty letters and more', { subreddit: 'askbakers', title: 'Why is my rye so flat?' })),
      },
      {
        name: 'a forbidden word in the title, refused in the flat shape',
        kind: 'refused-content',
        code: 'reddit.community-rule',
        provoke: (b, c) =>
          b.publish(
            c,
            said('Twenty letters and more', {
              subreddit: 'askbakers',
              title: 'Urgent: why so flat?',
              flairId: '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e04',
            }),
          ),
      },
      {
        name: 'a link to a site the community does not take',
        kind: 'refused-content',
        code: 'reddit.link-domain',
        provoke: (b, c) =>
          b.publish(c, said('', { subreddit: 'breadlinks', title: 'x', link: 'https://other.example/' })),
      },
      {
        name: 'a site Reddit bans',
        kind: 'refused-content',
        code: 'reddit.domain-banned',
        provoke: (b, c) => b.publish(c, said('', { ...base, link: 'https://spam.example/' })),
      },
      {
        name: 'a flair of somebody else',
        kind: 'refused-content',
        code: 'reddit.flair',
        provoke: (b, c) => b.publish(c, said('a', { ...base, flairId: 'nothing' })),
      },
      {
        name: 'a link that was posted there before',
        kind: 'duplicate',
        code: 'reddit.already-submitted',
        provoke: async (b, c) => {
          const link = { subreddit: 'breadlinks', title: 'x', link: 'https://example.com/1' }
          await b.publish(c, said('', link))
          b.pass(60_000)
          return b.publish(c, said('', { ...link, title: 'y' }))
        },
      },
      {
        name: 'a dead token in the middle',
        kind: 'reconnect',
        code: 'reddit.unauthorized',
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, said('Dead'))
        },
      },
      {
        name: 'an answer of 400 that proves nothing and no post',
        kind: 'unknown-outcome',
        code: 'reddit.unrecognised',
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, said('Lost thrice'))
        },
      },
      {
        name: 'a post the spam filter takes down at once',
        kind: 'refused-content',
        code: 'reddit.removed',
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs('reddit', { spamFilter: 1 })
          return b.publish(c, said('Buy bread'))
        },
      },
    ],
  },
})
