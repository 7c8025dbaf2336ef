/** What goes wrong while a post is made ready: trouble of our own is no verdict on the post. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { FileChanged, StorageAway, StorageFull } from '#infra/storage.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import { retryPublication } from './commands.ts'
import type { MediaPort } from './deps.ts'
import { type ToyHouse, type ToyOptions, toyHouse } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())

/** A post with one picture. */
const withPicture = async (dueIn = 0): Promise<string> => {
  const id = await h.plan(['look'], { dueIn })
  await h.showPicture(id, 'look')
  return id
}
/** Pictures are made after `trouble` was met. */
const media = (trouble: unknown[], bytes: unknown[] = []): MediaPort => ({
  renditionFor: async () => {
    const met = trouble.shift()
    if (met) throw met
    const blob = async () => {
      const missed = bytes.shift()
      if (missed) throw missed
      return new Blob()
    }
    return { mime: 'image/png', bytes: 1, width: 1, height: 1, blob }
  },
  signedUrl: () => '',
})
const forEver = JSON.stringify({ maxLateMs: 30 * 86_400_000, otherwise: 'publish' })
const starting = Object.assign(new Error('the database system is starting up'), { code: '57P03' })

it('a database that starts anew, a full disk, a picture process that died: it waits, and goes out', async () => {
  const id = await withPicture()
  const engine = h.engine('ask', { media: media([starting, new Problem('no-space'), new Error('it died')]) })
  await engine.runDue()
  expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'clarion.not-prepared' })
  for (let i = 0; i < 3; i++) {
    await h.clock.advance(15_000)
    await engine.runDue()
  }
  expect(await h.read(id)).toMatchObject({ state: 'published', begun: true })
  expect(h.net.posts).toEqual(['look'])
})

it('a database without a connection left, asked for the token: it waits, and goes out', async () => {
  const id = await h.plan(['hello'])
  const grant = h.keeper.grant
  const full = Object.assign(new Error('sorry, too many clients already'), { code: '53300' })
  let times = 2
  h.keeper.grant = (channel) => (times-- > 0 ? Promise.reject(full) : grant(channel))
  const engine = h.engine('ask')
  await engine.runDue()
  expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'clarion.database-away', begun: false })
  for (let i = 0; i < 3; i++) {
    await h.clock.advance(60_000)
    await engine.runDue()
  }
  expect(await h.read(id)).toMatchObject({ state: 'published' })
  expect(h.net.posts).toEqual(['hello'])
})

it('a storage that is away, and a disk too full for its file, are waited for by the step that needs it', async () => {
  const id = await withPicture()
  const away = Array.from({ length: 8 }, () => new StorageAway('no answer'))
  const engine = h.engine('ask', { media: media([], [...away, new StorageFull()]) })
  const reasons = new Set<string | null>()
  for (let i = 0; i < 20; i++) {
    await engine.runDue()
    const now = await h.read(id)
    if (now.state === 'published') break
    // However long it is away, no try is used up.
    expect([now.state, now.tries]).toEqual(['waiting', now.reason === 'clarion.storage-away' ? 0 : 1])
    reasons.add(now.reason)
    await h.clock.advance(5 * 60_000)
  }
  expect(await h.read(id)).toMatchObject({ state: 'published' })
  expect([[...reasons], h.net.posts]).toEqual([['clarion.storage-away', 'clarion.no-space'], ['look']])
})

it('a storage that stays away is told after a day, whatever the late policy, and what was held goes out when a person says so', async () => {
  await h.db.updateTable('workspaces').set({ late_policy: forEver }).execute()
  const id = await withPicture()
  const away = Array.from({ length: 1_000 }, () => new StorageAway('no answer'))
  // Once while it is made ready, and once in the step that needs the file.
  for (const where of ['content', 'step'] as const) {
    const port = where === 'content' ? media(away) : media([], away)
    const engine = h.engine('ask', { media: port })
    const began = h.clock.now()
    for (let i = 0; i < 60 && (await h.read(id)).state !== 'held'; i++) {
      await engine.runDue()
      await h.clock.advance(30 * 60_000)
    }
    const held = await h.read(id)
    expect(held).toMatchObject({ state: 'held', reason: 'clarion.storage-away', tries: 0 })
    expect(held.message).toContain('does not answer')
    expect(h.clock.now() - began).toBeGreaterThan(24 * 3_600_000)
    expect(h.clock.now() - began).toBeLessThan(26 * 3_600_000)
    await retryPublication(h.db, h.target(id))
  }
  await h.engine('ask', { media: media([]) }).runDue()
  expect(await h.read(id)).toMatchObject({ state: 'published' })
  expect(h.net.posts).toEqual(['look'])
})

