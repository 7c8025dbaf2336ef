/** A worker sends and begins nothing once its lease may be another's, or its process is to end: whatever came between. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { absent, done, found, step, steps } from '#kit/client/steps.ts'
import { channelB, type ToyHouse, type ToyOptions, toyHouse } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(async () => {
  h.net.during(undefined)
  await h.close()
})
const gate = () => {
  let open: () => void = () => {}
  const opened = new Promise<void>((r) => (open = r))
  return { open, opened }
}

/** A network whose lists are believed after 15 s: sooner than a lease is over. */
const soon: ToyOptions = {
  again: 'ask',
  publish: steps(
    step(
      'create',
      {
        again: 'ask',
        believeEmptyAfterMs: 15_000,
        witness: async (t) => {
          type Seen = { posts: { id: string; text: string }[] }
          const { body } = await t.http<Seen>({ method: 'GET', url: 'https://toy.test/posts' })
          const hit = body.posts.find((p) => p.text === t.segments[0]!.text)
          return hit ? found({ id: hit.id, url: null }) : absent
        },
      },
      async (t) => {
        const json = { text: t.segments[0]!.text }
        const { body } = await t.http<{ id: string }>({ method: 'POST', url: 'https://toy.test/posts', json })
        return done({ id: body.id, url: null })
      },
    ),
  ),
}

/** A network nobody can look at, and nothing before its create. */
const blind: ToyOptions = {
  again: 'never',
  publish: steps(
    step('create', { again: 'never' }, async (t) => {
      const json = { text: t.segments[0]!.text }
      const { body } = await t.http<{ id: string }>({ method: 'POST', url: 'https://toy.test/posts', json })
      return done({ id: body.id, url: null })
    }),
  ),
}

/** Somebody holds the row of a publication from the moment its create is with the network. */
const heldAtCreate = (id: string) => {
  const held = gate()
  const letGo = gate()
  let over: Promise<unknown> | undefined
  h.net.during(async (path, method) => {
    if (over || method !== 'POST' || !path.endsWith('/posts')) return
    over = h.db.transaction().execute(async (trx) => {
      await trx.selectFrom('publications').select('id').where('id', '=', id).forUpdate().execute()
      held.open()
      await letGo.opened
    })
    await held.opened
  })
  /** The end of it has been asked for, and waits. */
  const waits = async () => {
    await held.opened
    const query = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await expect.poll(async () => (await h.database.pool.query(query)).rowCount, { timeout: 10_000 }).toBe(1)
  }
  return {
    waits,
    release: async () => {
      letGo.open()
      await over
    },
  }
}

it('what a channel goes on with has the lease that was written, however long that took', async () => {
  const first = await h.plan(['first'], { dueIn: -2 })
  await h.plan(['second'], { dueIn: -1 })
  const held = heldAtCreate(first)
  const [stalls, goes] = [gate(), gate()]
  let sent = 0
  const a = h.engine(soon, {
    beforeSend: async () => {
      if (++sent !== 2) return
      stalls.open()
      await goes.opened
    },
  })
  const work = a.runDue()
  await held.waits()
  h.clock.set(h.clock.now() + 31_000)
  await held.release()
  await Promise.race([stalls.opened, work])
  // Its lease is over: another worker takes it, looks, believes and publishes.
  await h.live(3, 8_000, soon)
  goes.open()
  await work
  await h.live(3, 30_000, soon)
  expect(h.net.posts).toEqual(['first', 'second'])
})

it('a claim that was answered late has no longer a lease than the table says', async () => {
  await h.plan(['late answer'], { channel: channelB })
  const goes = gate()
  const stalls = gate()
  let late = false
  const a = h.engine(soon, {
    beforeSend: async () => {
      stalls.open()
      await goes.opened
    },
    // The process stands still between the table's answer and its reading.
    steady: h.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (!late && result.rows.some((r) => r.what === 'taken')) h.clock.set(h.clock.now() + 31_000)
        late ||= result.rows.some((r) => r.what === 'taken')
        return result
      },
    }),
  })
  const work = a.runDue()
  await Promise.race([stalls.opened, work])
  await h.live(3, 8_000, soon)
  goes.open()
  await work
  await h.live(3, 30_000, soon)
  expect(h.net.posts).toEqual(['late answer'])
})

it('a process that is to end begins nothing more: no create is in doubt that never left', async () => {
  const first = await h.plan(['first'], { dueIn: -2 })
  const second = await h.plan(['second'], { dueIn: -1 })
  const held = heldAtCreate(first)
  const a = h.engine(blind)
  await a.start()
  await held.waits()
  const stopped = a.stop(0)
  await new Promise((r) => setTimeout(r, 50))
  await held.release()
  await stopped
  h.net.during(undefined)
  expect(await h.read(second)).toMatchObject({ begun: false, lease_token: null })
  await h.live(2, 1_000, blind)
  expect([(await h.read(first)).state, (await h.read(second)).state]).toEqual(['published', 'published'])
  expect(h.net.posts).toEqual(['first', 'second'])
})
