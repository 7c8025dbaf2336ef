/** Clarion as a person starts it: own database, sandbox inside. How soon it is ready, and what it costs while nothing is due. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { diesWithUs } from '#infra/testing/dies-with-us.ts'
import { freePort } from '#infra/testing/free-port.ts'
import { startClarion } from '../../tools/demo/clarion.ts'
import { cpuOf, memoryMb, roots } from './cost.ts'
import { type Idle, median } from './goals.ts'

/** After a start there is work that ends: this long (ms) until idle is idle. */
const settleMs = 10_000
/** How long idle CPU is counted (ms). */
const watchMs = 60_000

/** `times` first starts, each in a folder of its own and followed by a later one; the last is left alone and watched. */
export const house = async (o: { dir: string; times: number }): Promise<Idle> => {
  const first: number[] = []
  const later: number[] = []
  let idle = { idle_mb: Number.NaN, idle_cpu_percent: Number.NaN }
  for (let i = 0; i < o.times; i++) {
    const dataDir = join(o.dir, `idle-${i}`)
    const over = diesWithUs({ pgdata: join(dataDir, 'postgres', 'pgdata') })
    for (const times of [first, later]) {
      const t0 = performance.now()
      const clarion = await startClarion({ dataDir, port: await freePort() })
      times.push(performance.now() - t0)
      if (i === o.times - 1 && times === later) {
        await pause(settleMs)
        const file = join(dataDir, 'postgres', 'pgdata', 'postmaster.pid')
        const database = Number((await readFile(file, 'utf8')).split('\n')[0])
        // The database is a child of Clarion unless it was adopted.
        const pids = await roots([clarion.pid, database])
        const before = await cpuOf(pids)
        await pause(watchMs)
        const used = (await cpuOf(pids)) - before
        const memory = (await Promise.all(pids.map(memoryMb))).reduce((a, b) => a + b, 0)
        idle = { idle_mb: Math.round(memory), idle_cpu_percent: Number(((used / watchMs) * 100).toFixed(2)) }
      }
      await clarion.stop()
    }
    over()
  }
  return { first_start_ms: Math.round(median(first)), start_ms: Math.round(median(later)), ...idle }
}
