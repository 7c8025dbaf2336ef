import { expect } from 'vitest'
import { createdOf } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'
import { doomed, event, host, id, offer, offersOf, photo, places, post, when } from './testing.ts'

const web = (length: number) => `https://example.com/${textOf(length - 20)}`

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: post('Bread at nine & coffee <now> “today” é https://example.com/menu?x=1'),
    accessMs: 3_599_000,
    samples,
    pictures: (n) =>
      post(
        'Pictures',
        {},
        Array.from({ length: n }, () => photo),
      ),
    skip: {
      scope: 'there is one scope; leaving it out is tested in traps.test.ts',
      thread: 'Google has no threads',
      keyed:
        'there is no key: the step itself remembers what it sent and looks before it sends again (tested in traps.test.ts)',
      insights: 'single posts have no numbers since 2023',
    },
    posts: [
      {
        name: 'an update with a picture and a button',
        content: post('Live on Friday', { action: 'BOOK', actionUrl: 'https://example.com/b', languageCode: 'en' }, [
          photo,
        ]),
        see: ([p], run) => {
          expect(p!.raw).toEqual({
            languageCode: 'en',
            topicType: 'STANDARD',
            summary: 'Live on Friday',
            callToAction: { actionType: 'BOOK', url: 'https://example.com/b' },
            media: [{ mediaFormat: 'PHOTO', sourceUrl: expect.stringMatching(/^http/) }],
          })
          expect(p!.media).toHaveLength(1)
          expect(createdOf(run)[0]).toMatchObject({ id: p!.id, url: p!.url, state: 'LIVE' })
        },
      },
      {
        name: 'the Call button, which has no address',
        content: post('Ring us', { action: 'CALL', actionUrl: 'https://example.com/b' }),
        see: ([p]) => expect(p!.raw).toMatchObject({ callToAction: { actionType: 'CALL' } }),
      },
      {
        name: 'an event, its times those of the place',
        content: post('Live music', event),
        see: ([p]) =>
          expect(p!.raw).toEqual({
            languageCode: 'en',
            topicType: 'EVENT',
            summary: 'Live music',
            event: {
              title: 'Friday gig',
              schedule: {
                startDate: { year: 2027, month: 3, day: 5 },
                startTime: { hours: 19, minutes: 0 },
                endDate: { year: 2027, month: 3, day: 5 },
                endTime: { hours: 23, minutes: 0 },
              },
            },
          }),
      },
      {
        name: 'an event every week, on the day it begins',
        content: post('Every Friday', { ...event, repeat: 'WEEKLY', repeatUntil: '2027-06-30' }),
        see: ([p], run) => {
          expect(p!.raw).toMatchObject({
            event: {
              recurrenceInfo: { seriesEndTime: '2027-06-30T23:59:59Z', weeklyPattern: { daysOfWeek: ['FRIDAY'] } },
            },
          })
          expect(createdOf(run)[0]).toMatchObject({ state: 'RECURRING' })
        },
      },
      {
        name: 'an offer, without the button it must not have',
        content: post('Ten percent', {
          ...offer,
          redeemUrl: 'https://example.com/o',
          terms: 'One each.',
          action: 'SHOP',
          actionUrl: 'https://example.com/b',
        }),
        see: ([p]) => {
          expect(p!.raw).toMatchObject({
            offer: { couponCode: 'RYE10', redeemOnlineUrl: 'https://example.com/o', termsConditions: 'One each.' },
          })
          expect(p!.raw).not.toHaveProperty('callToAction')
        },
      },
      { name: 'an offer with nothing but its title', content: post('Offer', { ...offer, couponCode: undefined }) },
    ],
    edges: [
      {
        name: 'a title',
        at: post('a', { ...event, eventTitle: textOf(58) }),
        above: post('a', { ...event, eventTitle: textOf(59) }),
        kind: 'refused-content',
      },
      {
        name: 'a title that is there',
        at: post('a', event),
        above: post('a', { topic: 'EVENT', ...when }),
        kind: 'refused-content',
      },
      {
        name: 'a whole schedule',
        at: post('a', event),
        above: post('a', { ...event, end: undefined }),
        kind: 'refused-content',
      },
      {
        name: 'an end after the beginning',
        at: post('a', { ...event, end: '2027-03-05T19:01' }),
        above: post('a', { ...event, end: '2027-03-05T19:00' }),
        kind: 'refused-content',
      },
      {
        name: 'a button that leads somewhere',
        at: post('a', { action: 'ORDER', actionUrl: 'http://example.com' }),
        above: post('a', { action: 'ORDER' }),
        kind: 'refused-content',
      },
      {
        name: 'a button that leads to the web',
        at: post('a', { action: 'SHOP', actionUrl: web(2048) }),
        above: post('a', { action: 'SHOP', actionUrl: 'ftp://example.com/x' }),
        kind: 'refused-content',
      },
      {
        name: 'a way to redeem that leads to the web',
        at: post('a', { ...offer, redeemUrl: 'https://example.com' }),
        above: post('a', { ...offer, redeemUrl: 'mailto:a@example.com' }),
        kind: 'refused-content',
      },
      {
        name: 'the lightest picture',
        at: post('a', {}, [{ ...photo, bytes: 10_240 }]),
        above: post('a', {}, [{ ...photo, bytes: 10_239 }]),
        kind: 'refused-media',
      },
      {
        name: 'the heaviest picture',
        at: post('a', {}, [{ ...photo, bytes: 5_000_000 }]),
        above: post('a', {}, [{ ...photo, bytes: 5_000_001 }]),
        kind: 'refused-media',
        warnsOnly: true,
      },
      {
        name: 'the narrowest picture',
        at: post('a', {}, [{ ...photo, width: 250 }]),
        above: post('a', {}, [{ ...photo, width: 249 }]),
        kind: 'refused-media',
      },
      {
        name: 'the lowest picture',
        at: post('a', {}, [{ ...photo, height: 250 }]),
        above: post('a', {}, [{ ...photo, height: 249 }]),
        kind: 'refused-media',
      },
    ],
    failures: [
      {
        name: 'a post Google rejects at once',
        kind: 'refused-content',
        code: `${id}.rejected`,
        provoke: doomed('now'),
      },
      {
        name: 'a post Google rejects after a while',
        kind: 'refused-content',
        code: `${id}.rejected`,
        provoke: doomed('later'),
      },
      {
        name: 'a picture Google cannot fetch: nothing is out, and we may have been down',
        kind: 'try-later',
        code: `${id}.photo-fetch`,
        provoke: async (b, c) => {
          const content = post('Look', {}, [photo])
          const { view } = b.runInput(c, content)
          for (const m of view.segments[0]!.media) m.url = async () => 'https://127.0.0.1:9/nothing.jpg'
          const run = await b.publish(c, content, { view })
          expect(b.ledger()).toEqual([])
          return run
        },
      },
      {
        name: 'a project that was never approved',
        kind: 'not-permitted',
        code: `${id}.not-approved`,
        provoke: (b, c) => {
          b.sandbox.desk.setKnobs(id, { qpm: 0 })
          return b.publish(c, post('Early'))
        },
      },
      {
        name: 'an API that is not switched on',
        kind: 'not-permitted',
        code: `${id}.api-disabled`,
        provoke: (b, c) => {
          b.sandbox.desk.act(id, { do: 'disable', api: host })
          return b.publish(c, post('Off'))
        },
      },
      {
        name: 'a location that is suspended',
        kind: 'refused-account',
        code: `${id}.location-disabled`,
        provoke: (b, c) => {
          b.sandbox.desk.act(id, { do: 'standing', is: 'suspended' })
          return b.publish(c, post('Suspended'))
        },
      },
      {
        name: 'a person who is no manager any more',
        kind: 'not-permitted',
        code: `${id}.no-role`,
        provoke: (b, c) => {
          b.sandbox.desk.act(id, { do: 'lose-role' })
          return b.publish(c, post('No role'))
        },
      },
      {
        name: 'a location that moved to another account',
        kind: 'gone',
        code: `${id}.not-found`,
        provoke: (b, c) => {
          b.sandbox.desk.act(id, { do: 'move' })
          return b.publish(c, post('Moved'))
        },
      },
      {
        name: 'an account in the name that is none: a page comes back',
        kind: 'our-bug',
        code: `${id}.bad-path`,
        provoke: (b, c) => b.publish({ ...c, offer: { ...c.offer, facts: { account: 'x/y' } } }, post('Lost')),
      },
      {
        name: 'an offer of a hotel',
        kind: 'refused-content',
        code: `${id}.invalid`,
        provoke: async (b, c) => {
          const hotel = (await offersOf(b)).find((o) => o.externalId === places.hotel)!
          return b.publish({ ...c, offer: hotel }, post('Rooms', offer))
        },
      },
      {
        name: 'the eleventh change of a profile in a minute',
        kind: 'too-fast',
        code: `${id}.rate-limit`,
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs(id, { processingMs: 0 })
          for (let n = 0; n < 10; n++) expect((await b.publish(c, post(`Change ${n}`))).state).toBe('published')
          return b.publish(c, post('Too many'))
        },
      },
      {
        name: 'an answer of 400 that proves nothing and no post',
        kind: 'unknown-outcome',
        code: `${id}.unrecognised`,
        provoke: (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, post('Lost thrice'))
        },
      },
    ],
  },
})
