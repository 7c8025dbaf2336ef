/**
 * One process per data folder. The lock is a unix socket somebody listens on: the kernel closes it with its process, kill -9
 * included, so a lock nobody answers at is stale and no pid is ever trusted. It also works between containers that share the folder.
 *
 * Taking: listen on a name of one's own, then hard-link it to `lock` (atomic: fails when there is one). A stale `lock` is
 * renamed away first; whoever renamed away a living one by a race puts it back, and every taker looks again after a moment.
 */
import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, rename, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { CannotStart } from './cannot-start.ts'

export type DataLock = { release: () => Promise<void> }

/** Who listens at `path`: a pid, 0 when it will not say, undefined when nobody does. */
const holder = (path: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path)
    let text = ''
    let connected = false
    const end = () => {
      socket.destroy()
      resolve(connected ? Number(text) || 0 : undefined)
    }
    socket.setTimeout(1_000, end)
    socket.on('connect', () => {
      connected = true
    })
    socket.on('data', (d) => {
      text += d.toString()
    })
    socket.on('close', end)
    socket.on('error', end)
  })

const listen = (path: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(String(process.pid))
    })
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })

const suffix = () => randomBytes(4).toString('hex')

/** The folder of the socket: the data folder, or a short one below the temp dir when a socket's 107 bytes do not reach. */
const place = async (dir: string): Promise<string> => {
  if (Buffer.byteLength(join(dir, 'lock-00000000')) <= 107) return dir
  const short = join(tmpdir(), `clarion-lock-${createHash('sha256').update(dir).digest('hex').slice(0, 16)}`)
  await mkdir(short, { recursive: true, mode: 0o700 })
  return short
}

/** Takes the folder's lock. @throws CannotStart naming the process that has it. */
export const takeLock = async (dir: string): Promise<DataLock> => {
  await mkdir(dir, { recursive: true })
  const folder = await place(dir)
  const path = join(folder, 'lock')
  const mine = join(folder, `lock-${suffix()}`)
  let server: Server
  try {
    server = await listen(mine)
  } catch (error) {
    throw new CannotStart(
      `The data folder ${dir} cannot be locked (${(error as NodeJS.ErrnoException).code}).`,
      'Put it on a local disk you may write to, with --data.',
    )
  }
  server.unref()
  const { ino } = await stat(mine)
  const isMine = async () => (await stat(path).catch(() => undefined))?.ino === ino
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  try {
    for (;;) {
      const linked = await link(mine, path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST') return false
          throw error
        },
      )
      if (linked) {
        await pause(30)
        if (await isMine()) break
        continue
      }
      const pid = await holder(path)
      if (pid !== undefined && !(await isMine()))
        throw new CannotStart(
          `Another Clarion${pid ? ` (process ${pid})` : ''} already runs on the data folder ${dir}.`,
          `Use that one, stop it${pid ? ` (kill ${pid})` : ''}, or choose another folder with --data.`,
        )
      const grave = join(folder, `lock-${suffix()}`)
      await rename(path, grave).catch(() => undefined)
      if ((await holder(grave)) !== undefined) await link(grave, path).catch(() => undefined)
      await rm(grave, { force: true })
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    await rm(mine, { force: true })
  }
  return {
    release: async () => {
      if (await isMine()) await rm(path, { force: true })
      await stop()
    },
  }
}
