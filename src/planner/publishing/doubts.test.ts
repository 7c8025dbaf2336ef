/** What may be believed of a refusal, a silence, a person's word - and what is said about it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { done, type StepContext, step, steps } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import {
  cancelPublication,
  releaseHeld,
  reschedulePublication,
  resolvePublication,
  retryPublication,
} from './commands.ts'
import { publicationStory } from './detail.ts'
import { slowUntil } from './rules.ts'
import { channelA, type ToyHouse, type ToyOptions, toyHouse, toyWs } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())
const state = async (id: string) => (await h.read(id)).state

describe('a keyed create whose first answer was lost', () => {
  it.each(['401', '429', '503', 'blocked'] as const)(
    'is not forgotten because a repetition met %s: trying again uses the same key',
    async (then) => {
      h.net.next.push('lost', then)
      const id = await h.plan(['keyed'])
      await h.engine('keyed').runDue()
      await h.live(2, 61_000, 'keyed')
      if ((await state(id)) === 'held') {
        await h.db.updateTable('channels').set({ state: 'ok' }).execute()
        await retryPublication(h.db, h.target(id))
      }
      await h.live(4, 61_000, 'keyed')
      expect(await state(id)).toBe('published')
      expect(h.net.posts).toEqual(['keyed'])
    },
  )

  it('cannot be cancelled after such a refusal: it may be out', async () => {
    h.net.next.push('lost', '429')
    const id = await h.plan(['keyed'])
    await h.engine('keyed').runDue()
    await h.live(1, 61_000, 'keyed')
    await expect(cancelPublication(h.db, h.target(id))).rejects.toMatchObject({ code: 'cannot-cancel' })
  })

  it('is not called failed when the token cannot be had any more', async () => {
    h.net.next.push('lost')
    const id = await h.plan(['keyed'])
    await h.engine('keyed').runDue()
    h.keeper.grant = () => Promise.reject(new TypeError('the key ring broke'))
    await h.live(12, 600_000, 'keyed')
    expect(await state(id)).toBe('unconfirmed')
  })
})

describe('a key that something else has', () => {
  /** Draws a key for each preparing, as networks do whose ids are chosen by the client. */
  const drawing = (keys: string[]): ToyOptions => ({
    again: 'keyed',
    publish: steps(
      step(
        'create',
        {
          again: 'keyed',
          keyTaken: 'toy.duplicate',
          prepare: () => {
            keys.push(`key ${keys.length + 1}`)
            return keys.at(-1)!
          },
          witness: async () => ({ unsure: 'Another post sits at the key.' }),
        },
        async (t) => {
          const json = { text: t.segments[0]!.text, key: t.prepared as string }
          const { body } = await t.http<{ id: string }>({ method: 'POST', url: 'https://toy.test/posts', json })
          return done({ id: body.id, url: null })
        },
      ),
    ),
  })

  it('is left at once for another one: the only call was refused', async () => {
    const keys: string[] = []
    h.net.next.push('duplicate')
    const id = await h.plan(['drawn'])
    await h.engine(drawing(keys)).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'published', attempt: 1, tries: 0 })
    expect([h.net.posts, keys]).toEqual([['drawn'], ['key 1', 'key 2']])
    const steps = await h.db.selectFrom('steps').select(['times', 'prepared']).execute()
    expect(steps).toEqual([{ times: 2, prepared: 'key 2' }])
    const { journal } = (await publicationStory(h.db, h.target(id).ws, id))!
    expect(journal.map((j) => j.event)).toEqual(
      expect.arrayContaining(['step-begun', 'step-refused', 'step-begun', 'step-done', 'published']),
    )
  })

  it.each(['lost', 'lost-before'] as const)('is never left after a call whose answer was %s', async (first) => {
    const keys: string[] = []
    h.net.next.push(first, 'duplicate')
    const id = await h.plan(['drawn'])
    await h.engine(drawing(keys)).runDue()
    await h.live(12, 600_000, drawing(keys))
    expect([await state(id), keys]).toEqual(['unconfirmed', ['key 1']])
    expect(h.net.posts).toEqual(first === 'lost' ? ['drawn'] : [])
  })
})

