/** The memory of one process as the kernel sees it: how much there is now, and the most there was since the last look. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const kib = (status: string, field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])

/** Resident bytes of the process. */
const resident = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null)
  if (status !== null) return kib(status, 'VmRSS') * 1024
  return Number((await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout.trim()) * 1024
}

/** Begins to watch; `peak()` ends it. Linux's own high-water mark is asked as well, as samples miss short peaks. */
export const watch = async (pid: number): Promise<{ idle: number; peak: () => Promise<number> }> => {
  const idle = await resident(pid)
  const marked = await writeFile(`/proc/${pid}/clear_refs`, '5').then(
    () => true,
    () => false,
  )
  let most = idle
  // A process that has ended has no memory to tell; why it ended is told by whoever started it.
  const look = () =>
    void resident(pid).then(
      (now) => (most = Math.max(most, now || 0)),
      () => clearInterval(timer),
    )
  const timer = setInterval(look, 25)
  return {
    idle,
    peak: async () => {
      clearInterval(timer)
      const status = marked ? await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '') : ''
      return Math.max(most, (kib(status, 'VmHWM') || 0) * 1024)
    },
  }
}

/** Most resident bytes of the picture workers of a process together, sampled. Linux only; 0 elsewhere. */
export const watchChildren = (pid: number): { peak: () => number } => {
  let most = 0
  const look = async () => {
    const ids = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    let now = 0
    for (const id of ids.trim().split(' ').filter(Boolean)) {
      const command = await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')
      if (command.includes('picture-process')) now += (await resident(Number(id)).catch(() => 0)) || 0
    }
    most = Math.max(most, now)
  }
  const timer = setInterval(() => void look(), 25)
  return {
    peak: () => {
      clearInterval(timer)
      return most
    },
  }
}

/** Waits until the process has stopped growing and shrinking: 1 s within 1 MB, 20 s at most. */
export const settle = async (pid: number): Promise<void> => {
  let last = await resident(pid)
  for (let n = 0, calm = 0; n < 80 && calm < 4; n++) {
    await new Promise((r) => setTimeout(r, 250))
    const now = await resident(pid)
    calm = Math.abs(now - last) < 1_000_000 ? calm + 1 : 0
    last = now
  }
}
