/** What is forgotten of a publication that is over, and what must stay so that nothing goes out twice. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createdBy } from '../published/created.ts'
import { retryPublication } from './commands.ts'
import { publicationStory } from './detail.ts'
import { forgetHistory } from './history.ts'
import { publishingJobs } from './jobs.ts'
import { channelB, type ToyHouse, toyHouse, toyWs } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())

const day = 86_400_000
const forget = () => forgetHistory(h.db, new Date(h.clock.now() - 30 * day))
const story = async (id: string) => (await publicationStory(h.db, toyWs, id))!
const shape = async (id: string) => {
  const s = await story(id)
  const rows = s.steps.filter((x) => x.state !== 'planned')
  return {
    journal: s.journal.map((j) => j.event),
    attempts: s.attempts.length,
    steps: rows.map((x) => x.key),
  }
}

it('leaves what became of it, and its public steps', async () => {
  const id = await h.plan(['one', 'two'], { firstComment: 'first' })
  await h.engine().runDue()
  const before = await h.read(id)
  expect(await forget()).toMatchObject({ publications: 0 })
  h.clock.set(h.clock.now() + 31 * day)
  expect(await forget()).toEqual({ publications: 1, journal: 9, attempts: 1, steps: 1 })
  expect(await shape(id)).toEqual({ journal: ['published'], attempts: 0, steps: ['create:0', 'create:1', 'comment'] })
  expect((await createdBy(h.db, id)).map((c) => c.id)).toEqual(['n2', 'n1'])
  expect(await h.read(id)).toEqual(before)
  expect(await forget()).toEqual({ publications: 0, journal: 0, attempts: 0, steps: 0 })
})

it('keeps what the network gave for a published one, and not what was needed to send it', async () => {
  const id = await h.plan(['one'])
  h.net.next.push('422')
  const failed = await h.plan(['two'], { channel: channelB })
  await h.engine('keyed').runDue()
  const steps = async (of: string) =>
    h.db
      .selectFrom('steps')
      .select(['checkpoint', 'prepared'])
      .where('publication_id', '=', of)
      .where('name', '=', 'create')
      .execute()
  const states = async () => Promise.all([id, failed].map(async (x) => (await h.read(x)).state))
  for (let i = 0; i < 4 && (await states()).includes('waiting'); i++) {
    h.clock.set(h.clock.now() + 60_000)
    await h.engine('keyed').runDue()
  }
  const [published, refused] = (await states())[0] === 'published' ? [id, failed] : [failed, id]
  expect([(await h.read(published)).state, (await h.read(refused)).state]).toEqual(['published', 'failed'])
  h.clock.set(h.clock.now() + 31 * day)
  await forget()
  expect(await steps(published)).toMatchObject([{ checkpoint: { id: 'n1' }, prepared: null }])
  // It may be tried again, and then its key must be the one of then.
  expect((await steps(refused))[0]!.prepared).not.toBeNull()
})

it('a half-published thread that is tried again after years goes on where it stopped', async () => {
  h.net.next.push('ok', '422')
  const id = await h.plan(['one', 'two'])
  await h.engine('never').runDue()
  expect((await h.read(id)).state).toBe('failed')
  h.clock.set(h.clock.now() + 800 * day)
  expect(await forget()).toMatchObject({ publications: 1, steps: 0 })
  expect(await shape(id)).toMatchObject({ journal: ['failed'], attempts: 0, steps: ['upload', 'create:0', 'create:1'] })
  await retryPublication(h.db, h.target(id))
  await h.engine('never').runDue()
  expect((await h.read(id)).state).toBe('published')
  expect(h.net.posts).toEqual(['one', 'two'])
})

it('what waits for a person or a time keeps all it has', async () => {
  h.net.next.push('lost')
  const asked = await h.plan(['asked'])
  await h.engine('never').runDue()
  const later = await h.plan(['later'], { dueIn: 400 * day })
  h.clock.set(h.clock.now() + 100 * day)
  const [was, will] = [await story(asked), await story(later)]
  expect((await h.read(asked)).state).toBe('unconfirmed')
  expect(await forget()).toMatchObject({ publications: 0 })
  expect([await story(asked), await story(later)]).toEqual([was, will])
})

it('is a job only where somebody set it, and says what it removed', async () => {
  const said: object[] = []
  const log = { info: (o: object) => void said.push(o) }
  expect(publishingJobs({ db: h.db, clock: h.clock, days: 0, log })).toEqual([])
  const [job] = publishingJobs({ db: h.db, clock: h.clock, days: 30, log })
  await job!.look()
  expect(said).toEqual([])
  await h.plan(['one'])
  await h.engine().runDue()
  h.clock.set(h.clock.now() + 31 * day)
  expect((await job!.look())!.getTime() - h.clock.now()).toBe(day / 4)
  expect(said).toEqual([expect.objectContaining({ publications: 1, days: 30 })])
})
