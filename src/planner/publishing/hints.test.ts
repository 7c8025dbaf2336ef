/** What screens are told: after the commit, gathered, and not lost while the process lives. */
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDatabase, topics } from '#infra/db/database.ts'
import { cutWire } from '#infra/testing/wire.ts'
import { createHints } from './hints.ts'
import type { Claim } from './store.ts'
import { channelA, type ToyHouse, toyHouse, toyWs } from './testing.ts'

let h: ToyHouse
let heard: { id: string; state: string; stood: Promise<string> }[]
let stop: () => Promise<void>
beforeEach(async () => {
  h = await toyHouse()
  heard = []
  stop = await h.database.listen(topics.live, (text) => {
    const { id, state } = JSON.parse(text) as { id: string; state: string }
    const stood = h.db.selectFrom('publications').select('state').where('id', '=', id).executeTakeFirst()
    heard.push({ id, state, stood: stood.then((p) => p?.state ?? 'gone') })
  })
})
afterEach(async () => {
  await stop()
  await h.close()
})
const claimOf = (id: string): Claim => ({
  publicationId: id,
  channelId: channelA,
  workspaceId: toyWs,
  postId: id,
  platform: 'toy',
  lease: id,
  until: new Date(0),
  attempt: 1,
  began: null,
  deaths: 0,
  dueAt: new Date(0),
  worker: 'w',
})
const silent = { info: () => {}, warn: () => {}, error: () => {} }

it('a run of the engine tells of what it left, when everybody can read it', async () => {
  const ids = [await h.plan(['one'])]
  h.net.next.push('422')
  await h.engine('never').runDue()
  ids.push(await h.plan(['two']))
  await h.engine('never').runDue()
  await expect.poll(() => heard.length).toBe(2)
  expect(heard.map((e) => [e.id, e.state])).toEqual([
    [ids[0], 'failed'],
    [ids[1], 'published'],
  ])
  for (const e of heard) expect(await e.stood).toBe(e.state)
})

it('words that come together are one statement, the newest of each publication', async () => {
  const wire = await cutWire(h.database.url)
  const far = openDatabase(wire.url)
  // A connection says its settings when it is opened.
  await sql`select 1`.execute(far.db)
  const before = wire.statements()
  const hints = createHints({ db: far.db, clock: h.clock, log: silent })
  const [a, b] = [await h.plan(['a']), await h.plan(['b'])]
  hints.tell(claimOf(a), 'publishing')
  hints.tell(claimOf(b), 'publishing')
  hints.tell(claimOf(a), 'published')
  await h.clock.advance(39)
  expect(wire.statements() - before).toBe(0)
  await h.clock.advance(1)
  await expect
    .poll(() => heard.map((e) => [e.id, e.state]))
    .toEqual([
      [a, 'published'],
      [b, 'publishing'],
    ])
  expect(wire.statements() - before).toBe(1)
  await far.close()
  await wire.close()
})

it('a word that could not be sent is sent again, unless there is a newer one by then', async () => {
  const wire = await cutWire(h.database.url)
  const far = openDatabase(wire.url)
  const hints = createHints({ db: far.db, clock: h.clock, log: silent })
  const [a, b] = [await h.plan(['a']), await h.plan(['b'])]
  // The first statement also opens the connection.
  const lost = wire.cut(['before'])
  hints.tell(claimOf(a), 'publishing')
  hints.tell(claimOf(b), 'publishing')
  const sent = hints.flush()
  await lost
  hints.tell(claimOf(b), 'published')
  await sent
  await h.clock.advance(1_000)
  await expect.poll(() => heard.map((e) => e.state).sort()).toEqual(['published', 'publishing'])
  expect(heard.find((e) => e.id === b)?.state).toBe('published')
  await far.close()
  await wire.close()
})
