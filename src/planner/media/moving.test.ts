/** What a move may take out of its old place, and what not yet. The way as people run it is in server/storage-move.s3.test.ts. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { diskStorage, type Storage } from '#infra/storage.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { createPosts } from '../posts/service.ts'
import { input, seeder, toyNetworks } from '../posts/testing.ts'
import { moveFiles } from './moving.ts'

let t: TestDatabase
let dir: string
let from: Storage
let to: Storage
let ws: { id: string; timeZone: string }
const move = () => moveFiles({ db: t.db, from, to, say: () => undefined })

beforeAll(async () => {
  t = await testDatabase()
})
afterAll(async () => {
  await t?.drop()
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-moving-'))
  ;[from, to] = [diskStorage(join(dir, 'a')), diskStorage(join(dir, 'b'))]
  ws = await seeder(t.db, systemClock).workspace()
  return () => rm(dir, { recursive: true, force: true })
})

const keep = async (text: string) => {
  const id = await seeder(t.db, systemClock).media(ws.id)
  const [bytes, key] = [Buffer.from(text), `media/${id.slice(-2)}/${id}`]
  const sha256 = createHash('sha256').update(bytes).digest()
  await t.db.updateTable('media').set({ storage_key: key, bytes: bytes.length, sha256 }).where('id', '=', id).execute()
  await from.put(key, bytes)
  return { id, key }
}

test('a copy that was never read back is held against the file before the file goes', async () => {
  const [good, cut] = [await keep('the one'), await keep('another')]
  await to.put(good.key, Buffer.from('the one'))
  // As long, and something else: a machine that died while it wrote.
  await to.put(cut.key, Buffer.from('anXther'))
  expect(await move()).toMatchObject({ there: 1, moved: 1, removed: 2, failed: [] })
  expect((await to.read(cut.key)).toString()).toBe('another')
  expect(await from.size(cut.key)).toBeUndefined()
})

test('what a network may still be fetching stays, though nobody holds the publication', async () => {
  const [wanted, other] = [await keep('wanted'), await keep('other')]
  const posts = createPosts({ db: t.db, clock: systemClock, platforms: toyNetworks().platforms })
  const seed = seeder(t.db, systemClock)
  const post = await posts.create(ws, await seed.user(), input('hi', [await seed.channel(ws.id)]))
  const publication = t.db.updateTable('publications').where('post_id', '=', post.id)
  const frozen = JSON.stringify({ segments: [{ text: 'hi', media: [{ id: wanted.id }] }] })
  await publication.set({ state: 'publishing', frozen, next_at: new Date() }).execute()
  expect(await move()).toMatchObject({ moved: 2, busy: 1, removed: 1 })
  expect([await from.size(wanted.key), await from.size(other.key)]).toEqual([6, undefined])
  await publication.set({ state: 'published' }).execute()
  expect(await move()).toMatchObject({ there: 1, busy: 0, removed: 1 })
})
