import { expect, test } from 'vitest'
import { scheduleInput } from './posts.ts'
import { tell } from './strict.ts'

const told = (body: unknown) => scheduleInput.safeParse(body).error?.issues.flatMap((i) => tell(i as never)) ?? []

test('of several ways to say something, what is wrong with the one that was taken is told', () => {
  expect(told({ at: '2027-03-01T09:00:00' })).toEqual([
    { path: ['at'], message: expect.stringContaining('has no offset') },
  ])
  expect(told({ at: '2027-02-29T09:00:00Z' })).toEqual([
    { path: ['at'], message: 'names a day that does not exist (2027-02-29)' },
  ])
  expect(told({ wallTime: '1 March' })).toEqual([{ path: ['wallTime'], message: 'use YYYY-MM-DDTHH:MM' }])
  expect(told({ at: '1803891600', zone: 'UTC' }).map((t) => t.path)).toEqual([['at'], ['zone']])
  expect(told({ at: '2027-03-01T09:00:00Z', zone: 'UTC' }).map((t) => t.path)).toEqual([['zone']])
})

test.each([{}, { now: false }, { at: 5 }, { when: 'soon' }, 'now', null])(
  'where none was taken (%j), all ways are named',
  (body) => {
    expect(told(body)).toEqual([{ path: [], message: expect.stringContaining('send one of') }])
  },
)
