/** What PostgreSQL processes run on a data folder, and how to end them. Linux reads /proc; elsewhere postmaster.pid is all there is. */
import { readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export type PidFile = { pid: number; socketDir: string; status: string }

/** postmaster.pid, or undefined when there is none (or it is torn). Lines: pid, data folder, start, port, socket folder, address, shared memory, status. */
export const readPidFile = async (pgdata: string): Promise<PidFile | undefined> => {
  const text = await readFile(join(pgdata, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  return Number.isInteger(pid) && pid > 1
    ? { pid, socketDir: lines[4] ?? '', status: (lines[7] ?? '').trim() }
    : undefined
}

export const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Processes that live in the data folder: every PostgreSQL process has it as its working folder, so a pid that was given
 * to another program is never mistaken for ours. Zombies have no working folder and do not count.
 */
export const processesIn = async (pgdata: string): Promise<number[]> => {
  const real = await realpath(pgdata).catch(() => pgdata)
  if (process.platform !== 'linux') {
    const file = await readPidFile(pgdata)
    return file && alive(file.pid) ? [file.pid] : []
  }
  const pids = (await readdir('/proc')).filter((n) => /^\d+$/.test(n))
  const cwds = await Promise.all(pids.map((p) => readlink(`/proc/${p}/cwd`).catch(() => '')))
  return pids.filter((_, i) => cwds[i] === real).map(Number)
}

const signal = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name)
  } catch {
    // Gone already.
  }
}

/** Polls until `done` or about `ms` have passed. */
export const until = async (done: () => Promise<boolean> | boolean, ms: number): Promise<boolean> => {
  for (let waited = 0; ; waited += 20) {
    if (await done()) return true
    if (waited >= ms) return false
    await pause(20)
  }
}

/**
 * Ends everything that runs on the folder: fast shutdown first (checkpoint, clients cut off), then immediate, then kill.
 * All three leave a folder the next start recovers. Removes a postmaster.pid nobody stands behind. Never throws.
 */
export const endAll = async (pgdata: string, o: { fastMs?: number } = {}): Promise<void> => {
  const gone = async () => (await processesIn(pgdata)).length === 0
  const postmaster = (await readPidFile(pgdata))?.pid
  for (const [name, ms] of [
    ['SIGINT', o.fastMs ?? 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    const running = await processesIn(pgdata)
    if (running.length === 0) break
    // The postmaster passes signals on; without one its orphans are told themselves (SIGTERM ends a backend).
    if (postmaster && running.includes(postmaster) && name !== 'SIGKILL') signal(postmaster, name)
    else for (const pid of running) signal(pid, name === 'SIGINT' ? 'SIGTERM' : name)
    if (await until(gone, ms)) break
  }
}
