import { afterAll, expect, test } from 'vitest'
import { type TestRedis, testRedis } from './redis.ts'

let redis: TestRedis | undefined
afterAll(() => redis?.stop())

test('a Redis of its own, empty again after a crash, and full when it is told to be small', async () => {
  redis = await testRedis({ maxmemory: '3mb' })
  expect(String(await redis.ask('info', 'server'))).toMatch(/redis_version:7/)
  await redis.ask('set', 'a', 'x')
  await redis.kill()
  await expect(redis.ask('ping')).rejects.toThrow()
  await redis.start()
  expect(await redis.ask('get', 'a')).toBeNull()
  await redis.ask('config', 'set', 'maxmemory', '1')
  await expect(redis.ask('set', 'a', 'x')).rejects.toThrow(/OOM/)
})
