/** One process at a time in this folder: two that install packages at once leave neither's. Plain JavaScript for any Node from 18 on. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and another user's.
    return error.code === 'EPERM'
  }
}

/** Whose the lock is; null: nobody's any more. */
const holder = (path) => {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return pid > 0 && alive(pid) ? pid : null
  } catch {
    return null
  }
}

/**
 * Runs `work` while no other process does at this `path`, a file that holds who is at it. One left behind by a process that
 * is no more counts for nothing. `waiting` is told once whom it waits for.
 */
export const alone = async (path, work, waiting = () => undefined) => {
  mkdirSync(dirname(path), { recursive: true })
  let told = false
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      const other = holder(path)
      if (other === null) {
        // Given a moment: it may have been made just now and not yet be written.
        await new Promise((done) => setTimeout(done, 200))
        if (holder(path) === null) rmSync(path, { force: true })
      } else {
        if (!told) waiting(other)
        told = true
        await new Promise((done) => setTimeout(done, 500))
      }
    }
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}
