import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestApp, testApp } from './testing.ts'

let t: TestApp
beforeAll(async () => {
  t = await testApp()
})
afterAll(() => t.close())

test('new alt text throws away what was prepared with the old', async () => {
  const now = new Date(t.clock.now())
  const { db } = t.database
  const id = crypto.randomUUID()
  const file = {
    kind: 'image',
    mime: 'image/png',
    bytes: 1,
    sha256: Buffer.from('x'),
    name: 'x',
    storage_key: 'x',
  } as const
  await db
    .insertInto('media')
    .values({ ...file, id, workspace_id: t.ws, created_at: now })
    .execute()
  const content = JSON.stringify({ segments: [{ text: 'x', mediaIds: [id] }] })
  const row = { workspace_id: t.ws, created_at: now, updated_at: now }
  const [postId, channelId, publicationId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  const post = { ...row, id: postId, content }
  await db.insertInto('posts').values(post).execute()
  const names = { platform: 'p', realm: 'sandbox', kind: 'k', external_id: 'alt', name: 'n', handle: 'h' } as const
  const channel = { ...names, id: channelId, workspace_id: t.ws, created_at: now }
  await db.insertInto('channels').values(channel).execute()
  const due = new Date(t.clock.now() + 600_000)
  const frozen = JSON.stringify({ segments: [{ text: 'x', media: [{ id }] }] })
  const times = { due_at: due, next_at: due, prepared_at: now, prepared_until: due }
  await db
    .insertInto('publications')
    .values({ ...row, ...times, id: publicationId, post_id: postId, channel_id: channelId, state: 'scheduled', frozen })
    .execute()
  await t.call('mediaPatch', { params: { id }, body: { alt: 'anders' } })
  const after = await db
    .selectFrom('publications')
    .selectAll()
    .where('id', '=', publicationId)
    .executeTakeFirstOrThrow()
  expect(after).toMatchObject({ state: 'scheduled', frozen: null, prepared_at: null })
  // With files it is looked at an hour before.
  expect(after.prepare_at!.getTime()).toBe(due.getTime() - 3_600_000)
})
