import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInstant, sentInstant } from './instant.ts'

const utc = (text: string) => sentInstant.parse(text)

test.each([
  // RFC 3339, 5.8.
  ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
  ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
  ['1990-12-31T23:59:60Z', '1991-01-01T00:00:00.000Z'],
  ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
  ['1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z'],
  ['2027-03-01t08:00:00z', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01 08:00:00Z', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01T08:00:00-00:00', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01T08:00:00.123456789Z', '2027-03-01T08:00:00.123Z'],
  ['2027-03-01T08:00:00.9999999999999999999Z', '2027-03-01T08:00:00.999Z'],
  ['2028-02-29T00:00:00+14:00', '2028-02-28T10:00:00.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  // What common clients send: no seconds, an offset without colon, a comma, a plus that became a space in a query.
  ['2027-03-01T08:00Z', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01T09:00+01:00', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01T09:00:00+0100', '2027-03-01T08:00:00.000Z'],
  ['2027-03-01T08:00:00,5Z', '2027-03-01T08:00:00.500Z'],
  ['2027-03-01T09:00:00 01:00', '2027-03-01T08:00:00.000Z'],
])('%s is %s', (text, instant) => {
  expect(utc(text)).toBe(instant)
})

test.each([
  ['2027-03-01T08:00:00', 'has no offset'],
  ['2027-03-01', 'a day without a time'],
  ['1803888000', 'is a number'],
  ['tomorrow', 'is no instant'],
  ['', 'is no instant'],
  ['2027-02-29T08:00:00Z', 'a day that does not exist (2027-02-29)'],
  ['2027-13-01T08:00:00Z', 'a day that does not exist'],
  ['2027-00-01T08:00:00Z', 'a day that does not exist'],
  ['2027-03-01T24:00:00Z', 'a time of day that does not exist'],
  ['2027-03-01T08:60:00Z', 'a time of day that does not exist'],
  ['2027-03-01T08:00:61Z', 'a time of day that does not exist'],
  ['2027-03-01T08:00:00+24:00', 'an offset that does not exist'],
  ['2027-03-01T08:00:00+01:60', 'an offset that does not exist'],
  ['0000-12-31T23:00:00Z', 'outside the years'],
  ['+12027-03-01T08:00:00Z', 'is no instant'],
  ['2027-03-01T08:00:00Z; drop', 'is no instant'],
  [`2027-03-01T08:00:00.${'0'.repeat(100)}Z`, 'is no instant'],
])('%s %s', (text, wrong) => {
  const read = sentInstant.safeParse(text)
  expect(read.error?.issues[0]?.message).toContain(wrong)
})

test('every instant comes back from every way to write it', () => {
  const any = fc.record({
    ms: fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9990, 0, 1) }),
    offset: fc.integer({ min: -23 * 60, max: 23 * 60 }),
    lower: fc.boolean(),
  })
  fc.assert(
    fc.property(any, ({ ms, offset, lower }) => {
      const local = new Date(ms + offset * 60_000).toISOString().slice(0, -1)
      const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
      const text = `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
      expect(readInstant(lower ? text.toLowerCase() : text)).toEqual({ ms })
    }),
  )
})
