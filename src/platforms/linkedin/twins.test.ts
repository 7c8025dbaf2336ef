/** The same said twice on LinkedIn, with the real engine: its guard's answer is an answer, and is told as one. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { manualClock } from '#infra/clock.ts'
import { memoryKeyRing } from '#infra/secrets.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { input, seeder } from '#planner/posts/testing.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import { type House, openHouse } from '#server/house.ts'
import linkedin from './index.ts'
import imitation from './sandbox/index.ts'

const clock = manualClock()
let database: TestDatabase
let sandbox: TestSandbox
let house: House
let ws: { id: string; timeZone: string }
let user: string
beforeAll(async () => {
  database = await testDatabase()
  sandbox = await startSandbox([imitation], { clock })
  house = await openHouse({
    database,
    clock,
    keys: memoryKeyRing(),
    platforms: [linkedin],
    mediaDir: mkdtempSync(join(tmpdir(), 'clarion-twins-')),
    sandboxUrl: sandbox.url,
    publicUrl: 'http://localhost:8080',
    log: { info: () => {}, warn: () => {}, error: () => {} },
    worker: 'test',
  })
  const seed = seeder(database.db, clock)
  ws = await seed.workspace()
  user = await seed.user()
  const member = { workspace_id: ws.id, user_id: user, role: 'owner' as const, created_at: new Date(clock.now()) }
  await database.db.insertInto('members').values(member).execute()
})
afterAll(async () => {
  await house.publishing.stop(0)
  await sandbox.close()
  await database.drop()
})

const channels = () => house.connectSandbox({ ws: ws.id, userId: user })
let n = 0
let text: string
beforeEach(() => {
  text = `Bread at nine, batch ${++n}`
})

/** Publishes the text on the channel now, and lives on until the engine has nothing left to do. */
const publish = async (channelId: string) => {
  const post = await house.posts.create(ws, user, input(text, [channelId]))
  await house.posts.schedule(ws, post.id, { now: true }, null)
  const id = post.publications[0]!.id
  for (let i = 0; i < 40; i++) {
    await house.publishing.runDue()
    const p = await house.posts.publicationDetail(ws, id)
    if (!['scheduled', 'publishing', 'waiting'].includes(p.state)) return p
    expect(p.message).not.toMatch(/lost/)
    clock.set(Math.max(clock.now() + 1_000, Date.parse(p.nextAt ?? '') || 0))
  }
  throw new Error('it never ends')
}

test.each(['organization', 'person'])(
  'on a %s, within 15 s: refused for that reason, and no answer was lost',
  async (kind) => {
    // The page's list does not show the first one yet.
    sandbox.desk.setKnobs('linkedin', { timelineLagMs: 40_000 })
    const channel = (await channels()).find((c) => c.kind === kind)!
    const first = await publish(channel.id)
    expect(first.state).toBe('published')
    clock.set(clock.now() + 5_000)
    const second = await publish(channel.id)
    expect(second).toMatchObject({ state: 'failed', reason: 'linkedin.duplicate-of-older', externalId: null })
    expect(second.message).toContain('an earlier post says the same')
    expect(JSON.stringify(second.journal)).not.toMatch(/lost/)
    expect(sandbox.desk.requests({ route: 'create' }).length).toBeGreaterThan(1)
  },
)