describe('a token that could not be had', () => {
  const channel = () =>
    h.db.selectFrom('channels').select('state').where('platform', '=', 'toy').executeTakeFirstOrThrow()
  const unable = { kind: 'try-later', code: 'http.unreachable', message: 'The token could not be renewed.' } as const

  it('is not a token that is over: what the network refused waits until it can be renewed', async () => {
    const renewing = { again: 'ask', refresh: true } as const
    h.net.next.push('401')
    const id = await h.plan(['later'])
    h.keeper.renew = () => Promise.reject(new PlatformFailure(unable))
    await h.engine(renewing).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'waiting', begun: false, tries: 0, message: unable.message })
    expect(await channel()).toEqual({ state: 'ok' })
    h.keeper.renew = h.keeper.grant
    await h.live(1, 61_000, renewing)
    expect([await state(id), h.net.posts]).toEqual(['published', ['later']])
  })

  it('costs no more than the keeper says', async () => {
    const renewing = { again: 'ask', refresh: true } as const
    h.net.next.push('401')
    const id = await h.plan(['soon'])
    const until = new Date(h.clock.now() + 800).toISOString()
    h.keeper.renew = () => Promise.reject(new PlatformFailure({ ...unable, until }))
    await h.engine(renewing).runDue()
    expect(await state(id)).toBe('waiting')
    h.keeper.renew = h.keeper.grant
    await h.live(1, 800, renewing)
    expect([await state(id), h.net.posts]).toEqual(['published', ['soon']])
  })

  it('nor is it while a lost answer is looked for', async () => {
    const renewing = { again: 'ask', refresh: true } as const
    h.net.next.push('lost')
    const id = await h.plan(['looked for'])
    h.net.nextLook.push('401')
    h.keeper.renew = () => Promise.reject(new PlatformFailure(unable))
    await h.engine(renewing).runDue()
    expect([await state(id), await channel()]).toEqual(['waiting', { state: 'ok' }])
    await h.live(2, 61_000, renewing)
    expect([await state(id), h.net.posts]).toEqual(['published', ['looked for']])
  })

  it('for want of the app’s credentials waits for the operator, and says so', async () => {
    const id = await h.plan(['waits'])
    const { grant } = h.keeper
    h.keeper.grant = () => Promise.reject(new Problem('credentials-missing', 'Toy needs Client ID.'))
    await h.engine().runDue()
    expect(await h.read(id)).toMatchObject({ state: 'waiting', tries: 0, message: 'Toy needs Client ID.' })
    h.keeper.grant = grant
    await h.live(1, 301_000)
    expect([await state(id), h.net.posts]).toEqual(['published', ['waits']])
  })
})

describe('a create the network provably refused', () => {
  it('does not count as begun: it may be cancelled, and says so nowhere else', async () => {
    h.net.next.push('429')
    const id = await h.plan(['not yet'])
    await h.engine('never').runDue()
    expect(await h.read(id)).toMatchObject({ state: 'waiting', begun: false })
    await cancelPublication(h.db, h.target(id))
    await h.live(3, 61_000, 'never')
    expect(await state(id)).toBe('cancelled')
    expect(h.net.posts).toEqual([])
  })

  it('may be given another time, and goes out once', async () => {
    h.net.next.push('422')
    const id = await h.plan(['moved'])
    await h.engine('never').runDue()
    expect(await state(id)).toBe('failed')
    await reschedulePublication(h.db, { ...h.target(id), dueAt: new Date(h.clock.now() + 60_000) })
    await h.live(2, 61_000, 'never')
    expect(h.net.posts).toEqual(['moved'])
  })

  it('in the middle of a thread still counts as begun', async () => {
    h.net.next.push('ok', '422')
    const id = await h.plan(['one', 'two'])
    await h.engine('never').runDue()
    expect(await h.read(id)).toMatchObject({ state: 'failed', begun: true, external_id: 'n1' })
    expect((await h.read(id)).message).toMatch(/^1 of 2 posts are out/)
    await retryPublication(h.db, h.target(id))
    await h.engine('never').runDue()
    expect(h.net.posts).toEqual(['one', 'two'])
    // The uploads of a thread may have run out meanwhile, so they were made again.
    expect(h.net.uploads).toEqual(['one', 'one'])
  })

  it('waits a day at most, then the late policy has its say', async () => {
    h.net.retryAfter(String(7 * 86_400))
    h.net.next.push('429')
    const id = await h.plan(['daily limit'])
    await h.engine('ask').runDue()
    expect((await h.read(id)).next_at?.getTime()).toBe(h.clock.now() + 86_400_000)
    await h.live(1, 86_400_000)
    expect(await h.read(id)).toMatchObject({ state: 'held', reason: 'late' })
    await retryPublication(h.db, h.target(id))
    await h.engine().runDue()
    expect(await state(id)).toBe('published')
  })

  it('is not asked again at once when the time the network names is past', () => {
    const now = Date.UTC(2026, 0, 1)
    expect(slowUntil(new Date(now - 60_000).toISOString(), now)).toBeGreaterThanOrEqual(now + 1_000)
    expect(slowUntil('never', now)).toBe(now + 60_000)
    expect(slowUntil(undefined, now)).toBe(now + 60_000)
    expect(slowUntil(new Date(now + 3_000).toISOString(), now)).toBe(now + 3_000)
  })
})