it('a file that is not what was stored is read again a few times, and then told', async () => {
  await h.db.updateTable('workspaces').set({ late_policy: forEver }).execute()
  for (const where of ['content', 'step'] as const) {
    const id = await withPicture()
    const changed = Array.from({ length: 100 }, () => new FileChanged('media/aa/a'))
    const engine = h.engine('ask', { media: where === 'content' ? media(changed) : media([], changed) })
    const began = h.clock.now()
    for (let i = 0; i < 20 && (await h.read(id)).state !== 'failed'; i++) {
      await engine.runDue()
      h.clock.set((await h.read(id)).next_at?.getTime() ?? h.clock.now())
    }
    expect(await h.read(id)).toMatchObject({
      state: 'failed',
      reason: 'clarion.file-changed',
      message: expect.stringContaining('changed it in the storage'),
    })
    expect(h.clock.now() - began).toBeLessThan(3_600_000)
  }
  expect(h.net.posts).toEqual([])
})

it('a picture that cannot be read is the post\u2019s own fault, and told at once', async () => {
  const id = await withPicture()
  await h.engine('ask', { media: media([new Problem('bad-image', 'The picture cannot be read.')]) }).runDue()
  expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'content' })
})

it('trouble that does not end is told in the end', async () => {
  const id = await withPicture()
  const engine = h.engine('ask', { media: media(Array.from({ length: 30 }, () => starting)) })
  for (let i = 0; i < 20 && (await h.read(id)).state !== 'failed'; i++) {
    await engine.runDue()
    h.clock.set((await h.read(id)).next_at?.getTime() ?? h.clock.now())
  }
  expect(await h.read(id)).toMatchObject({ state: 'failed', reason: 'content' })
  expect(h.net.posts).toEqual([])
})

describe('a storage that is away at the due time', () => {
  /** The upload carries the file and may run ahead; the create needs none. */
  const toy = (files: string[]): ToyOptions => ({
    again: 'ask',
    ahead: { upload: 3_600_000 },
    publish: steps(
      step('upload', { again: 'safe' }, async (t) => {
        for (const m of t.segments[0]!.media) files.push(`${m.id.slice(-1)} ${(await m.blob()).size}`)
        return done({ file: 1 })
      }),
      step('create', { again: 'never' }, async (t) => {
        const url = 'https://toy.test/posts'
        const { body } = await t.http<{ id: string }>({ method: 'POST', url, json: { text: t.segments[0]!.text } })
        return done({ id: body.id, url: null })
      }),
    ),
  })
  const words = async (id: string) =>
    (await h.db.selectFrom('journal').select('event').where('publication_id', '=', id).orderBy('id').execute()).map(
      (j) => j.event,
    )

  it('keeps nothing back of which the network has everything already', async () => {
    const files: string[] = []
    const id = await withPicture(600_000)
    const away: unknown[] = []
    const engine = h.engine(toy(files), { media: media(away) })
    await engine.runAhead()
    expect((await h.read(id)).prepared_at).not.toBe(null)
    away.push(...Array.from({ length: 20 }, () => new StorageAway('no answer')))
    h.clock.set(h.clock.now() + 600_000)
    await engine.runDue()
    expect(await h.read(id)).toMatchObject({ state: 'published' })
    expect([files.length, h.net.posts, (await words(id)).includes('prepare-dropped')]).toEqual([1, ['look'], false])
  })

  it('throws nothing away that it could not compare, and waits', async () => {
    const files: string[] = []
    const id = await withPicture(600_000)
    const away: unknown[] = []
    const engine = h.engine(toy(files), { media: media(away) })
    await engine.runAhead()
    // Another picture, which nobody told of and nobody can read now.
    await h.showPicture(id, 'look')
    away.push(new StorageAway('no answer'), new StorageAway('no answer'))
    h.clock.set(h.clock.now() + 600_000)
    for (let i = 0; i < 2; i++) {
      await engine.runDue()
      expect(await h.read(id)).toMatchObject({ state: 'waiting', reason: 'clarion.storage-away', tries: 0 })
      expect((await h.read(id)).prepared_at).not.toBe(null)
      await h.clock.advance(60_000)
    }
    await engine.runDue()
    expect(await h.read(id)).toMatchObject({ state: 'published' })
    expect([files.length, (await words(id)).filter((w) => w === 'prepare-dropped').length]).toEqual([2, 1])
  })
})
