/** Kinds of servers behind REDIS_URL: what works is used, what cannot work is said. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createRedisCarriers } from './carriers/bullmq.ts'
import { systemClock } from './clock.ts'
import { openRedis, type RedisLink } from './redis.ts'
import { cert, key } from './testing/certificate.ts'
import { freePort } from './testing/free-port.ts'
import { type TestRedis, testRedis } from './testing/redis.ts'

const before = getCACertificates('default')
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => setDefaultCACertificates(before))

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const server = async (settings: Record<string, string>): Promise<TestRedis> => {
  const redis = await testRedis(settings)
  closing.push(redis.stop)
  return redis
}
const link = (url: string): RedisLink => {
  const one = openRedis({ url, prefix: 'clarion-kinds', log })
  closing.push(one.close)
  return one
}

test('TLS, a user with few rights and a database of a number: chores and their queues live there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'clarion-tls-'))
  closing.push(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'cert.pem'), cert)
  await writeFile(join(dir, 'key.pem'), key)
  const port = await freePort()
  const redis = await server({
    'tls-port': String(port),
    'tls-cert-file': join(dir, 'cert.pem'),
    'tls-key-file': join(dir, 'key.pem'),
    'tls-auth-clients': 'no',
  })
  await redis.ask(
    'acl',
    'setuser',
    'clarion',
    'on',
    '>a,secret',
    '~clarion-kinds:*',
    '+@all',
    '-@admin',
    '-@dangerous',
    '+info',
  )
  const url = `rediss://clarion:a,secret@localhost:${port}/3`

  const stranger = link(url)
  await stranger.met
  expect(stranger.trouble()).toBe('is not reachable')
  await stranger.close()

  setDefaultCACertificates([...before, cert])
  const known = link(url)
  await expect.poll(known.trouble).toBeNull()
  const carriers = createRedisCarriers({
    link: known,
    prefix: 'clarion-kinds',
    database: { listen: async () => async () => {} },
    clock: systemClock,
    log,
  })
  closing.push(carriers.close)
  let looks = 0
  const carrier = carriers.carry(
    async () => {
      looks++
      return new Date(systemClock.now() + 50)
    },
    { name: 'toy work', gapMs: () => 0 },
  )
  closing.push(carrier.stop)
  await carrier.start()
  await expect
    .poll(async () => (await carriers.numbers())[0])
    .toMatchObject({ name: 'work-toy-work', completed: expect.toSatisfy((n: number) => n > 0) })
  expect(looks).toBeGreaterThan(0)
  expect(String(await redis.ask('info', 'keyspace')).match(/db\d+/g)).toEqual(['db3'])

  const wrong = link(url.replace('secret', 'guess'))
  await expect.poll(wrong.trouble).toMatch(/refuses user and password/)
  expect(wrong.unfit()).toBeNull()
})

test('a cluster is told from a server by itself, and no waiting mends it', async () => {
  const redis = await server({ 'cluster-enabled': 'yes' })
  const one = link(redis.url)
  await one.met
  expect(one.unfit()).toMatch(/^is a cluster/)
  expect(one.trouble()).toBe(one.unfit())
})
