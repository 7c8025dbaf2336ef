/** What goes wrong while a post is made ready: trouble of our own is no verdict on the post. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { newId } from '#infra/ids.ts'
import { StorageAway, StorageFull } from '#infra/storage.ts'
import type { MediaPort } from './deps.ts'
import { type ToyHouse, toyHouse, toyWs } from './testing.ts'

let h: ToyHouse
beforeEach(async () => {
  h = await toyHouse()
})
afterEach(() => h.close())

/** A post with one picture. */
const withPicture = async (): Promise<string> => {
  const media = newId(h.clock.now())
  await h.db
    .insertInto('media')
    .values({
      id: media,
      workspace_id: toyWs,
      kind: 'image',
      mime: 'image/png',
      bytes: 1,
      sha256: Buffer.alloc(32),
      name: 'a.png',
      storage_key: `media/${media}`,
      created_at: new Date(h.clock.now()),
    })
    .execute()
  const id = await h.plan(['look'])
  const content = JSON.stringify({ segments: [{ text: 'look', mediaIds: [media] }] })
  await h.db.updateTable('publications').set({ content }).where('id', '=', id).execute()
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
