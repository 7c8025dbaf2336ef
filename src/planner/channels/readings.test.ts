import { afterAll, beforeAll, expect, it } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { newId } from '#infra/ids.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Quota } from '#kit/client/platform.ts'
import { createReadings, type Readings } from './readings.ts'
import { channelsHouse } from './testing/house.ts'
import { toy } from './testing/toy.ts'

const clock = manualClock()
let t: TestDatabase
let channel: string
const errors: string[] = []
let readings: Readings
beforeAll(async () => {
  t = await testDatabase()
  const house = channelsHouse({
    ...{
      database: t,
      clock,
      keys: memoryKeyRing(),
      platforms: [toy({ id: 'toy', rotates: false })],
      sandboxUrl: 'http://sandbox.test',
    },
  })
  const { ws } = await house.workspace()
  channel = await house.channel({ ws, platform: 'toy', grant: { access: 'a' }, externalId: '1' })
  readings = createReadings({ db: t.db, clock, onError: (_, id) => errors.push(id) })
})
afterAll(() => t.drop())

const quota = (bucket: string, used: number): Quota => ({ bucket, label: bucket, used, cap: 100, resetsAt: null })
const kept = async () => {
  const rows = await t.db.selectFrom('quota_readings').select(['bucket', 'used', 'at']).orderBy('bucket').execute()
  return rows.map((r) => [r.bucket, r.used])
}
const writers = async () => (await t.pool.query('select distinct xmin::text from quota_readings')).rows.length

it('a burst of answers is one write, in a moment, with the last word on each bucket', async () => {
  const from = clock.now()
  for (let n = 1; n <= 50; n++) readings.hear(channel, [quota('calls', n)], from + n)
  // Another endpoint speaks of another bucket; neither replaces the other.
  readings.hear(channel, [quota('posts', 7)], from)
  await clock.advance(999)
  expect(await kept()).toEqual([])
  await clock.advance(1)
  await readings.settled()
  expect(await kept()).toEqual([
    ['calls', 50],
    ['posts', 7],
  ])
  expect(await writers()).toBe(1)
})

it('whoever stops waits for no moment; what was said before is not written again', async () => {
  const versions = async () => (await t.pool.query('select xmin::text, bucket from quota_readings order by 2')).rows
  const before = await versions()
  readings.hear(channel, [quota('calls', 50), quota('posts', 8)], clock.now())
  await readings.settled()
  expect(await kept()).toEqual([
    ['calls', 50],
    ['posts', 8],
  ])
  const after = await versions()
  expect(after[0]).toEqual(before[0])
  expect(after[1].xmin).not.toBe(before[1].xmin)
})

it('a channel that is gone costs the others nothing, and its word is told', async () => {
  const gone = newId(clock.now())
  readings.hear(gone, [quota('calls', 1)], clock.now())
  readings.hear(channel, [quota('calls', 60)], clock.now())
  await readings.settled()
  expect(await kept()).toContainEqual(['calls', 60])
  expect(errors).toEqual([gone])
})
