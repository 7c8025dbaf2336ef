import { expect, test } from 'vitest'
import { settings } from './spec.ts'

test('when YouTube makes a video public may be written in any form of RFC 3339, and is kept as UTC', () => {
  const publishAt = (text: string) => settings.safeParse({ privacy: 'private', publishAt: text })
  for (const text of [
    '2030-03-01t09:00:00+01:00',
    '2030-03-01T08:00Z',
    '2030-03-01 08:00:00.000000Z',
    '2030-03-01T09:00:00+0100',
  ])
    expect(publishAt(text).data?.publishAt, text).toBe('2030-03-01T08:00:00.000Z')
  expect(publishAt('2030-03-01T08:00:00').error?.issues[0]?.message).toContain('has no offset')
})
