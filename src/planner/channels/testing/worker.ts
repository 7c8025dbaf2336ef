/**
 * A worker process of the keeper tests: does one thing and says on stdout how far it is, one JSON line each. With
 * `stall` it stops for ever at that point and waits for its SIGKILL.
 */
import { systemClock } from '#infra/clock.ts'
import { openDatabase } from '#infra/db/database.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import type { Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { channelsHouse } from './house.ts'
import { toy } from './toy.ts'

export type WorkerOrder = {
  databaseUrl: string
  keys: string
  sandboxUrl: string
  channelId: string
  /** Module whose default export is a platform, or a toy. */
  platform: { module: string } | { toy: { id: string; rotates: boolean } }
  do: 'renew' | 'grant' | 'refreshDue'
  /** For `renew`: the token it is about; whoever comes late finds a newer one and makes no call. */
  generation?: number
  stall?: 'before-call' | 'answered' | 'stored'
}

const order = JSON.parse(process.argv[2]!) as WorkerOrder
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
// A promise alone does not keep a process alive.
const forever = () => new Promise<never>(() => void setInterval(() => undefined, 60_000))

const stalling: typeof fetch = async (input, init) => {
  say({ at: 'before-call' })
  if (order.stall === 'before-call') await forever()
  const res = await fetch(input, init)
  // The body too: the answer is here, whole, and nothing of it is stored yet.
  const text = await res.text()
  say({ at: 'answered', status: res.status })
  if (order.stall === 'answered') await forever()
  return new Response(text, { status: res.status, headers: res.headers })
}

const platform =
  'toy' in order.platform
    ? toy(order.platform.toy)
    : ((await import(order.platform.module)) as { default: Platform }).default
const database = openDatabase(order.databaseUrl, { poolSize: 4 })
const house = channelsHouse({
  database,
  clock: systemClock,
  keys: keyRingFrom(order.keys),
  platforms: [platform],
  sandboxUrl: order.sandboxUrl,
  fetch: stalling,
})
say({ at: 'ready' })
// The parent lets all workers go at one moment.
await new Promise<void>((resolve) => process.stdin.once('data', () => resolve()))
try {
  if (order.do === 'refreshDue') say({ at: 'end', count: (await house.keeper.refreshDue(10)).count })
  else {
    const held = await house.keeper[order.do](order.channelId, order.generation)
    if (order.stall === 'stored') {
      say({ at: 'stored' })
      await forever()
    }
    say({ at: 'end', generation: held.generation, access: held.grant.access })
  }
} catch (error) {
  if (!(error instanceof PlatformFailure)) throw error
  say({ at: 'end', failure: error.failure.kind })
}
await database.close()
process.exit(0)
