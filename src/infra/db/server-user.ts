/** PostgreSQL refuses to run as root: which user runs it then, and can that user reach the folders. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CannotStart } from '../cannot-start.ts'

export type ServerUser = { uid: number; gid: number; name: string }

/** The user for the database process: undefined when we are not root and it runs as ourselves. */
export const serverUser = async (): Promise<ServerUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const rows = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((l) => l.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find((r) => r[0] === name)
    if (row) return { uid: Number(row[2]), gid: Number(row[3]), name }
  }
  return { uid: 65534, gid: 65534, name: 'nobody' }
}

const canEnter = (s: { mode: number; uid: number; gid: number }, u: ServerUser) =>
  Boolean(s.mode & (s.uid === u.uid ? 0o100 : s.gid === u.gid ? 0o010 : 0o001))

/** The outermost folder on the way to `path` that `user` may not enter, or undefined. Goes by mode bits. */
export const blockedAt = async (path: string, user: ServerUser): Promise<string | undefined> => {
  const chain: string[] = []
  for (let p = resolve(path); ; p = dirname(p)) {
    chain.unshift(p)
    if (p === dirname(p)) break
  }
  for (const p of chain) {
    const s = await stat(p).catch(() => undefined)
    if (s?.isDirectory() && !canEnter(s, user)) return p
  }
  return undefined
}

/** @throws CannotStart naming the folder in the way and what to do. */
export const assertReachable = async (path: string, what: string, user: ServerUser): Promise<void> => {
  const wall = await blockedAt(path, user)
  if (!wall) return
  throw new CannotStart(
    `Clarion runs as root, so its database runs as the user "${user.name}", who may not enter ${wall} and so cannot reach ${what} (${path}).`,
    `Run Clarion as an ordinary user, move it to a folder others may enter (for example /opt/clarion, with --data /var/lib/clarion), or allow it: chmod o+x ${wall}`,
  )
}
