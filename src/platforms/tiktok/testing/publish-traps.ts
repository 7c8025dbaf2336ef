/** Uploads that break and tasks without a name; run by the contract suite on its bench. */
import { describe, expect, test } from 'vitest'
import { type Json, plan } from '#kit/client/steps.ts'
import type { Bench, Content } from '#kit/testing/bench.ts'
import { contextOf, createdOf, type RunResult } from '#kit/testing/runner.ts'
import { count, failure, photos, settled, video } from './content.ts'

const big = video('Big', {}, { bytes: 20_000_003 })

/** A create step by hand, with its journal, as the engine runs it over several attempts. */
const byHand = async (b: Bench, content: Content) => {
  const c = await b.connect()
  const input = b.runInput(c, content)
  const r: RunResult = {
    state: 'published',
    checkpoints: new Map(),
    prepared: new Map(),
    tries: new Map(),
    looks: new Map(),
  }
  const saved = new Map<string, Json>()
  const planned = plan(b.platform.publish, input.view)
  const create = planned.at(-1)!
  for (const p of planned.slice(0, -1)) {
    const outcome = await p.step.run(contextOf(input, r, p, saved))
    if ('done' in outcome) r.checkpoints.set(p.key, outcome.done)
  }
  const t = () => contextOf(input, r, create, saved)
  return {
    saved: () => saved.get(create.key),
    run: () => create.step.run(t()),
    look: () => create.step.options.witness!(t()),
  }
}
export const publishTraps = (bench: () => Bench) => {
  describe('a video in chunks', () => {
    test('goes in the order and sizes of the floor rule', async () => {
      const b = bench()
      const run = await b.publish(await b.connect(), video('Bigger', {}, { bytes: 35_000_000 }))
      expect(run.failure).toBeUndefined()
      expect(b.sandbox.desk.requests({ route: 'upload' }).map((r) => r.status)).toEqual([206, 206, 201])
      expect(b.ledger()[0]!.raw).toMatchObject({
        source_info: { video_size: 35_000_000, chunk_size: 10_000_000, total_chunk_count: 3 },
      })
    })
    for (const [nth, fault] of [
      [1, 'drop-before'],
      [1, 'drop-after'],
      [2, 'drop-before'],
      [2, 'drop-after'],
    ] as const)
      test(`goes on after a break at chunk ${nth} (${fault})`, async () => {
        const b = bench()
        b.fault({ route: 'upload', nth, do: fault })
        const run = await b.publish(await b.connect(), big)
        expect(run.failure).toBeUndefined()
        expect(count(b, 'init')).toBe(1)
        expect(b.ledger()).toHaveLength(1)
      })
    test('a chunk answered 400 though it is taken does not publish twice', async () => {
      const b = bench()
      b.fault({ route: 'upload', nth: 2, do: 'answer-after', status: 400 })
      expect((await b.publish(await b.connect(), big)).state).toBe('published')
      expect(count(b, 'init')).toBe(1)
      expect(b.ledger()).toHaveLength(1)
    })
    test('an upload address that died is asked anew, and one post comes of it', async () => {
      const b = bench()
      const run = await b.publish(await b.connect(), big, {
        beforeTry: (key, nth) => void (key === 'create' && nth === 1 && b.pass(61 * 60_000)),
      })
      expect(run.failure).toBeUndefined()
      expect(count(b, 'init')).toBe(2)
      expect(b.ledger()).toHaveLength(1)
    })
    test('a lost answer to init is begun anew, for nothing happens without the file', async () => {
      const b = bench()
      b.fault({ route: 'init', do: 'drop-after' })
      expect((await b.publish(await b.connect(), video('Anew'))).state).toBe('published')
      expect(count(b, 'init')).toBe(2)
      expect(b.ledger()).toHaveLength(1)
    })
    test('a sign-in that ends after the last chunk: the task came to nothing and is begun anew', async () => {
      const b = bench()
      const hand = await byHand(b, video('Cut off'))
      await hand.run()
      expect(hand.saved()).toMatchObject({ is: 'taken' })
      b.sandbox.desk.revoke('tiktok')
      expect((await failure(hand.run())).kind).toBe('reconnect')
      expect(b.ledger()).toHaveLength(0)
    })
    test('a person who tries again after TikTok gave the video up gets a new task', async () => {
      const b = bench()
      b.sandbox.desk.act('tiktok', { do: 'account', account: '@oven.and.anvil', maxSecs: '600' })
      const hand = await byHand(b, video('Twice'))
      await hand.run()
      b.sandbox.desk.act('tiktok', { do: 'fail-task', reason: 'internal' })
      expect(await failure(hand.run())).toMatchObject({ kind: 'try-later', code: 'tiktok.failed.internal' })
      expect(await hand.look()).toEqual({ absent: true })
      await hand.run()
      b.pass(60_000)
      expect(await hand.run()).toMatchObject({ done: { id: expect.any(String) } })
      expect(b.ledger()).toHaveLength(1)
    })
  })

  describe('a task TikTok has in hand', () => {
    for (const [what, content] of [
      ['a file', video('Patience')],
      ['photos', photos(1, {}, 'Patience')],
    ] as const)
      test(`${what}: questions it does not answer are asked again, however many`, async () => {
        const b = bench()
        const hand = await byHand(b, content)
        await hand.run()
        b.fault({ route: 'status', do: 'drop-before', times: 3 })
        b.fault({ route: 'status', nth: 4, do: 'answer-before', status: 500 })
        for (let i = 0; i < 4; i++) expect(await hand.run()).toHaveProperty('wait')
        await settled(b)
        expect(await hand.run()).toHaveProperty('done')
        expect(b.ledger()).toHaveLength(1)
      })
  })

  describe('what TikTok fetches', () => {
    const later = (b: Bench) => (key: string, nth: number) => void (key === 'create' && nth > 1 && b.pass(120_000))
    for (const [what, content, route] of [
      ['photos', photos(2), 'content-init'],
      ['a video', video('Fetched', { source: 'pull' }), 'init'],
    ] as const) {
      test(`${what}: a lost answer is found among the public posts`, async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route, do: 'drop-after' })
        const run = await b.publish(c, content, { beforeTry: later(b) })
        expect(run.failure).toBeUndefined()
        expect(count(b, route)).toBe(1)
        expect(b.ledger()).toHaveLength(1)
        expect(createdOf(run)[0]).toMatchObject({
          id: b.ledger()[0]!.id,
          url: expect.stringContaining(b.ledger()[0]!.id),
        })
      })
      test(`${what}: nobody can know of a private one, so a person is asked and nothing goes out twice`, async () => {
        const b = bench()
        const c = await b.connect()
        b.fault({ route, do: 'drop-after' })
        const hidden = { ...content, settings: { ...content.settings, privacy: 'SELF_ONLY' } }
        const run = await b.publish(c, hidden, { beforeTry: later(b) })
        expect(run.state).toBe('unconfirmed')
        expect(count(b, route)).toBe(1)
        await settled(b)
        expect(b.ledger()).toHaveLength(1)
      })
    }
    test('an answer that never came and a post that never was: a person is asked, and their word begins it anew', async () => {
      const b = bench()
      const hand = await byHand(b, photos(1, {}, 'Never was'))
      b.fault({ route: 'content-init', do: 'drop-before' })
      expect((await failure(hand.run())).kind).toBe('unknown-outcome')
      // The engine repeats: no second begin by itself.
      expect((await failure(hand.run())).code).toBe('tiktok.lost-begin')
      expect(await hand.look()).toMatchObject({ unsure: expect.stringContaining('profile') })
      expect(count(b, 'content-init')).toBe(1)
      // Only a person leads here again.
      await hand.run()
      await settled(b)
      expect(await hand.run()).toMatchObject({ done: { publishId: expect.stringMatching(/^p_pub_url/) } })
      expect(b.ledger()).toHaveLength(1)
    })
    test('the twin before it is not taken for the one that was lost', async () => {
      const b = bench()
      const c = await b.connect()
      expect((await b.publish(c, photos(1, {}, 'Same'))).state).toBe('published')
      b.fault({ route: 'content-init', do: 'drop-before' })
      const run = await b.publish(c, photos(1, {}, 'Same'), { beforeTry: later(b) })
      expect(run.state).toBe('unconfirmed')
      expect(b.ledger()).toHaveLength(1)
    })
    test('a refusal with a word of TikTok proves that nothing began', async () => {
      const b = bench()
      b.sandbox.desk.setKnobs('tiktok', { domainVerified: 0 })
      const hand = await byHand(b, photos(1))
      expect((await failure(hand.run())).code).toBe('tiktok.domain-unverified')
      expect(await hand.look()).toEqual({ absent: true })
    })
    test('an address TikTok cannot fetch is tried again with a new task, and nothing is posted', async () => {
      const b = bench()
      const c = await b.connect()
      const input = b.runInput(c, photos(1))
      const [photo] = input.view.segments[0]!.media
      const url = `${new URL(await photo!.url()).origin}/not-there`
      photo!.url = async () => url
      const run = await b.publish(c, photos(1), { view: input.view })
      expect(run.failure).toMatchObject({ kind: 'try-later', code: 'tiktok.failed.photo_pull_failed' })
      expect(count(b, 'content-init')).toBe(3)
      expect(b.ledger()).toHaveLength(0)
    })
  })
}
