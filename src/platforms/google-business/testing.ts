/** Content of this platform's tests. */
import type { Bench, Connected, Content } from '#kit/testing/bench.ts'
import type { RunResult } from '#kit/testing/runner.ts'

export const id = 'google-business'

export const host = 'mybusiness.googleapis.com'
/** Locations of the imitation's first person: verified, verified, a hotel, unverified, suspended. */
export const places = {
  first: '1220000000000000101',
  second: '1220000000000000102',
  hotel: '1220000000000000103',
  unverified: '1220000000000000104',
  suspended: '1220000000000000105',
} as const
/** Heavier than Google's least 10 KB. */
export const photo = { alt: 'A loaf on a board', width: 400, height: 300, bytes: 20_000 }
export const when = { start: '2027-03-05T19:00', end: '2027-03-05T23:00' }
export const event = { topic: 'EVENT', eventTitle: 'Friday gig', ...when }
export const offer = { topic: 'OFFER', eventTitle: 'Winter offer', ...when, couponCode: 'RYE10' }

export const post = (text: string, settings: Record<string, unknown> = {}, images: object[] = []): Content => ({
  segments: [{ text, images }],
  settings,
})

/** The next post is rejected, at once or after a while. */
export const doomed =
  (w: 'now' | 'later') =>
  (b: Bench, c: Connected): Promise<RunResult> => {
    b.sandbox.desk.act(id, { do: 'doom', when: w })
    return b.publish(c, post('Buy, buy, buy'))
  }

/** Everything one consent of the imitation's first person offers. */
export const offersOf = async (b: Bench) => {
  const { connect } = b.platform
  const t = b.context(b.sandbox.desk.tokens(id).credentials)
  const begun = await connect.begin(t, {})
  if (begun.kind !== 'redirect') throw new Error('not a redirect')
  const end = await connect.finish(t, await b.consent(begun.url, { decision: 'allow' }), begun.keep)
  if ('pending' in end) throw new Error(end.pending)
  return end.offers
}
