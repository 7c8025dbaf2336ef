/** Every writer of a state, from every state: it follows the table of rules.ts or changes nothing. */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PublicationState, publicationStates } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import { newId } from '#infra/ids.ts'
import { enrol } from '../insights/store.ts'
import * as commands from './commands.ts'
import { countByState } from './counting.ts'
import { claim, nextDue, troubles } from './due.ts'
import { next, type PublicationEvent } from './rules.ts'
import { type Claim, LeaseLost } from './store.ts'
import { channelA, channelB, type ToyHouse, toyHouse, toyWs } from './testing.ts'
import { isIn, openStates, settledStates } from './transition.ts'
import { type Ending, finish } from './writes.ts'

let h: ToyHouse
let id: string
let post: string
beforeAll(async () => {
  h = await toyHouse()
})
afterAll(() => h.close())
beforeEach(async () => {
  await h.db.deleteFrom('posts').execute()
  await h.db.updateTable('channels').set({ state: 'ok', lease_token: null, lease_until: null }).execute()
  id = await h.plan(['one'])
  post = (await h.read(id)).post_id
})

const lease = newId(7)
const now = () => new Date(h.clock.now())
const stand = async (state: PublicationState, begun: boolean) => {
  await h.db.updateTable('channels').set({ lease_token: null, lease_until: null }).execute()
  await h.db
    .updateTable('publications')
    .set({ state, begun, lease_token: lease, lease_until: now(), reason: state === 'held' ? 'reconnect' : null })
    .where('id', '=', id)
    .execute()
}
const inTrx = (run: (trx: typeof h.db) => Promise<unknown>) => h.db.transaction().execute(run)
const held = (): Claim => ({
  publicationId: id,
  channelId: channelA,
  workspaceId: toyWs,
  postId: post,
  platform: 'toy',
  lease,
  until: now(),
  attempt: 1,
  began: null,
  deaths: 0,
  dueAt: now(),
  worker: 'w',
})
const end = (event: Ending) => () => finish(h.db, held(), { event, verdict: 'failed', now: now() })

const writers: [string, PublicationEvent, () => Promise<unknown>][] = [
  ['cancelPublication', 'cancel', () => commands.cancelPublication(h.db, h.target(id))],
  ['reschedulePublication', 'schedule', () => commands.reschedulePublication(h.db, { ...h.target(id), dueAt: now() })],
  ['unschedulePublications', 'unschedule', () => inTrx((trx) => commands.unschedulePublications(trx, post, now()))],
  ['retryPublication', 'retry', () => commands.retryPublication(h.db, h.target(id))],
  // Nothing is open and nothing is planned after it, so it was the last.
  [
    'resolvePublication (there)',
    'resolve-last',
    () => commands.resolvePublication(h.db, { ...h.target(id), there: true }),
  ],
  [
    'resolvePublication (again)',
    'resolve-again',
    () => commands.resolvePublication(h.db, { ...h.target(id), again: true }),
  ],
  ['releaseHeld', 'release', () => inTrx((trx) => commands.releaseHeld(trx, channelA, now()))],
  ['holdChannel', 'hold', () => inTrx((trx) => commands.holdChannel(trx, channelA, 'reconnect', 'No.', now()))],
  [
    'claim',
    'claim',
    () => claim(h.db, { free: { toy: 1 }, now: now(), leaseUntil: new Date(h.clock.now() + 1000), worker: 'w' }),
  ],
  ...(['wait', 'publish', 'fail', 'ask', 'hold', 'late-ask', 'late-expire'] as const).map(
    (event): [string, PublicationEvent, () => Promise<unknown>] => [`finish (${event})`, event, end(event)],
  ),
]

describe.each(writers)('%s', (_, event, write) => {
  it.each(publicationStates)('from %s', async (state) => {
    for (const begun of [false, true]) {
      await stand(state, begun)
      const refused = await write().then(
        () => false,
        (error: unknown) => {
          if (!(error instanceof Problem || error instanceof LeaseLost)) throw error
          return true
        },
      )
      const to = next(state, event, begun)
      // What finds nothing to do is no refusal; what a person asked for is.
      const after = await h.read(id)
      expect([after.state, refused && to !== null], `begun: ${begun}`).toEqual([to ?? state, false])
    }
  })
})