describe('two publications that say the same, one right after the other', () => {
  it('are two posts: what the first has is not found for the second', async () => {
    const first = await h.plan(['twins'])
    await h.engine('ask').runDue()
    h.net.next.push('lost-before')
    const second = await h.plan(['twins'])
    await h.engine('ask').runDue()
    await h.live(8, 61_000)
    expect(await h.read(first)).toMatchObject({ state: 'published', external_id: 'n1' })
    // Whether a second one is there behind the first nobody can tell, so it is neither claimed nor sent again.
    expect(await h.read(second)).toMatchObject({ state: 'unconfirmed', external_id: null })
    await resolvePublication(h.db, { ...h.target(second), again: true })
    await h.engine('ask').runDue()
    expect(await h.read(second)).toMatchObject({ state: 'published', external_id: 'n2' })
    expect(h.net.posts).toEqual(['twins', 'twins'])
  })

  it('are told apart by a network that refuses doubles: the second failed, for that reason', async () => {
    await h.plan(['twins'])
    await h.engine('ask').runDue()
    h.net.next.push('duplicate')
    const second = await h.plan(['twins'])
    await h.engine('ask').runDue()
    await h.live(4, 61_000)
    expect(await h.read(second)).toMatchObject({ state: 'failed', reason: 'toy.duplicate', external_id: null })
    expect(h.net.posts).toEqual(['twins'])
  })

  it('are a question when a double is refused after a lost answer', async () => {
    await h.plan(['twins'])
    await h.engine('ask').runDue()
    h.net.next.push('lost-before')
    const second = await h.plan(['twins'])
    await h.engine('ask').runDue()
    await h.live(8, 61_000)
    h.net.next.push('duplicate')
    await resolvePublication(h.db, { ...h.target(second), again: true })
    await h.engine('ask').runDue()
    await h.live(8, 61_000)
    expect(await h.read(second)).toMatchObject({ state: 'unconfirmed', external_id: null })
    expect(h.net.posts).toEqual(['twins'])
  })

  it('are so too where a repetition is handed the first one', async () => {
    const guard: ToyOptions = {
      again: 'keyed',
      publish: steps(
        step('create', { again: 'keyed' }, async (t) => {
          const json = { text: t.segments[0]!.text, key: 'the same for all' }
          const { body } = await t.http<{ id: string }>({ method: 'POST', url: 'https://toy.test/posts', json })
          return done({ id: body.id, url: null })
        }),
      ),
    }
    await h.plan(['twins'])
    await h.engine(guard).runDue()
    h.net.next.push('lost-before')
    const second = await h.plan(['twins'])
    await h.engine(guard).runDue()
    await h.live(2, 61_000, guard)
    expect(await h.read(second)).toMatchObject({ state: 'unconfirmed', reason: 'clarion.twin', external_id: null })
    expect(h.net.posts).toEqual(['twins'])
  })
})

