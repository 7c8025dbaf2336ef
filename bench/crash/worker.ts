/**
 * A worker of the crash matrix: the real engine, keeper and platforms in a process of its own, which really dies.
 * Only the wire is wrapped: a trap kills this process (SIGKILL) right before a request leaves or right after the
 * network's answer came, or lets it fall asleep there.
 */
import process from 'node:process'
import { steerableClock } from '#infra/clock.ts'
import { openDatabase } from '#infra/db/database.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import { createSend, type Send } from '#kit/client/send.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { openRedisParts } from '../../src/server/boot/redis.ts'
import { openHouse } from '../../src/server/house.ts'
import { callKey, random } from './cases.ts'
import type { FromWorker, ToWorker, Trap, WorkerSettings } from './protocol.ts'

const settings = JSON.parse(process.argv[2]!) as WorkerSettings
const clock = steerableClock(settings.offset)
const tell = (m: FromWorker) => process.send!(m)

let claiming = false
let trap: Trap | null = null
let calls: string[] = []
let jitter = random(1)
let resume: () => void = () => {}

const stall = () =>
  new Promise<void>((resolve) => {
    resume = resolve
    tell({ say: 'stalled' })
  })
const die = () => {
  process.kill(process.pid, 'SIGKILL')
  return new Promise<never>(() => {})
}
const hit = (kind: Trap['do'], at: number) => trap?.do === kind && trap.at === at

const send = createSend()
const wired: Send = async (input, init, to) => {
  const at = calls.push(callKey(init?.method ?? 'GET', String(input))) - 1
  if (hit('kill-before', at)) await die()
  const signal = AbortSignal.any([...(init?.signal ? [init.signal] : []), AbortSignal.timeout(settings.timeoutMs)])
  const answer = await send(input, { ...init, signal }, to)
  if (hit('kill-after', at)) await die()
  if (hit('stall-after', at)) {
    trap = null
    await stall()
  }
  return answer
}

/** Before the engine's own lease check: a worker that slept here must find out. */
const beforeSend = async () => {
  if (!hit('stall-before', calls.length)) return
  trap = null
  await stall()
}

const database = openDatabase(settings.databaseUrl, { poolSize: 4 })
const silent = {
  info: () => {},
  warn: () => {},
  error: (o: object, m: string) => process.env.CLARION_CRASH_LOG && console.error(m, o),
}
const keys = keyRingFrom(settings.keys)
const redis = settings.redisUrl
  ? await openRedisParts({
      url: settings.redisUrl,
      keys,
      database,
      clock,
      log: { ...silent, debug: () => {} },
      metrics: { queueEvent: () => {}, watchQueues: () => {} },
    })
  : null
const house = await openHouse({
  database,
  clock,
  keys,
  platforms,
  mediaDir: settings.mediaDir,
  sandboxUrl: settings.sandboxUrl,
  publicUrl: settings.sandboxUrl,
  log: silent,
  carry: redis?.carry,
  worker: settings.name,
  publishing: { leaseMs: settings.leaseMs, fetch: wired, random: () => jitter(), mayClaim: () => claiming, beforeSend },
})
await house.publishing.start()
// A sample of this carrier is to be carried by it, from the first case on.
while (redis && (redis.link.trouble() !== null || (await redis.carriers.numbers()).length === 0))
  await new Promise((r) => setTimeout(r, 20))

process.on('message', (m: ToWorker) => {
  if (m.say === 'advance') clock.advance(m.ms)
  else if (m.say === 'resume') resume()
  else if (m.say === 'go') {
    trap = m.trap
    calls = []
    jitter = random(m.seed)
    claiming = true
    house.publishing.wake()
  } else {
    claiming = false
    tell({ say: 'halted', calls })
  }
})
process.on('disconnect', () => process.exit(0))
tell({ say: 'ready' })