it('a person who found it is told the state that was written: what follows goes on, or nothing follows', async () => {
  for (const [plan, state] of [
    [['create', 'comment'], 'waiting'],
    [['create'], 'published'],
  ] as const) {
    await h.db
      .updateTable('publications')
      .set({ state: 'unconfirmed', frozen: JSON.stringify({ plan }) })
      .execute()
    await h.db.deleteFrom('steps').execute()
    await h.db
      .insertInto('steps')
      .values({
        publication_id: id,
        key: 'create',
        position: 0,
        state: 'unknown',
        first_begun_at: now(),
        begun_at: now(),
      })
      .execute()
    const heard: string[] = []
    const stop = await h.database.listen('clarion_live', (x) => heard.push(x))
    await commands.resolvePublication(h.db, { ...h.target(id), there: true })
    await expect.poll(() => heard.map((x) => (JSON.parse(x) as { state: string }).state)).toEqual([state])
    await stop()
    expect((await h.read(id)).state).toBe(state)
  }
})

it('the database knows what is settled, whoever writes the state, and SQL asks it so', async () => {
  for (const state of publicationStates) {
    await stand(state, false)
    const row = await h.db
      .selectFrom('publications')
      .select(['settled', 'prepare_at'])
      .select(publicationStates.map((s) => isIn([s]).as(s)))
      .select([isIn(openStates).as('open'), isIn(settledStates).as('over'), isIn(publicationStates).as('any')])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const open = ['scheduled', 'waiting', 'publishing'].includes(state)
    expect(row).toMatchObject({ settled: open ? null : state, open, any: true })
    expect(row.over === true).toBe(!open)
    expect(publicationStates.filter((s) => row[s])).toEqual([state])
    // What is settled is prepared no more, and comes back to the plan with a time of its own.
    if (!open) expect(row.prepare_at).toBeNull()
    expect(await countByState(h.db, now())).toEqual([{ state, n: 1 }])
  }
  const inserted = await h.db
    .insertInto('publications')
    .values({
      id: newId(8),
      post_id: post,
      workspace_id: toyWs,
      channel_id: channelB,
      state: 'published',
      created_at: now(),
      updated_at: now(),
    })
    .returning('settled')
    .executeTakeFirstOrThrow()
  expect(inserted.settled).toBe('published')
})

it('what is published is counted, whatever happens to it and in whatever order', async () => {
  const channels = [channelA, channelB]
  type Act = 'publish' | 'look' | 'look-elsewhere' | 'forget' | 'take-away'
  const acts = fc.constantFrom<Act>('publish', 'publish', 'publish', 'look', 'look-elsewhere', 'forget', 'take-away')
  await fc.assert(
    fc.asyncProperty(fc.array(acts, { maxLength: 12 }), async (steps) => {
      await h.db.deleteFrom('posts').execute()
      const published = async () => (await countByState(h.db, now())).find((r) => r.state === 'published')?.n ?? 0
      for (const act of steps) {
        if (act === 'publish')
          await sql`insert into publications (id, post_id, workspace_id, channel_id, state, created_at, updated_at)
            select ${newId(h.clock.now())}, ${(await h.read(await h.plan(['x']))).post_id}, ${toyWs}, ${channels[1]!}, 'published', now(), now()`.execute(
            h.db,
          )
        else if (act === 'look')
          await sql`delete from uncounted where publication_id in (select publication_id from uncounted limit 2)`.execute(
            h.db,
          )
        else if (act === 'look-elsewhere')
          // Two workers at once, of which each takes some.
          await Promise.all([1, 2].map(() => enrol(h.db, { post: ['toy'], account: [] }, now())))
        else if (act === 'forget')
          await sql`delete from publications where id in (select id from publications where state = 'published' limit 1)`.execute(
            h.db,
          )
        else
          await sql`update publications set state = 'draft' where id in (select id from publications where state = 'published' limit 1)`.execute(
            h.db,
          )
        const { rows } = await sql<{
          n: number
        }>`select count(*)::int as n from publications where state = 'published'`.execute(h.db)
        expect(await published(), act).toBe(rows[0]!.n)
      }
    }),
    { numRuns: 15 },
  )
  // Deltas are folded: the number is few lines, however long it was kept.
  await sql`insert into uncounted select gen_random_uuid()`.execute(h.db)
  await sql`delete from uncounted`.execute(h.db)
  expect((await h.db.selectFrom('published_counts').select('id').execute()).length).toBe(1)
})

it('what is looked for is what may be claimed, and what may be held', async () => {
  for (const state of publicationStates) {
    await stand(state, false)
    await h.db
      .updateTable('publications')
      .set({ next_at: new Date(h.clock.now() + 1000) })
      .execute()
    const due = await nextDue(h.db, now())
    expect(due !== null, state).toBe(next(state, 'claim', false) !== null)
    await h.db.updateTable('publications').set({ next_at: now() }).execute()
    await h.db.updateTable('channels').set({ state: 'reconnect' }).where('id', '=', channelA).execute()
    expect((await troubles(h.db, now())).broken.length === 1, state).toBe(next(state, 'hold', false) !== null)
    await h.db.updateTable('channels').set({ state: 'ok' }).execute()
  }
})
