/** Lost and lying answers, and what Threads does by itself: every case must end as exactly one post. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { image, openThreads, post, thread, video } from './testing.ts'

let kit: Awaited<ReturnType<typeof openThreads>>
let b: Bench
beforeAll(async () => {
  kit = await openThreads()
  b = kit.bench
})
beforeEach(() => kit.sandbox.desk.reset())
afterEach(() => expect(kit.sandbox.trouble.splice(0)).toEqual([]))
afterAll(() => kit.close())

const knobs = (values: Record<string, number>) => kit.sandbox.desk.setKnobs('threads', values)
const asked = (route: string) => kit.sandbox.desk.requests({ route })
const ids = () => b.ledger().map((p) => p.id)
const hours = (n: number) => n * 3_600_000

describe('a publish whose answer is lost or a lie', () => {
  for (const status of [400, 500])
    test(`${status} though it is done: the container is asked, and there is one post`, async () => {
      const c = await b.connect()
      knobs({ duplicateGuard: 0 })
      b.fault({ route: 'create', do: 'answer-after', status })
      const run = await b.publish(c, post('Done all the same'))
      expect(run.state).toBe('published')
      expect(run.tries.get('create:0')).toBe(2)
      expect(asked('create')).toHaveLength(1)
      expect(createdOf(run)[0]).toMatchObject({ id: ids()[0], url: b.ledger()[0]!.url })
    })
  test('without Threads’ own guard no lost answer makes two, of any kind and at any place of a thread', async () => {
    const c = await b.connect()
    knobs({ duplicateGuard: 0 })
    const kinds = [
      post('Lost'),
      post('Lost', [image]),
      post('Lost', [video]),
      post('Lost', [image, image]),
      { ...thread(['Lost'], ['Lost', [image]], ['Lost']), firstComment: 'Lost' },
    ]
    let wanted = 0
    for (const content of kinds)
      for (const what of ['drop-before', 'drop-after', 'answer-after'] as const) {
        const calls = content.segments.length + ('firstComment' in content ? 1 : 0)
        for (let nth = 1; nth <= calls; nth++) {
          b.fault({ route: 'create', nth, do: what })
          const run = await b.publish(c, content)
          expect(run.state).toBe('published')
          wanted += calls
          expect(ids()).toHaveLength(wanted)
          expect(createdOf(run).map((x) => x.id)).toEqual(ids().slice(-calls))
          kit.sandbox.desk.clearFaults()
        }
      }
  })
  test('the same text twice in a row: each lost answer finds its own post', async () => {
    const c = await b.connect()
    const made: unknown[] = []
    for (let n = 0; n < 3; n++) {
      b.fault({ route: 'create', do: 'drop-after' })
      made.push(createdOf(await b.publish(c, post('Twice told')))[0]!.id)
    }
    expect(made).toEqual(ids())
  })
  test('a container whose making was lost is made again, and only one is published', async () => {
    const c = await b.connect()
    b.fault({ route: 'container', do: 'drop-after' })
    expect((await b.publish(c, post('Made twice'))).state).toBe('published')
    expect(asked('container')).toHaveLength(2)
    expect(ids()).toHaveLength(1)
  })
  test('a spam block that was none is looked at, and not tried again', async () => {
    const c = await b.connect()
    knobs({ blockedButLive: 1 })
    kit.sandbox.desk.act('threads', { do: 'block', account: c.offer.externalId })
    const run = await b.publish(c, post('Blocked, they say'))
    expect(run.state).toBe('published')
    expect(createdOf(run)[0]!.id).toBe(ids()[0])
    expect(asked('create')).toHaveLength(1)
  })
  test('a lost answer is given time before anything is sent again', async () => {
    const c = await b.connect()
    b.fault({ route: 'create', do: 'drop-before' })
    const before = b.now()
    expect((await b.publish(c, post('Later'))).state).toBe('published')
    expect(b.now() - before).toBeGreaterThanOrEqual(30_000)
  })
})

describe('lists that do not tell', () => {
  test('an inline topic shown without its sign is still our text', async () => {
    const c = await b.connect()
    knobs({ hashless: 1 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, post('Fresh #bread today'))
    expect(createdOf(run)[0]!.id).toBe(ids()[0])
  })
  test('published and never listed: no second one, and no id rather than a wrong one', async () => {
    const c = await b.connect()
    await b.publish(c, post('Slow list'))
    knobs({ listLagMs: 10 * 60_000, duplicateGuard: 0 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, post('Slow list'))
    expect(run.state).toBe('published')
    expect(createdOf(run)).toMatchObject([{ id: null, url: null, container: expect.any(String) }])
    expect(ids()).toHaveLength(2)
  })
  test('a thread whose first post has no known id stops and says so', async () => {
    const c = await b.connect()
    knobs({ listLagMs: 10 * 60_000 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, thread(['One'], ['Two']))
    expect(run).toMatchObject({ state: 'failed', key: 'create:1', failure: { code: 'clarion.parent-unknown' } })
    expect(ids()).toHaveLength(1)
  })
  test('a lost reply without the permission to read replies is not sent twice', async () => {
    const c = await b.connect({
      change: (url) =>
        url.searchParams.set('scope', url.searchParams.get('scope')!.replace('threads_read_replies,', '')),
    })
    knobs({ duplicateGuard: 0 })
    b.fault({ route: 'create', nth: 2, do: 'drop-after' })
    const run = await b.publish(c, { ...post('Quiet'), firstComment: 'First' })
    expect(run.state).toBe('published')
    expect(createdOf(run)[1]).toMatchObject({ id: null })
    expect(ids()).toHaveLength(2)
  })
  test('the link a person gave for a post leads to its id', async () => {
    const c = await b.connect()
    const first = createdOf(await b.publish(c, post('By hand')))[0]!
    const content = thread(['By hand'], ['Below'])
    const run = await b.publish(c, content, {
      beforeTry: () => undefined,
      platform: {
        ...b.platform,
        publish: b.platform.publish.map((s) =>
          s.name === 'create'
            ? {
                ...s,
                run: async (t) => (t.index === 0 ? { done: { id: null, url: first.url } } : s.run(t)),
              }
            : s,
        ),
      },
    })
    expect(run.state).toBe('published')
    expect(b.ledger().at(-1)).toMatchObject({ text: 'Below', replyTo: first.id })
  })
})

describe('what Threads is slow with', () => {
  test('texts are waited for too, and a finished container that is not found is published later', async () => {
    const c = await b.connect()
    knobs({ textProcessingMs: 20_000, lateSends: 3, blindReads: 2 })
    const run = await b.publish(c, { ...post('Patience'), firstComment: 'Much of it' })
    expect(run.failure).toBeUndefined()
    expect(asked('create').length).toBe(8)
    expect(ids()).toHaveLength(2)
  })
  test('a reply waits until the post above is known everywhere', async () => {
    const c = await b.connect()
    knobs({ parentLagMs: 20_000 })
    const run = await b.publish(c, thread(['One'], ['Two']))
    expect(run.failure).toBeUndefined()
    expect(ids()).toHaveLength(2)
  })
  test('a post above that was deleted meanwhile is gone', async () => {
    const c = await b.connect()
    const run = await b.publish(c, thread(['One'], ['Two']), {
      beforeTry: (key) => {
        if (key === 'create:1') kit.sandbox.desk.act('threads', { do: 'delete', post: ids()[0]! })
      },
    })
    expect(run).toMatchObject({ state: 'failed', failure: { kind: 'gone', code: 'threads.parent-gone' } })
  })
  test('containers that expired while the publication was held are made again, with their items', async () => {
    const c = await b.connect()
    for (const [content, count] of [
      [post('Held'), 1],
      [post('Held', [image, image]), 1],
      [thread(['Held'], ['Held', [image, image]]), 2],
    ] as const) {
      const before = ids().length
      const run = await b.publish(c, content, {
        beforeTry: (key) => {
          if (key.startsWith('create')) b.pass(hours(25))
        },
      })
      expect(run.failure).toBeUndefined()
      expect(ids()).toHaveLength(before + count)
    }
  })
})
