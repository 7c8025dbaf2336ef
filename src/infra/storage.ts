/** Where files live: one port, on the disk. A key is ours (`media/ab/abcd...`), never a name a person typed. */
import { openAsBlob } from 'node:fs'
import { mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeWhole } from './files.ts'

export type Storage = {
  /** Whole or not at all, synced; replaces what is there. */
  put: (key: string, bytes: Buffer | Uint8Array) => Promise<void>
  /** A Blob that reads from the disk when it is read: for bodies of requests. @throws NotStored. */
  blob: (key: string, mime?: string) => Promise<Blob>
  /** @throws NotStored. */
  read: (key: string) => Promise<Buffer>
  /** Size in bytes, or undefined when it is not there. */
  size: (key: string) => Promise<number | undefined>
  /** Removing what is not there is fine. */
  remove: (key: string) => Promise<void>
}

export class NotStored extends Error {
  readonly key: string
  constructor(key: string) {
    super(`There is no stored file ${key}`)
    this.name = 'NotStored'
    this.key = key
  }
}

const safe = /^[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?(\/[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?)*$/i

/** Storage in a folder. Keys are letters, digits, `-`, `_`, one dot a part; anything else is a bug and throws. */
export const diskStorage = (dir: string): Storage => {
  const pathOf = (key: string) => {
    if (key.length > 300 || !safe.test(key)) throw new Error(`Not a storage key: ${JSON.stringify(key.slice(0, 80))}`)
    return join(dir, key)
  }
  const missing = (key: string) => (error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new NotStored(key) : error
  }
  return {
    put: async (key, bytes) => {
      const path = pathOf(key)
      try {
        await writeWhole(path, bytes)
      } catch (error) {
        // A clean-up may have removed the folder between mkdir and open.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        await mkdir(dir, { recursive: true, mode: 0o700 })
        await writeWhole(path, bytes)
      }
    },
    blob: async (key, mime) => {
      const path = pathOf(key)
      await stat(path).catch(missing(key))
      return openAsBlob(path, mime ? { type: mime } : {})
    },
    read: async (key) => readFile(pathOf(key)).catch(missing(key)),
    size: async (key) => {
      const s = await stat(pathOf(key)).catch(() => undefined)
      return s?.isFile() ? s.size : undefined
    },
    remove: async (key) => {
      const path = pathOf(key)
      await rm(path, { force: true })
      // Only an empty folder goes; a put that is under way makes it again.
      if (dirname(path) !== dir) await rmdir(dirname(path)).catch(() => undefined)
    },
  }
}
