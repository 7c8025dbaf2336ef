/** Steps that take time or several calls: what a limit counts, and what a late refusal proves of an earlier call. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absent, done, found, notYet, type StepContext, step, steps } from '#kit/client/steps.ts'
import { cancelPublication, resolvePublication, retryPublication } from './commands.ts'
import { type ToyHouse, type ToyOptions, toyHouse } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())

const post = (t: StepContext, path: 'posts' | 'comments') =>
  t.http<{ id: string }>({
    method: 'POST',
    url: `https://toy.test/${path}`,
    headers: { authorization: `Bearer ${t.grant.access}` },
    json: { text: t.segments[0]!.text },
  })
/** A write of which nobody sees anything; the tests say how it is answered. */
const ask = (t: StepContext) => post(t, 'comments')
const made = async (t: StepContext) => done({ id: (await post(t, 'posts')).body.id, url: null })
const minute = 60_000

/** Processing that is over when `ready` says so; asked each minute, for ten minutes at most. */
const processing = (ready: () => boolean): ToyOptions => ({
  again: 'ask',
  publish: steps(
    step('process', { again: 'safe', atMostMs: 10 * minute }, async (t) => {
      await ask(t)
      return ready() ? done() : notYet(minute, 'working')
    }),
    step('create', { again: 'never' }, made),
  ),
})

describe('the limit of a step that waits', () => {
  it('does not count the time in which the network would not be asked', async () => {
    let ready = false
    const toy = processing(() => ready)
    const id = await h.plan(['slow'])
    await h.engine(toy).runDue()
    h.net.retryAfter('3000')
    h.net.nextComment.push('429')
    await h.live(1, minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'toy.slow' })
    await h.live(1, 50 * minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'processing' })
    ready = true
    await h.live(1, minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'published' })
  })

  it('counts everything else', async () => {
    const toy = processing(() => false)
    const id = await h.plan(['stuck'])
    await h.engine(toy).runDue()
    h.net.nextComment.push('429')
    await h.live(13, minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'toy.processing-timeout' })
    expect(h.net.posts).toEqual([])
  })

  it('begins anew when a person says again', async () => {
    let ready = false
    const toy: ToyOptions = {
      again: 'keyed',
      publish: steps(
        step('create', { again: 'keyed', atMostMs: 10 * minute }, async (t) => {
          if (t.saved === undefined) {
            await post(t, 'posts')
            await t.save({ sent: true })
          }
          return ready ? done({ id: 'n1', url: null }) : notYet(minute, 'working')
        }),
      ),
    }
    const id = await h.plan(['taken'])
    await h.engine(toy).runDue()
    await h.live(12, minute, toy)
    // The network has it in hand, so nobody may call it failed.
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed', reason: 'toy.processing-timeout' })
    await resolvePublication(h.db, { ...h.target(id), again: true })
    await h.live(2, minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'processing' })
    ready = true
    await h.live(1, minute, toy)
    expect(await h.read(id)).toMatchObject({ state: 'published' })
    expect(h.net.posts).toEqual(['taken'])
  })
})

describe('a post the network works on for long', () => {
  it('keeps its place for five minutes, and then lets the next ones of its channel pass', async () => {
    let ready = false
    const toy: ToyOptions = {
      again: 'ask',
      publish: steps(
        step('process', { again: 'safe', atMostMs: 60 * minute }, async (t) =>
          ready || t.segments[0]!.text !== 'slow' ? done() : notYet(minute, 'working'),
        ),
        step('create', { again: 'never' }, made),
      ),
    }
    const slow = await h.plan(['slow'], { dueIn: -2_000 })
    const next = await h.plan(['next'], { dueIn: -1_000 })
    await h.engine(toy).runDue()
    await h.live(3, minute, toy)
    expect(h.net.posts).toEqual([])
    expect(await h.read(next)).toMatchObject({ state: 'scheduled' })
    await h.live(3, minute, toy)
    expect(h.net.posts).toEqual(['next'])
    expect(await h.read(slow)).toMatchObject({ state: 'waiting', reason: 'processing' })
    ready = true
    await h.live(1, minute, toy)
    expect(await h.read(slow)).toMatchObject({ state: 'published' })
    expect(h.net.posts).toEqual(['next', 'slow'])
  })

  it('keeps it from its due time on, however early it was prepared', async () => {
    const toy: ToyOptions = {
      again: 'ask',
      ahead: { process: 86_400_000 },
      publish: steps(
        step('process', { again: 'safe', atMostMs: 60 * minute }, async (t) =>
          t.segments[0]!.text !== 'slow' ? done() : notYet(minute, 'working'),
        ),
        step('create', { again: 'never' }, made),
      ),
    }
    await h.plan(['slow'], { dueIn: 10 * minute })
    const next = await h.plan(['next'], { dueIn: 11 * minute })
    await h.engine(toy).runAhead()
    h.clock.set(h.clock.now() + 10 * minute)
    await h.engine(toy).runDue()
    await h.live(4, minute, toy)
    expect([await h.read(next), h.net.posts]).toMatchObject([{ state: 'scheduled' }, []])
    await h.live(2, minute, toy)
    expect(h.net.posts).toEqual(['next'])
  })
})

