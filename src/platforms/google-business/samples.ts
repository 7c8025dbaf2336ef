/** One post of every content type, for the demo, the contract suite and the crash matrix. */
import type { Sample } from '#kit/facts/samples.ts'

/** Large enough to weigh more than Google's least 10 KB also as a plain grey rectangle. */
const photo = { kind: 'image', type: 'image/jpeg', width: 3000, height: 2250, alt: 'A plain grey rectangle' } as const
const when = { start: '2027-12-04T19:00', end: '2027-12-04T23:00' }

export default [
  { type: 'standard', segments: [{ text: 'an update without anything' }] },
  {
    type: 'standard_photo',
    segments: [{ text: 'an update with a picture and a button', media: [photo] }],
    settings: { action: 'LEARN_MORE', actionUrl: 'https://example.com/rye', languageCode: 'en' },
  },
  { type: 'standard_call', segments: [{ text: 'an update to call for' }], settings: { action: 'CALL' } },
  {
    type: 'event',
    segments: [{ text: 'live music', media: [photo] }],
    settings: { topic: 'EVENT', eventTitle: 'Friday gig', ...when, action: 'BOOK', actionUrl: 'https://example.com/b' },
  },
  {
    type: 'event_repeating',
    segments: [{ text: 'bread baking for beginners' }],
    settings: {
      topic: 'EVENT',
      eventTitle: 'Baking course',
      start: '2027-12-06T18:00',
      end: '2027-12-06T20:00',
      repeat: 'WEEKLY',
      repeatDays: ['MONDAY', 'THURSDAY'],
      repeatUntil: '2028-03-31',
    },
  },
  {
    type: 'offer',
    segments: [{ text: 'ten percent off', media: [photo] }],
    settings: {
      topic: 'OFFER',
      eventTitle: 'Winter offer',
      start: '2027-12-01T00:00',
      end: '2027-12-24T18:00',
      couponCode: 'RYE10',
      redeemUrl: 'https://example.com/offer',
      terms: 'One per person.',
    },
  },
] satisfies Sample[]
