/** Where files live: one port, and its make on the disk (storage-s3.ts has the other). A key is ours (`media/ab/abcd...`), never a name a person typed. */
import { randomBytes } from 'node:crypto'
import { openAsBlob } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { readStream, syncFolder, TooManyBytes, type Written, writeStream, writeWhole } from './files.ts'
import type { Hold } from './hold.ts'

export type PutStream = {
  /** @throws TooManyBytes when the stream has more. */
  maxBytes: number
  /** How many bytes will come, when that is known: refused before the first is read where they cannot fit. */
  expected?: number
  /** What it is, where that is known before it comes (a file that moves). */
  about?: About
}

export type Storage = {
  /** Whole or not at all, synced; replaces what is there. @throws StorageFull. */
  put: (key: string, bytes: Buffer | Uint8Array) => Promise<void>
  /** The same from a stream, never held in memory. A stream that fails leaves nothing. @throws StorageFull, TooManyBytes. */
  putStream: (key: string, source: AsyncIterable<Uint8Array>, o: PutStream) => Promise<Written>
  /** A Blob that reads from the disk when it is read, for bodies of requests; good while `hold` lasts. @throws NotStored. */
  blob: (key: string, hold: Hold, mime?: string) => Promise<Blob>
  /** @throws NotStored. */
  read: (key: string) => Promise<Buffer>
  /** The bytes `from` to `to` (both included; default all), read as they are asked for. @throws NotStored. */
  stream: (key: string, range?: { from: number; to: number }) => Promise<Readable>
  /** The file's path on this machine's disk, for tools that take one; it is there while `hold` lasts. @throws NotStored. */
  local: (key: string, hold: Hold) => Promise<string>
  /** Stores what a tool writes to the path it is given, whole or not at all, as the type it tells. @throws StorageFull. */
  make: <T extends { mime: string }>(key: string, fill: (path: string) => Promise<T>) => Promise<T>
  /** Size in bytes, or undefined when it is not there. */
  size: (key: string) => Promise<number | undefined>
  /** Gives a file another key, at once; `about`: what it has turned out to be. @throws NotStored. */
  move: (from: string, to: string, about?: About) => Promise<void>
  /** Removing what is not there is fine. */
  remove: (key: string) => Promise<void>
  /** Removes what lies directly in the folder `prefix` and has not been written for `olderThanMs`. Gives how many. */
  sweep: (prefix: string, olderThanMs: number) => Promise<number>
  /** Everything that is stored, in no order. */
  list: () => AsyncIterable<Stored>
  /**
   * An address at which the storage itself hands the file out, good for at least so long; null where it has none that
   * strangers reach.
   */
  link: (key: string, o: { mime: string; forMs: number }) => Promise<string | null>
  /** Do live networks reach such an address? */
  handsOut: boolean
  /** Why it cannot be used now, as a sentence for the operator; null when it can. */
  trouble: () => Promise<string | null>
}

/** What is known of a file when it gets its place. */
export type About = { mime: string; sha256: Buffer }
export type Stored = { key: string; bytes: number }

export class NotStored extends Error {
  readonly key: string
  constructor(key: string) {
    super(`There is no stored file ${key}`)
    this.name = 'NotStored'
    this.key = key
  }
}

/** The storage does not answer, or refuses us: nothing about the file. It may be well again in a moment. */
export class StorageAway extends Error {
  constructor(why: string, cause?: unknown) {
    super(`The storage of files cannot be used now: ${why}`, cause === undefined ? undefined : { cause })
    this.name = 'StorageAway'
  }
}

/** What lies at a key is not what was put there. A line that flips bits looks the same, so it is worth reading again; not for ever. */
export class FileChanged extends StorageAway {
  constructor(key: string) {
    super(`${key} is not what was stored there`)
    this.name = 'FileChanged'
  }
}

/** The disk (or the quota) has no room; nothing was stored. */
export class StorageFull extends Error {
  constructor() {
    super('There is no room left on the disk')
    this.name = 'StorageFull'
  }
}

