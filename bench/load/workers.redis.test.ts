/** The shape of a cluster as processes: one for the API, two workers, Redis; what dies and what is emptied costs no post. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#infra/testing/free-port.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import { benchText } from './call.ts'
import { type Ground, openGround } from './ground.ts'
import { benched } from './model.ts'
import { prepare } from './prepare.ts'

const size = { publications: 300, channels: 30 }
let dir: string
let ground: Ground
const started: Started[] = []
const start = async (role: 'api' | 'worker') => {
  const one = await startClarion({
    dataDir: join(dir, 'data'),
    port: await freePort(),
    role,
    env: {
      DATABASE_URL: ground.databaseUrl,
      CLARION_KEYS: ground.model.keys,
      CLARION_SANDBOX_URL: ground.sandboxUrl,
      REDIS_URL: ground.redis!.url,
    },
  })
  started.push(one)
  return one
}
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clarion-cluster-'))
  await chmod(dir, 0o755)
  ground = await openGround({ dir: join(dir, 'ground'), redis: true })
})
afterAll(async () => {
  await Promise.all(started.map((c) => c.stop()))
  await ground?.close()
  await rm(dir, { recursive: true, force: true })
})

const readiness = async (one: Started) => (await fetch(`${one.url}/health/ready`)).json() as Promise<unknown>

/** Everything Redis holds, as text. */
const everything = async (): Promise<string> => {
  const ask = ground.redis!.ask
  const reads: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => ask('get', key),
    hash: (key) => ask('hgetall', key),
    list: (key) => ask('lrange', key, 0, -1),
    set: (key) => ask('smembers', key),
    zset: (key) => ask('zrange', key, 0, -1),
    stream: (key) => ask('xrange', key, '-', '+'),
  }
  const keys = (await ask('keys', '*')) as string[]
  const parts = await Promise.all(
    keys.map(async (key) => [key, await reads[String(await ask('type', key))]?.(key)] as const),
  )
  return JSON.stringify(parts)
}

test('a worker is killed, Redis is emptied, hangs, ends and comes back: everything went out once, and Redis never held a text or a token', async () => {
  const plan = await prepare(ground.model, size)
  const api = await start('api')
  const [stays, dies] = [await start('worker'), await start('worker')]
  const before = new Set((await ground.desk.entries(benched.spec.id)).map((e) => e.id))
  await ground.desk.fault({ platform: benched.spec.id, do: 'slow', ms: 100, times: size.publications })
  await plan.due(new Date(Date.now() + 2_500))

  await expect.poll(plan.open).toBeLessThan(size.publications)
  const held = await everything()
  expect(held).toContain(`publish-${benched.spec.id}`)
  process.kill(dies.pid, 'SIGKILL')
  await ground.redis!.ask('flushall')
  // One that hangs is as good as gone, and must not make readiness hang.
  process.kill(ground.redis!.pid(), 'SIGSTOP')
  await expect
    .poll(() => readiness(api))
    .toMatchObject({ ok: true, degraded: true, checks: { redis: expect.stringContaining('does not answer') } })
  await expect.poll(plan.open).toBeLessThan(size.publications - 100)
  process.kill(ground.redis!.pid(), 'SIGCONT')
  await expect.poll(() => readiness(api)).toMatchObject({ ok: true, checks: { redis: 'ok' } })
  await ground.redis!.kill()
  await expect
    .poll(() => readiness(stays))
    .toMatchObject({ ok: true, degraded: true, checks: { redis: expect.stringContaining('is not reachable') } })
  await expect.poll(() => readiness(api)).toMatchObject({ ok: true, degraded: true })
  await expect.poll(plan.open).toBeLessThan(size.publications - 150)
  await ground.redis!.start()
  await expect.poll(() => readiness(stays)).toMatchObject({ ok: true, checks: { redis: 'ok', engine: 'ok' } })
  await expect.poll(plan.open).toBe(0)

  const after = `${held}${await everything()}`
  expect(after).not.toContain(ground.model.grant.access)
  expect(after).not.toMatch(/bench \d+ [0-9a-f-]{36}/)
  expect(benchText(1)).toMatch(/bench \d+ [0-9a-f-]{36}/)
  const texts = (await ground.desk.entries(benched.spec.id)).filter((e) => !before.has(e.id)).map((e) => e.text)
  expect([texts.length, new Set(texts).size]).toEqual([size.publications, size.publications])
})
