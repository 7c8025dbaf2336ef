/** What goes wrong while a post is made ready: trouble of our own is no verdict on the post. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Problem } from '#contract/problems.ts'
import { newId } from '#infra/ids.ts'
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
const media = (trouble: unknown[]): MediaPort => ({
  renditionFor: async () => {
    const met = trouble.shift()
    if (met) throw met
    return { mime: 'image/png', bytes: 1, width: 1, height: 1, blob: async () => new Blob() }
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
