/** What processes cost, as the kernel counts it (Linux). */
import { readFile } from 'node:fs/promises'

/** The kernel counts in ticks of 10 ms. */
const tickMs = 10

const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''))
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map(Number)

/** CPU ms a process and its children have used so far, those that have ended included. 0 when it is gone. */
export const cpuMs = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The name in brackets may hold spaces. After it: state is field 3, utime stime cutime cstime are 14 to 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const own = fields.slice(11, 15).reduce((sum, n) => sum + Number(n), 0) * tickMs
  const below = await Promise.all((await childrenOf(pid)).map(cpuMs))
  return (own || 0) + below.reduce((a, b) => a + b, 0)
}

/** Proportional memory of a process and its children, MB: what only they use, plus their share of what is shared. */
export const memoryMb = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  const own = Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
  const below = await Promise.all((await childrenOf(pid)).map(memoryMb))
  return own + below.reduce((a, b) => a + b, 0)
}

/** Those of `pids` that are not below another of them, so that nothing is counted twice. */
export const roots = async (pids: readonly number[]): Promise<number[]> => {
  const below = new Set<number>()
  const mark = async (pid: number): Promise<void> => {
    for (const child of await childrenOf(pid)) {
      below.add(child)
      await mark(child)
    }
  }
  for (const pid of pids) await mark(pid)
  return pids.filter((pid) => !below.has(pid))
}

/** CPU ms of several processes together. */
export const cpuOf = async (pids: readonly number[]): Promise<number> =>
  (await Promise.all((await roots(pids)).map(cpuMs))).reduce((a, b) => a + b, 0)
