import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import type { Platform } from '#kit/client/platform.ts'
import { platforms as all } from '#platforms/registry/server.gen.ts'
import { talker } from '../channels/testing/talker.ts'
import { seeder } from '../posts/testing.ts'
import { insightJobs } from './jobs.ts'
import { forgetTold } from './keeping.ts'

const hour = 3_600_000
const clock = manualClock(Date.UTC(2026, 10, 22, 12))
let t: TestDatabase
let person: string
let page: string
const keeps = (list: Platform['spec']['keeps']) => {
  const p = talker()
  return new Map([['talker', { ...p, spec: { ...p.spec, keeps: list } }]])
}
const rules = keeps([
  { kinds: ['person'], ms: 48 * hour },
  { kinds: ['page'], ms: 4_000 * hour },
])

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(() => t.drop())
beforeEach(async () => {
  await t.db.deleteFrom('workspaces').execute()
  await t.db.deleteFrom('webhook_events').execute()
  const seed = seeder(t.db, clock)
  const ws = await seed.workspace()
  person = await seed.channel(ws.id, 'talker')
  page = await seed.channel(ws.id, 'talker')
  await t.db.updateTable('channels').set({ kind: 'person' }).where('id', '=', person).execute()
  await t.db.updateTable('channels').set({ kind: 'page' }).where('id', '=', page).execute()
})

const at = (hoursAgo: number) => new Date(clock.now() - hoursAgo * hour)
const number = (channel: string, hoursAgo: number) =>
  t.db
    .insertInto('snapshots')
    .values({ channel_id: channel, publication_id: null, at: at(hoursAgo), metrics: '{"likes":1}', raw: '{}' })
    .execute()
const event = (key: string, account: string | null, hoursAgo: number, open = false) =>
  t.db
    .insertInto('webhook_events')
    .values({
      platform: 'talker',
      realm: 'sandbox',
      key,
      account,
      does: 'comment',
      ref: 'post',
      message: 'Lovely',
      url: null,
      data: '{"text":"Lovely"}',
      received_at: at(hoursAgo),
      happened_at: null,
      next_at: open ? at(hoursAgo) : null,
    })
    .execute()
const numbersOf = async (channel: string) =>
  (await t.db.selectFrom('snapshots').select('at').where('channel_id', '=', channel).execute()).length
const texts = async () =>
  Object.fromEntries(
    (await t.db.selectFrom('webhook_events').select(['key', 'message', 'data']).execute()).map((e) => [
      e.key,
      [e.message, e.data],
    ]),
  )

test('numbers go when their time is up, by the kind of channel; a late sweep is still in time', async () => {
  for (const hoursAgo of [1, 45, 47, 49]) await number(person, hoursAgo)
  for (const hoursAgo of [1, 49, 4_001]) await number(page, hoursAgo)
  expect(await forgetTold(t.db, rules, new Date(clock.now()))).toEqual([
    { platform: 'talker', kinds: ['person'], numbers: 2, events: 0 },
    { platform: 'talker', kinds: ['page'], numbers: 1, events: 0 },
  ])
  expect([await numbersOf(person), await numbersOf(page)]).toEqual([2, 2])
  expect(await forgetTold(t.db, rules, new Date(clock.now()))).toEqual([])
})

test('what events said goes too; the event stays known, and one that is still to be handled keeps its words', async () => {
  await event('old', person, 60)
  await event('new', person, 1)
  await event('open', person, 60, true)
  await event('of the page', page, 60)
  await event('of nobody', null, 60)
  const [gone] = await forgetTold(t.db, rules, new Date(clock.now()))
  expect(gone).toMatchObject({ kinds: ['person'], events: 2 })
  const said = ['Lovely', { text: 'Lovely' }]
  expect(await texts()).toEqual({
    old: [null, null],
    new: said,
    open: said,
    'of the page': said,
    'of nobody': [null, null],
  })
})

test('a network that names no limit loses nothing', async () => {
  await number(person, 100_000)
  expect(await forgetTold(t.db, keeps(undefined), new Date(clock.now()))).toEqual([])
  expect(await numbersOf(person)).toBe(1)
})

test('the job says what it removed, and comes every hour', async () => {
  await number(person, 60)
  const said: object[] = []
  const insights = { lookDue: async () => null }
  const jobs = insightJobs({ db: t.db, clock, platforms: rules, insights, log: { info: (o) => void said.push(o) } })
  const job = jobs.find((j) => j.name === 'forget what networks told')!
  expect((await job.look())!.getTime() - clock.now()).toBe(hour)
  expect(said).toEqual([{ platform: 'talker', kinds: ['person'], numbers: 1, events: 0 }])
})

test('the limits of the networks, and only of kinds of channels they have', () => {
  const named = all.filter((p) => p.spec.keeps)
  expect(Object.fromEntries(named.map((p) => [p.spec.name, p.spec.keeps]))).toEqual({
    LinkedIn: [
      { kinds: ['person'], ms: 48 * hour },
      { kinds: ['organization'], ms: 180 * 24 * hour },
    ],
    YouTube: [{ ms: 30 * 24 * hour }],
  })
  for (const { spec } of named)
    for (const { kinds } of spec.keeps!) for (const kind of kinds ?? []) expect(spec.channelKinds).toContain(kind)
})