describe('a network nobody can look at', () => {
  /** A guard against doubles that names the older post, or only says that there is one. */
  const guarded = (older: true | undefined): ToyOptions => ({
    again: 'keyed',
    publish: steps(
      step('create', { again: 'keyed' }, async (t) => {
        try {
          await t.http({ method: 'POST', url: 'https://toy.test/posts', json: { text: t.segments[0]!.text } })
          return done({ id: 'n1', url: null })
        } catch (error) {
          throw new PlatformFailure({ ...(error as PlatformFailure).failure, older })
        }
      }),
    ),
  })

  it('that names an older double has refused', async () => {
    h.net.next.push('duplicate')
    const id = await h.plan(['double'])
    await h.engine(guarded(true)).runDue()
    expect(await h.read(id)).toMatchObject({
      state: 'failed',
      reason: 'toy.duplicate',
      message: 'This was posted already.',
    })
  })

  it('that only says so has not', async () => {
    h.net.next.push('duplicate')
    const id = await h.plan(['double'])
    await h.engine(guarded(undefined)).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed', reason: 'toy.duplicate' })
  })

  it('has lost its answer only when none came', async () => {
    h.net.next.push('500')
    const answered = await h.plan(['answered'])
    await h.engine('never').runDue()
    const told = await h.read(answered)
    expect(told).toMatchObject({ state: 'unconfirmed', reason: 'toy.unrecognised' })
    expect(told.message).toMatch(/^The network answered 500/)
    expect(told.message).not.toMatch(/lost/)
    h.net.next.push('lost')
    const lost = await h.plan(['lost'])
    await h.engine('never').runDue()
    expect((await h.read(lost)).message).toMatch(/^The answer of Toy was lost/)
  })

  it('is looked at with the truth about its answer, where it can be', async () => {
    h.net.next.push('500')
    h.net.nextLook.push('500')
    const id = await h.plan(['answered'])
    await h.engine('ask').runDue()
    const p = await h.read(id)
    expect(p).toMatchObject({ state: 'waiting', reason: 'looking' })
    expect(p.message).toMatch(/^Toy answered, but that proves nothing yet/)
    expect((await publicationStory(h.db, h.target(id).ws, id))!.journal.map((j) => j.message).join()).not.toMatch(
      /lost/,
    )
  })

  it('is not looked at again before the time the network names', async () => {
    h.net.next.push('lost')
    h.net.nextLook.push('503')
    h.net.retryAfter('120')
    const id = await h.plan(['patient'])
    await h.engine('ask').runDue()
    const p = await h.read(id)
    expect([p.state, p.next_at!.getTime() - h.clock.now()]).toEqual(['waiting', 120_000])
    await h.live(1, 121_000)
    expect([await state(id), h.net.posts]).toEqual(['published', ['patient']])
  })
})

describe('a step that breaks before anything left', () => {
  it('is our failure, not a lost answer', async () => {
    const breaks = () => {
      throw new TypeError('no such file')
    }
    const id = await h.plan(['unsent'])
    await h.engine({ again: 'never', breaks }).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'clarion.bug', begun: false })
    expect(h.net.posts).toEqual([])
    const { post_id, channel_id, workspace_id } = await h.read(id)
    const ids = { workspace: workspace_id, post: post_id, publication: id, channel: channel_id, attempt: 1 }
    expect(h.errors).toEqual([{ message: expect.stringContaining('a step threw'), o: expect.objectContaining(ids) }])
  })
})

describe('a database that breaks off in the middle of a create', () => {
  /** Two calls, and between them a budget is counted. */
  const twoCalls = (again: 'ask' | 'never'): ToyOptions => ({
    again,
    publish: steps(
      step(
        'create',
        {
          again,
          ...(again === 'ask' ? { witness: async () => ({ found: { id: 'n1', url: null } }) } : {}),
        },
        async (t) => {
          await t.http({ method: 'POST', url: 'https://toy.test/posts', json: { text: t.segments[0]!.text } })
          throw new Error('Client has encountered a connection error and is not queryable')
        },
      ),
    ),
  })

  it('is no mistake of ours: where the network can be looked at, the post is found', async () => {
    const id = await h.plan(['between'])
    await h.engine(twoCalls('ask')).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'published', external_id: 'n1' })
    expect([h.net.posts, h.errors]).toEqual([['between'], []])
  })

  it('is a question that names it where it cannot', async () => {
    const id = await h.plan(['between'])
    await h.engine(twoCalls('never')).runDue()
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed', reason: 'clarion.database-away' })
  })
})

