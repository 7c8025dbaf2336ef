/** Who is woken by what, in the house as it is put together. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { notify, topics } from '#infra/db/database.ts'
import { keepEvents } from '#planner/signals/store.ts'
import { type Whole, wholeApp } from './testing/whole.ts'

let t: Whole
const heard = new Set<string>()
const mark = 'jobs_test_mark'
let marks = 0
beforeAll(async () => {
  t = await wholeApp()
  await t.database.listen(mark, () => void marks++)
  for (const [name, topic] of Object.entries(topics)) await t.database.listen(topic, () => heard.add(name))
})
afterAll(() => t.close())

/** The topics of what was committed since the last call. PostgreSQL tells in the order of commits, so a mark comes last. */
const said = async () => {
  const before = marks
  await notify(t.database.db, mark, '')
  await expect.poll(() => marks).toBeGreaterThan(before)
  const names = [...heard].sort()
  heard.clear()
  return names
}

test('publishing wakes no chore; a chore hears what it waits for, and sweeps hear nothing', () => {
  const hears = Object.fromEntries(t.house.jobs.list.map((j) => [j.name, j.topics ?? []]))
  expect(hears).toEqual({
    'refresh tokens': [topics.connected],
    'sweep connect flows': [],
    'sweep budgets': [],
    forecast: [topics.plans],
    'sweep uploads': [],
    'read insights': [topics.connected],
    'forget what networks told': [],
    'handle webhooks': [topics.signals],
    'sweep events': [],
    attention: [],
    'forget attention': [],
  })
})

test('what has minutes of time gives way to publications; tokens, forecasts and events never do', () => {
  const gives = t.house.jobs.list.filter((j) => j.givesWay).map((j) => j.name)
  expect(gives.sort()).toEqual([
    'attention',
    'forget attention',
    'forget what networks told',
    'read insights',
    'sweep budgets',
    'sweep connect flows',
    'sweep events',
    'sweep uploads',
  ])
})

test('what says "in six hours" is looked at in six hours, and not before', async () => {
  const sweeps = t.house.jobs.list.filter((j) => j.name.startsWith('sweep'))
  for (const job of sweeps) {
    expect(job.atMostMs, job.name).toBeUndefined()
    const ms = (await job.look())!.getTime() - t.clock.now()
    expect(ms, job.name).toBe((job.name === 'sweep connect flows' ? 1 : 6) * 3_600_000)
  }
})

test('a post that is scheduled wakes the engine and the forecast; an event of a network wakes its handler', async () => {
  const post = await t.call('postCreate', {
    body: { content: { segments: [{ text: 'x' }] }, publications: [{ channelId: await t.channel() }] },
  })
  await said()
  await t.call('postSchedule', { params: { id: post.body!.id }, body: { at: '2027-03-02T12:00:00Z' } })
  expect(await said()).toEqual(['due', 'live', 'plans'])
  const event = { key: '1', account: null, does: 'published', ref: null, data: {} } as const
  await keepEvents(t.database.db, { platform: 'plain', realm: 'live', events: [event], now: new Date(t.clock.now()) })
  expect(await said()).toEqual(['signals'])
})
