/**
 * The real engine and the real database against any sequence of faults, deaths, time and people. Checked throughout:
 * nothing goes out twice, nothing is stuck, and no state says what is not so.
 */
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PublicationState } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import {
  cancelPublication,
  holdChannel,
  releaseHeld,
  reschedulePublication,
  resolvePublication,
  retryPublication,
  unschedulePublications,
} from './commands.ts'
import { dropPrepared } from './prepared.ts'
import { next, type PublicationEvent, transitions } from './rules.ts'
import { type Behaviour, behaviours, channelA, type ToyHouse, toyHouse } from './testing.ts'

const simples = [
  'cancel',
  'reschedule',
  'unschedule',
  'hold',
  'retry',
  'resolve',
  'pause',
  'resume',
  'reconnect',
  'edit',
] as const
type Simple = (typeof simples)[number]
type Event =
  | { do: 'network'; how: Behaviour; comment: boolean }
  | { do: 'look fails' }
  | { do: 'work'; engines: number }
  | { do: 'prepare'; engines: number }
  | { do: 'die'; ahead: boolean; call: number; after: boolean }
  | { do: 'time'; ms: number }
  | { do: Simple }

const simple = (what: Simple) => fc.constant<Event>({ do: what })
const eventsFor = (again: string) =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record<Event & { do: 'network' }>({
          do: fc.constant('network'),
          // A network nobody can look at, which lies about a refusal it names plainly, cannot be caught by anyone.
          how: fc.constantFrom(...behaviours.filter((b) => again !== 'never' || b !== 'refused though done')),
          comment: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.constant<Event>({ do: 'look fails' }) },
      {
        weight: 4,
        arbitrary: fc.record<Event & { do: 'work' }>({
          do: fc.constant('work'),
          engines: fc.integer({ min: 1, max: 2 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record<Event & { do: 'prepare' }>({
          do: fc.constant('prepare'),
          engines: fc.integer({ min: 1, max: 2 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record<Event & { do: 'die' }>({
          do: fc.constant('die'),
          ahead: fc.boolean(),
          call: fc.integer({ min: 0, max: 4 }),
          after: fc.boolean(),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record<Event & { do: 'time' }>({
          do: fc.constant('time'),
          ms: fc.constantFrom(1_000, 31_000, 200_000),
        }),
      },
      ...simples.map((what) => ({
        weight: 1,
        arbitrary: simple(what),
      })),
    ),
    { minLength: 3, maxLength: 12 },
  )

/** Per kind of network; hundreds pass too, but take a minute. */
const lives = 20

let h: ToyHouse
let run = 0
beforeAll(async () => {
  h = await toyHouse({ lagMs: 20_000 })
  // Every change of a state, whoever makes it.
  await sql`create table moves (n serial, before text, after text, begun boolean)`.execute(h.db)
  await sql`create function moved() returns trigger language plpgsql as $$
    begin insert into moves (before, after, begun) values (old.state, new.state, old.begun); return new; end $$`.execute(
    h.db,
  )
  await sql`create trigger moved after update of state on publications for each row execute function moved()`.execute(
    h.db,
  )
})

const events = Object.keys(transitions) as PublicationEvent[]
/** Changes of a state that no event of the table makes. */
const strays = async () => {
  type Move = { before: PublicationState; after: PublicationState; begun: boolean }
  const { rows } = await sql<Move>`delete from moves returning before, after, begun`.execute(h.db)
  return rows.filter((m) => !events.some((e) => next(m.before, e, m.begun) === m.after))
}
afterAll(() => h.close())

const channelOk = async () => {
  await h.db.updateTable('channels').set({ state: 'ok', paused_at: null }).execute()
  await h.db.transaction().execute((trx) => releaseHeld(trx, channelA, new Date(h.clock.now())))
}

/** What is prepared lives for five minutes, so that it ends its life now and then. */
const toyOf = (again: 'ask' | 'keyed' | 'never') => ({ again, ahead: { upload: 300_000 } })

const live = async (again: 'ask' | 'keyed' | 'never', dueIn: number, events: readonly Event[]): Promise<void> => {
  // Days apart, so that nothing of one life reaches into the next.
  h.clock.set(h.clock.now() + 3 * 86_400_000)
  await h.db.updateTable('channels').set({ not_before: null, lease_until: null, lease_token: null }).execute()
  h.net.next.length = 0
  h.net.nextComment.length = 0
  h.net.nextLook.length = 0
  await channelOk()
  const name = `life ${++run}`
  const texts = [`${name} a`, `${name} b`]
  /** Words that an edit took away. */
  const old: string[] = []
  const comment = `${name} c`
  const id = await h.plan(texts, { firstComment: comment, dueIn })
  const post = (await h.read(id)).post_id
  const copies = (text: string) => [...h.net.posts, ...h.net.comments].filter((x) => x === text).length
  const out = () => texts.filter((t) => copies(t) > 0).length

  const truth = async (what: string) => {
    const p = await h.read(id)
    const said = `${what}: ${p.state} ${p.reason ?? ''} ${p.message ?? ''}`
    for (const t of [...texts, comment]) expect(copies(t), `${said}; copies of ${t}`).toBeLessThanOrEqual(1)
    for (const t of old) expect(copies(t), `${said}; ${t} was edited away`).toBe(0)
    if (p.state === 'published') expect(out(), said).toBe(texts.length)
    if (p.state === 'published' && !p.message) expect(copies(comment), said).toBe(1)
    if (p.state === 'cancelled' || p.state === 'missed') expect(out(), said).toBe(0)
    if (p.state === 'failed')
      expect(Number(/^(\d) of \d posts are out/.exec(p.message ?? '')?.[1] ?? 0), said).toBe(out())
    if (['failed', 'held', 'unconfirmed', 'waiting', 'missed'].includes(p.state)) expect(p.message, said).toBeTruthy()
    return p
  }
  /** A person who looks and says what is so. */
  const resolve = async () => {
    const open = await h.db
      .selectFrom('steps')
      .select('key')
      .where('publication_id', '=', id)
      .where('state', 'in', ['begun', 'unknown'])
      .executeTakeFirst()
    if (!open) return
    const text = open.key === 'comment' ? comment : texts[Number(open.key.split(':')[1])]!
    await resolvePublication(h.db, { ...h.target(id), ...(copies(text) > 0 ? { there: true } : { again: true }) })
  }
  /** People may be refused; anything else is an error of ours. */
  const person = async (act: () => Promise<unknown>) => {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }
  const meet = async (e: Event): Promise<void> => {
    switch (e.do) {
      case 'network':
        return void (e.comment ? h.net.nextComment : h.net.next).push(e.how)
      case 'look fails':
        return void h.net.nextLook.push('500')
      case 'work':
        return void (await Promise.all(Array.from({ length: e.engines }, () => h.engine(toyOf(again)).runDue())))
      case 'prepare':
        return void (await Promise.all(Array.from({ length: e.engines }, () => h.engine(toyOf(again)).runAhead())))
      case 'die':
        return h.die(toyOf(again), e.call, e.after, e.ahead)
      case 'time':
        return h.clock.set(h.clock.now() + e.ms)
      case 'edit':
        return h.db.transaction().execute(async (trx) => {
          const p = await trx
            .selectFrom('publications')
            .selectAll()
            .where('id', '=', id)
            .forUpdate()
            .executeTakeFirstOrThrow()
          if (p.begun || (p.state !== 'scheduled' && p.state !== 'draft')) return
          old.push(...texts)
          texts.splice(0, 2, `${name} a${old.length}`, `${name} b${old.length}`)
          const content = { segments: texts.map((text) => ({ text, mediaIds: [] })), firstComment: comment }
          await trx
            .updateTable('publications')
            .set({ content: JSON.stringify(content) })
            .where('id', '=', id)
            .execute()
          // Half of the edits are told of; the rest is seen at the due time.
          if (old.length % 4 === 2)
            await dropPrepared(trx, sql`publications.id = ${id}`, 'changed', new Date(h.clock.now()))
        })
      case 'cancel':
        return person(() => cancelPublication(h.db, h.target(id)))
      case 'reschedule':
        return person(() => reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now() + 5_000) }))
      case 'unschedule':
        return person(() =>
          h.db.transaction().execute((trx) => unschedulePublications(trx, post, new Date(h.clock.now()))),
        )
      case 'hold':
        return h.db
          .transaction()
          .execute((trx) => holdChannel(trx, channelA, 'channel-removed', 'Gone.', new Date(h.clock.now())))
      case 'retry':
        return person(() => retryPublication(h.db, h.target(id)))
      case 'resolve':
        return person(resolve)
      case 'pause':
        return void (await h.db
          .updateTable('channels')
          .set({ paused_at: new Date(h.clock.now()) })
          .execute())
      case 'resume':
        return void (await h.db.updateTable('channels').set({ paused_at: null }).execute())
      case 'reconnect':
        return channelOk()
    }
  }

  for (const e of events) {
    await meet(e)
    await truth(JSON.stringify(e))
    expect(await strays(), JSON.stringify(e)).toEqual([])
  }
  h.net.next.length = 0
  h.net.nextComment.length = 0
  h.net.nextLook.length = 0
  await channelOk()
  for (let i = 0; i < 20; i++) {
    const p = await truth('calm')
    if (['published', 'failed', 'cancelled'].includes(p.state)) return
    if (p.state === 'draft') await reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now()) })
    if (p.state === 'unconfirmed') await resolve()
    if (p.state === 'held' || p.state === 'missed') await person(() => retryPublication(h.db, h.target(id)))
    h.clock.set(Math.max(h.clock.now() + 31_000, p.next_at?.getTime() ?? 0))
    await h.engine(toyOf(again)).runDue()
  }
  const stuck = await h.read(id)
  expect.fail(`stuck in ${stuck.state}: ${stuck.reason} ${stuck.message}`)
}

describe.each(['ask', 'keyed', 'never'] as const)('any life of a publication, %s', (again) => {
  it('ends with one copy of everything, or with the truth about it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0, 120_000, 240_000), eventsFor(again), (dueIn, events) =>
        live(again, dueIn, events),
      ),
      { numRuns: lives, endOnFailure: false },
    )
  }, 1_200_000)
})