const safe = /^[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?(\/[a-z0-9][a-z0-9_-]*(\.[a-z0-9]+)?)*$/i
/** Kept free (bytes), so that the database on the same disk can still write. */
export const spareBytes = 100_000_000
/** No space, no quota, or a file larger than the file system or the process may write. */
const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG']
/** Throws `StorageFull` for an error that says so, any other as it came. */
export const asFull = (error: unknown): never => {
  throw fullCodes.includes((error as NodeJS.ErrnoException).code ?? '') ? new StorageFull() : error
}

/** Letters, digits, `-`, `_`, one dot a part; anything else is a bug and throws. */
export const checkedKey = (key: string): string => {
  if (key.length > 300 || !safe.test(key)) throw new Error(`Not a storage key: ${JSON.stringify(key.slice(0, 80))}`)
  return key
}

/** Storage in a folder. */
export const diskStorage = (dir: string): Storage => {
  const pathOf = (key: string) => join(dir, checkedKey(key))
  const missing = (key: string) => (error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new NotStored(key) : error
  }
  const tidyFolder = async (path: string) => {
    // Only an empty folder goes; a put that is under way makes it again.
    if (dirname(path) !== dir) await rmdir(dirname(path)).catch(() => undefined)
  }
  const move = async (from: string, to: string) => {
    const [source, target] = [pathOf(from), pathOf(to)]
    const go = async () => {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await rename(source, target)
    }
    // Again for the clean-up that may have removed the folder in between.
    await go().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      await go().catch(missing(from))
    })
    await syncFolder(dirname(target))
    await tidyFolder(source)
  }
  const remove = async (key: string) => {
    const path = pathOf(key)
    await rm(path, { force: true })
    await tidyFolder(path)
  }
  return {
    put: async (key, bytes) => {
      await writeWhole(pathOf(key), bytes).catch(asFull)
    },
    putStream: async (key, source, { maxBytes, expected }) => {
      const path = pathOf(key)
      if (expected !== undefined && expected > maxBytes) throw new TooManyBytes(maxBytes)
      if (expected !== undefined) {
        await mkdir(dir, { recursive: true, mode: 0o700 })
        const { bavail, bsize } = await statfs(dir)
        if (expected + spareBytes > bavail * bsize) throw new StorageFull()
      }
      try {
        return await writeStream(path, source, { maxBytes })
      } catch (error) {
        await tidyFolder(path)
        return asFull(error)
      }
    },
    blob: async (key, _hold, mime) => {
      const path = pathOf(key)
      await stat(path).catch(missing(key))
      return openAsBlob(path, mime ? { type: mime } : {})
    },
    read: async (key) => readFile(pathOf(key)).catch(missing(key)),
    stream: async (key, range) => {
      // Opened here, so that "not there" is told before anything is sent.
      const file = await open(pathOf(key), 'r').catch(missing(key))
      return readStream(file, range)
    },
    local: async (key) => {
      const path = pathOf(key)
      await stat(path).catch(missing(key))
      return path
    },
    make: async (key, fill) => {
      // Below `incoming`, where what a dead process left is swept away.
      const draft = `incoming/${randomBytes(12).toString('hex')}`
      await mkdir(dirname(pathOf(draft)), { recursive: true, mode: 0o700 })
      try {
        const told = await fill(pathOf(draft))
        await move(draft, key)
        return told
      } catch (error) {
        await remove(draft)
        return asFull(error)
      }
    },
    size: async (key) => {
      const s = await stat(pathOf(key)).catch(() => undefined)
      return s?.isFile() ? s.size : undefined
    },
    move,
    remove,
    sweep: async (prefix, olderThanMs) => {
      const folder = pathOf(prefix)
      const names = await readdir(folder).catch(() => [])
      if (names.length === 0) return 0
      // The file system's own "now": its clock need not be ours.
      const mark = join(folder, 'sweep.mark')
      await (await open(mark, 'w', 0o600)).close()
      const now = (await stat(mark)).mtimeMs
      let gone = 0
      for (const name of names) {
        const path = join(folder, name)
        const s = await stat(path).catch(() => undefined)
        if (!s?.isFile() || now - s.mtimeMs < olderThanMs) continue
        await rm(path, { force: true })
        gone++
      }
      await rm(mark, { force: true })
      await tidyFolder(mark)
      return gone
    },
    list: async function* () {
      const walk = async function* (folder: string): AsyncGenerator<Stored> {
        for (const entry of await readdir(join(dir, folder), { withFileTypes: true }).catch(() => [])) {
          const key = folder === '' ? entry.name : `${folder}/${entry.name}`
          if (entry.isDirectory()) yield* walk(key)
          // Half-written files have a second dot.
          else if (entry.isFile() && safe.test(key)) {
            const s = await stat(join(dir, key)).catch(() => undefined)
            if (s) yield { key, bytes: s.size }
          }
        }
      }
      yield* walk('')
    },
    link: async () => null,
    handsOut: false,
    trouble: async () => null,
  }
}