describe('a post that is with the network already', () => {
  const slow = (ready: () => boolean): ToyOptions => ({
    again: 'ask',
    publish: steps(
      step('create', { again: 'keyed', each: 'segment', atMostMs: 60 * minute }, async (t) => {
        const { text } = t.segments[t.index]!
        if (!text.startsWith('slow')) return made(t)
        if (t.saved) return ready() ? done({ id: text, url: null }) : notYet(minute, 'checking it')
        await t.save({ sent: true })
        return notYet(minute, 'checking it')
      }),
    ),
  })
  it('keeps nobody of its channel waiting while the network checks it', async () => {
    let ready = false
    const toy = slow(() => ready)
    const first = await h.plan(['slow check'], { dueIn: -2_000 })
    await h.plan(['passes'], { dueIn: -1_000 })
    await h.engine(toy).runDue()
    expect(h.net.posts.at(-1)).toBe('passes')
    expect(await h.read(first)).toMatchObject({ state: 'waiting', reason: 'processing', begun: true })
    ready = true
    await h.live(1, minute, toy)
    expect(await h.read(first)).toMatchObject({ state: 'published', external_id: 'slow check' })
  })
  it('is not parted by another while the rest of its thread is still to come', async () => {
    let ready = false
    const toy = slow(() => ready)
    await h.plan(['slow one', 'two'], { dueIn: -2_000 })
    await h.plan(['after'], { dueIn: -1_000 })
    await h.engine(toy).runDue()
    expect(h.net.posts).not.toContain('after')
    ready = true
    await h.live(2, minute, toy)
    // The toy says the first words of a thread in each part.
    expect(h.net.posts.slice(-2)).toEqual(['slow one', 'after'])
  })
})

describe('looks that fail now and then while the network works', () => {
  it('do not add up over hours', async () => {
    let left = 12
    const toy = processing(() => left-- < 0)
    const id = await h.plan(['patient'])
    await h.engine(toy).runDue()
    for (let i = 0; i < 4; i++) {
      h.net.nextComment.push('503', 'ok')
      await h.live(4, 31_000, toy)
    }
    expect(await h.read(id)).toMatchObject({ state: 'waiting' })
  })
})

describe('a create of two calls, the first of which went through', () => {
  /** The network took the post; what the second call meets says nothing about the first. */
  const two = (again: 'ask' | 'never'): ToyOptions => ({
    again,
    publish: steps(
      step(
        'create',
        {
          again,
          ...(again === 'ask'
            ? {
                witness: async (t: StepContext) => {
                  const { body } = await t.http<{ posts: { text: string }[] }>({
                    method: 'GET',
                    url: 'https://toy.test/posts',
                  })
                  return body.posts.some((p) => p.text === t.segments[0]!.text)
                    ? found({ id: 'seen', url: null })
                    : absent
                },
              }
            : {}),
        },
        async (t) => {
          const made = await post(t, 'posts')
          await ask(t)
          return done({ id: made.body.id, url: null })
        },
      ),
    ),
  })

  it.each(['429', '503', '401', 'blocked'] as const)('is not made again after %s: it is looked for', async (then) => {
    h.net.nextComment.push(then)
    const id = await h.plan(['once'])
    await h.engine(two('ask')).runDue()
    await expect(cancelPublication(h.db, h.target(id))).rejects.toMatchObject({ code: 'cannot-cancel' })
    if ((await h.read(id)).state === 'held') {
      await h.db.updateTable('channels').set({ state: 'ok' }).execute()
      await retryPublication(h.db, h.target(id))
    }
    await h.live(4, 2 * minute, two('ask'))
    expect(h.net.posts).toEqual(['once'])
    expect(await h.read(id)).toMatchObject({ state: 'published' })
  })

  it('where nobody can look, a person is asked', async () => {
    h.net.nextComment.push('429')
    const id = await h.plan(['once'])
    await h.engine(two('never')).runDue()
    await h.live(3, 2 * minute, two('never'))
    expect(h.net.posts).toEqual(['once'])
    expect(await h.read(id)).toMatchObject({ state: 'unconfirmed' })
  })
})
