/** Two workers as processes on one Redis: what a network takes at once (`spec.pace.concurrency`) holds over both, seen at the network's door. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#infra/testing/free-port.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import { type Ground, openGround } from './ground.ts'
import { benched } from './model.ts'
import { prepare } from './prepare.ts'

const atOnce = benched.spec.pace.concurrency
/** More than both workers could take together if each kept the pace for itself. */
const size = { publications: atOnce * 3, channels: atOnce * 3 }
/** Calls stay at the door until as many are there as may be, and a moment longer (ms), in which one too many would come. */
const fullMs = 700
/** Or for so long (ms): the last ones are fewer. */
const atMostMs = 4_000

/** The network's door: hands every call on, and counts the writes that are being answered. Reads of chores keep no pace of publishing. */
const openDoor = async (sandboxUrl: string) => {
  const { hostname, port } = new URL(sandboxUrl)
  const inside = new Set<object>()
  const seen = { most: 0, writes: 0 }
  const waiting = new Set<() => void>()
  const open = () => {
    for (const go of waiting) go()
  }
  /** Stands at the door; `inside` ends with the answer. */
  const stand = async (req: object): Promise<void> => {
    inside.add(req)
    seen.writes++
    seen.most = Math.max(seen.most, inside.size)
    await new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, atMostMs)
      waiting.add(go)
      if (inside.size === atOnce) setTimeout(open, fullMs)
    })
  }
  const server = createServer(async (req, res) => {
    const { method, url: path, headers } = req
    res.once('close', () => inside.delete(req))
    if (method !== 'GET') await stand(req)
    const on = request({ hostname, port, method, path, headers }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(res)
    })
    on.once('error', () => res.destroy())
    req.pipe(on)
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((r) => server.close(() => r()))
    },
  }
}

let dir: string
let ground: Ground
let door: Awaited<ReturnType<typeof openDoor>>
const started: Started[] = []
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-pace-'))
  await chmod(dir, 0o755)
  ground = await openGround({ dir: join(dir, 'ground'), redis: true })
  door = await openDoor(ground.sandboxUrl)
})
afterAll(async () => {
  await Promise.all(started.map((c) => c.stop()))
  await door?.close()
  await ground?.close()
  await rm(dir, { recursive: true, force: true })
})

test('together they have no more calls at a network than it takes at once, both work, and the pace is used', async () => {
  const plan = await prepare(ground.model, size)
  for (let i = 0; i < 2; i++)
    started.push(
      await startClarion({
        dataDir: join(dir, 'data'),
        port: await freePort(),
        role: 'worker',
        env: {
          DATABASE_URL: ground.databaseUrl,
          CLARION_KEYS: ground.model.keys,
          CLARION_SANDBOX_URL: door.url,
          REDIS_URL: ground.redis!.url,
        },
      }),
    )
  const before = (await ground.desk.entries(benched.spec.id)).length
  await plan.due(new Date(Date.now() + 2_000))
  await expect.poll(plan.open).toBe(0)
  expect(door.seen.writes).toBe(size.publications)
  expect(door.seen.most).toBe(atOnce)
  expect((await ground.desk.entries(benched.spec.id)).length - before).toBe(size.publications)
  const { rows } = await ground.model.database.pool.query<{ worker: string }>(
    `select distinct a.worker from attempts a join publications p on p.id = a.publication_id where p.channel_id <> $1`,
    [ground.model.channel],
  )
  expect(rows).toHaveLength(2)
})
