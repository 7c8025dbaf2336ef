/** Lost and lying answers, and what Instagram does by itself: every case must end as exactly one post. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { image, openInstagram, post, story, throughFacebook, video } from './testing.ts'

let kit: Awaited<ReturnType<typeof openInstagram>>
let b: Bench
beforeAll(async () => {
  kit = await openInstagram()
  b = kit.bench
})
beforeEach(() => kit.sandbox.desk.reset())
afterEach(() => expect(kit.sandbox.trouble.splice(0)).toEqual([]))
afterAll(() => kit.close())

const knobs = (values: Record<string, number>) => kit.sandbox.desk.setKnobs('instagram', values)
const asked = (route: string) => kit.sandbox.desk.requests({ route })
const texts = () => b.ledger().map((p) => p.text)

describe('the publish whose answer is lost or a lie', () => {
  for (const status of [400, 500])
    test(`${status} though it is done: the container is asked, and there is one post`, async () => {
      const c = await b.connect()
      knobs({ duplicateGuard: 0 })
      b.fault({ route: 'create', do: 'answer-after', status })
      const run = await b.publish(c, post('Done all the same'))
      expect(run.state).toBe('published')
      expect(run.tries.get('create:0')).toBe(2)
      expect(asked('create')).toHaveLength(1)
      expect(createdOf(run)[0]).toMatchObject({ id: b.ledger()[0]!.id, url: b.ledger()[0]!.url })
      expect(b.ledger()).toHaveLength(1)
    })
  test('without Instagram’s own guard no lost answer makes two posts, of any kind', async () => {
    const c = await b.connect()
    knobs({ duplicateGuard: 0 })
    const kinds = [post('Lost'), post('Lost', [image, image]), post('Lost', [video]), story([image]), story([video])]
    for (const [n, content] of kinds.entries())
      for (const [m, what] of (['drop-before', 'drop-after', 'answer-after'] as const).entries()) {
        b.fault({ route: 'create', do: what })
        expect((await b.publish(c, content)).state).toBe('published')
        expect(b.ledger()).toHaveLength(n * 3 + m + 1)
      }
  })
  test('the same caption twice in a row: each lost answer finds its own post', async () => {
    const c = await b.connect()
    const ids: unknown[] = []
    for (let n = 0; n < 3; n++) {
      b.fault({ route: 'create', do: 'drop-after' })
      ids.push(createdOf(await b.publish(c, post('Twice told')))[0]!.id)
    }
    expect(ids).toEqual(b.ledger().map((p) => p.id))
  })
  test('a story of two equal pictures keeps them apart', async () => {
    const c = await b.connect()
    b.fault({ route: 'create', nth: 2, do: 'drop-after' })
    const run = await b.publish(c, story([image, image]))
    expect(createdOf(run).map((x) => x.id)).toEqual(b.ledger().map((p) => p.id))
  })
  test('a spam block that was none is looked at, and not tried again', async () => {
    const c = await b.connect()
    knobs({ blockedButLive: 1 })
    kit.sandbox.desk.act('instagram', { do: 'block', account: c.offer.externalId })
    const run = await b.publish(c, post('Blocked, they say'))
    expect(run.state).toBe('published')
    expect(createdOf(run)[0]!.id).toBe(b.ledger()[0]!.id)
    expect(asked('create')).toHaveLength(1)
  })
  test('published and never listed: no second one, and no link rather than a wrong one', async () => {
    const c = await b.connect()
    await b.publish(c, post('Slow list'))
    knobs({ listLagMs: 10 * 60_000, duplicateGuard: 0 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, post('Slow list'))
    expect(run.state).toBe('published')
    expect(createdOf(run)).toMatchObject([{ id: null, url: null, container: expect.any(String) }])
    expect(b.ledger()).toHaveLength(2)
  })
  test('a lost answer is given time before anything is sent again', async () => {
    const c = await b.connect()
    const before = b.now()
    b.fault({ route: 'create', do: 'drop-before' })
    expect((await b.publish(c, post('Patience'))).state).toBe('published')
    expect(b.now() - before).toBeGreaterThanOrEqual(30_000)
    expect(asked('create')).toHaveLength(2)
  })
  test('sent, lost and no longer shown: a person is asked, and nothing is sent again', async () => {
    const c = await b.connect()
    knobs({ duplicateGuard: 0 })
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, post('Hidden'), {
      beforeTry: (key, nth) => {
        if (key === 'create:0' && nth === 2) knobs({ blindReads: 1000 })
      },
    })
    expect(run.state).toBe('unconfirmed')
    expect(asked('create')).toHaveLength(1)
  })
})

describe('containers', () => {
  test('reads that do not know a fresh container are waited out', async () => {
    const c = await b.connect()
    knobs({ blindReads: 3 })
    expect((await b.publish(c, post('Blind', [image, image]))).state).toBe('published')
    expect(texts()).toEqual(['Blind'])
  })
  test('reads that stay blind do not stop the post', async () => {
    const c = await b.connect()
    knobs({ blindReads: 1000 })
    expect((await b.publish(c, post('Blind for ever'))).state).toBe('published')
    expect(b.ledger()).toHaveLength(1)
  })
  test('a video that fails its processing once gets a second container', async () => {
    const c = await b.connect()
    knobs({ videoFailures: 1 })
    expect((await b.publish(c, post('Second try', [video]))).state).toBe('published')
    expect(asked('container')).toHaveLength(2)
  })
  for (const [name, content] of [
    ['a picture', post('Held', [image])],
    ['a carousel', post('Held', [image, video, image])],
    ['a reel', post('Held', [video])],
  ] as const)
    test(`${name} held for two days is prepared again and published once`, async () => {
      const c = await b.connect()
      let waited = false
      const run = await b.publish(c, content, {
        beforeTry: (key) => {
          if (key === 'create:0' && !waited) b.pass(2 * 86_400_000)
          if (key === 'create:0') waited = true
        },
      })
      expect(run.failure).toBeUndefined()
      expect(run.state).toBe('published')
      expect(b.ledger()).toHaveLength(1)
    })
  test('items of a carousel that expired before the parent are prepared again', async () => {
    const c = await b.connect()
    const run = await b.publish(c, post('Late parent', [image, image]), {
      beforeTry: (key, nth) => {
        if (key === 'process' && nth === 1) b.pass(2 * 86_400_000)
      },
    })
    expect(run.state).toBe('published')
    expect(b.ledger()).toHaveLength(1)
  })
  test('a lost answer to a container makes another, and still one post', async () => {
    const c = await b.connect()
    b.fault({ route: 'container', do: 'drop-after' })
    expect((await b.publish(c, post('Lost container'))).state).toBe('published')
    expect(asked('container')).toHaveLength(2)
    expect(b.ledger()).toHaveLength(1)
  })
})

describe('the first comment', () => {
  const content = { ...post('With a comment'), firstComment: 'The comment' }
  for (const what of ['drop-before', 'drop-after', 'answer-after'] as const)
    test(`${what}: one comment`, async () => {
      const c = await b.connect()
      b.fault({ route: 'comment', do: what })
      const run = await b.publish(c, content)
      expect(run.state).toBe('published')
      expect(b.ledger().map((p) => p.kind)).toEqual(['image', 'comment'])
    })
  test('the publish’s answer is lost: it goes under the post the list shows', async () => {
    const c = await b.connect()
    await b.publish(c, content)
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, content)
    expect(run.state).toBe('published')
    const posts = b.ledger().filter((p) => p.kind === 'image')
    expect(b.ledger().filter((p) => p.kind === 'comment')).toHaveLength(2)
    expect(posts).toHaveLength(2)
    expect(createdOf(run)[0]!.id).toBe(posts[1]!.id)
  })
  test('of two equal captions that may both be it none is taken: nothing is said under either, and that is told', async () => {
    const c = await b.connect()
    await b.publish(c, content)
    // Which posts were there before cannot be read, and the older twin is of the same moment.
    b.fault({ route: 'list', do: 'answer-before', status: 500 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, content)
    expect(createdOf(run)).toMatchObject([{ id: null, url: null }])
    expect(b.ledger().filter((p) => p.kind === 'image')).toHaveLength(2)
    expect(b.ledger().filter((p) => p.kind === 'comment')).toHaveLength(1)
    expect(run.failure).toMatchObject({ code: 'clarion.parent-unknown' })
  })
  test('never asks for fields, which would make the comment and fail', async () => {
    const { access } = (await b.connect()).grant
    const c = await b.connect()
    const run = await b.publish(c, post('Bare'))
    const id = createdOf(run)[0]!.id!
    const answer = await kit.sandbox.call(`https://graph.instagram.com/v25.0/${id}/comments?fields=id`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access}` },
      body: new URLSearchParams({ message: 'With fields' }),
    })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: { code: 20, error_subcode: 1772107 } })
    expect(texts()).toEqual(['Bare', 'With fields'])
  })
})

describe('bytes instead of an address', () => {
  const reel = post('By bytes', [{ kind: 'video', bytes: 200_000 }])
  test('a video Instagram cannot fetch is sent by rupload with Facebook Login', async () => {
    const c = await throughFacebook(b)
    knobs({ pullBroken: 1 })
    const run = await b.publish(c, reel)
    expect(run.failure).toBeUndefined()
    expect(run.state).toBe('published')
    expect(b.ledger()[0]!.raw).toMatchObject({ upload_type: 'resumable' })
    expect(asked('rupload')).toHaveLength(1)
  })
  test('an upload that breaks off goes on where it stopped', async () => {
    const c = await throughFacebook(b)
    knobs({ pullBroken: 1, cutUploadBytes: 70_000 })
    const run = await b.publish(c, reel)
    expect(run.failure).toBeUndefined()
    expect(run.state).toBe('published')
    expect(asked('rupload')).toHaveLength(2)
    expect(asked('container')).toHaveLength(2)
  })
  test('with Instagram Login it is told with the reason, and tried again later: we may have been down', async () => {
    const c = await b.connect()
    knobs({ pullBroken: 1 })
    const run = await b.publish(c, reel)
    expect(run.failure).toMatchObject({ kind: 'try-later', code: 'instagram.fetch' })
    expect(run.failure!.message).toContain('public address')
    expect(asked('rupload')).toHaveLength(0)
  })
})