describe('what follows the post', () => {
  it('when its answer is lost, the question is about it alone, with the link to the post', async () => {
    h.net.nextComment.push('lost')
    const id = await h.plan(['post'], { firstComment: 'first' })
    await h.engine('never').runDue()
    const p = await h.read(id)
    expect(p).toMatchObject({ state: 'unconfirmed', external_id: 'n1', permalink: 'https://toy.test/n1' })
    expect(p.message).toContain('The post is out.')
    h.clock.set(h.clock.now() + 7_200_000)
    await resolvePublication(h.db, { ...h.target(id), there: true, permalink: 'https://toy.test/comment' })
    const after = await h.read(id)
    expect(after).toMatchObject({ state: 'published', permalink: 'https://toy.test/n1', lateness_ms: 0 })
    expect(after.published_at).toEqual(after.due_at)
    expect(h.net.posts).toEqual(['post'])
  })

  it('is sent again on request, and the post is not', async () => {
    h.net.nextComment.push('lost-before')
    const id = await h.plan(['post'], { firstComment: 'first' })
    await h.engine('never').runDue()
    await resolvePublication(h.db, { ...h.target(id), again: true })
    await h.engine('never').runDue()
    expect(await state(id)).toBe('published')
    expect([h.net.posts, h.net.comments]).toEqual([['post'], ['first']])
  })

  it('waits for a new token while the link to the post is there already', async () => {
    h.net.nextComment.push('401')
    const id = await h.plan(['post'], { firstComment: 'first' })
    await h.engine('never').runDue()
    expect(await h.read(id)).toMatchObject({ state: 'held', permalink: 'https://toy.test/n1' })
    await h.db.updateTable('channels').set({ state: 'ok' }).execute()
    await h.db.transaction().execute((trx) => releaseHeld(trx, channelA, new Date(h.clock.now())))
    await h.engine('never').runDue()
    expect(await state(id)).toBe('published')
    expect([h.net.posts, h.net.comments]).toEqual([['post'], ['first']])
  })

  it('refused does not undo the post', async () => {
    h.net.nextComment.push('422')
    const id = await h.plan(['post'], { firstComment: 'first' })
    await h.engine('never').runDue()
    expect(await h.read(id)).toMatchObject({ state: 'published', reason: 'toy.refused', lateness_ms: 0 })
  })
})

describe('a person', () => {
  it('who tries a held publication of tomorrow gets it now', async () => {
    const id = await h.plan(['now'], { dueIn: 86_400_000 })
    await cancelPublication(h.db, h.target(id))
    await retryPublication(h.db, h.target(id))
    await h.engine().runDue()
    expect(await state(id)).toBe('published')
  })

  it('who says hours later that it is there does not make it hours late', async () => {
    h.net.next.push('lost')
    const id = await h.plan(['there'])
    await h.engine('never').runDue()
    h.clock.set(h.clock.now() + 7_200_000)
    await resolvePublication(h.db, { ...h.target(id), there: true })
    expect(await h.read(id)).toMatchObject({ state: 'published', lateness_ms: 0 })
  })
})

describe('a network that repeats our token in its answer', () => {
  it('does not get it into attempts, steps or the journal', async () => {
    h.net.next.push('422')
    const id = await h.plan(['secret'])
    await h.engine('never').runDue()
    const p = await h.read(id)
    const story = await publicationStory(h.db, toyWs, id)
    expect(p.message).toContain('Bearer ***')
    expect(JSON.stringify([p, story])).not.toContain(h.token.access)
    expect(JSON.stringify(story)).toContain('***')
  })

  it('nor by way of a failure that a step made of it by itself', async () => {
    const breaks = (t: StepContext) => {
      const message = `It said: ${t.grant.access}`
      throw new PlatformFailure({ kind: 'refused-content', code: 'toy.own', message, raw: message })
    }
    const id = await h.plan(['secret'])
    await h.engine({ again: 'never', breaks }).runDue()
    const p = await h.read(id)
    expect(p.message).toBe('It said: ***')
    const attempts = await h.db.selectFrom('attempts').selectAll().execute()
    expect(JSON.stringify([p, attempts])).not.toContain(h.token.access)
  })
})
