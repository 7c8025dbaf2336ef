/** Files that must survive a crash in the middle of writing them. */

import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { passed } from './scavenge.ts'

/** Makes a rename in this folder durable. Some file systems cannot sync a folder; the rename is still atomic there. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch {
    // EINVAL on such file systems.
  } finally {
    await handle?.close()
  }
}

/** Opens a new file in a folder that is made when it is not there; a clean-up may remove it again in between. */
const openNew = async (path: string, mode: number, tries = 5): Promise<FileHandle> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    return await open(path, 'wx', mode)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries <= 1) throw error
    return openNew(path, mode, tries - 1)
  }
}

/** All or nothing: what `fill` wrote into a temp file beside it is synced and renamed over it. */
const whole = async <T>(path: string, mode: number, fill: (file: FileHandle) => Promise<T>): Promise<T> => {
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`
  let told: T
  try {
    const file = await openNew(temp, mode)
    try {
      told = await fill(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temp, path)
  } catch (error) {
    await rm(temp, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
  return told
}

/** Writes all of it or nothing: a temp file beside it, synced, renamed over it. Default mode 0600. */
export const writeWhole = (path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> =>
  whole(path, mode, (file) => file.writeFile(bytes))

/** Bytes read from a file at a time. */
const pieceBytes = 128 * 1024

/** The source brings more than was allowed; nothing of it is kept. */
export class TooManyBytes extends Error {
  readonly maxBytes: number
  constructor(maxBytes: number) {
    super(`There are more than ${maxBytes} bytes`)
    this.name = 'TooManyBytes'
    this.maxBytes = maxBytes
  }
}

export type Written = { bytes: number; sha256: Buffer }

/**
 * The same for a stream, one chunk in memory at a time: the source waits while the disk does. A source that fails or is
 * cut off leaves nothing.
 * @throws TooManyBytes; what the source throws; what the disk says.
 */
export const writeStream = (
  path: string,
  source: AsyncIterable<Uint8Array>,
  { maxBytes, mode = 0o600 }: { maxBytes: number; mode?: number },
): Promise<Written> =>
  whole(path, mode, async (file) => {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of source) {
      if (bytes + chunk.length > maxBytes) throw new TooManyBytes(maxBytes)
      hash.update(chunk)
      for (let at = 0; at < chunk.length; )
        at += (await file.write(chunk, at, chunk.length - at, bytes + at)).bytesWritten
      bytes += chunk.length
      passed(chunk.length)
    }
    return { bytes, sha256: hash.digest() }
  })

/** The same for a file that counts only after `look` has read it where it is being made; gives what that told. */
export const writeLooked = async <T>(
  path: string,
  source: AsyncIterable<Uint8Array>,
  look: (draft: string) => Promise<T>,
): Promise<{ told: T; bytes: number }> => {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    const { bytes } = await writeStream(draft, source, { maxBytes: Number.POSITIVE_INFINITY })
    const told = await look(draft)
    await rename(draft, path)
    await syncFolder(dirname(path))
    return { told, bytes }
  } finally {
    await rm(draft, { force: true })
  }
}

/** The bytes `from` to `to` (both included; default all), read as they are asked for. The stream closes the handle. */
export const readStream = (file: FileHandle, range?: { from: number; to: number }): Readable => {
  let at = range?.from ?? 0
  const end = range ? range.to + 1 : Number.POSITIVE_INFINITY
  const next = async (stream: Readable) => {
    const length = Math.min(pieceBytes, end - at)
    const piece = Buffer.allocUnsafeSlow(length)
    const { bytesRead } = length > 0 ? await file.read(piece, 0, length, at) : { bytesRead: 0 }
    at += bytesRead
    passed(bytesRead)
    stream.push(bytesRead === 0 ? null : piece.subarray(0, bytesRead))
  }
  return new Readable({
    highWaterMark: pieceBytes,
    read() {
      next(this).catch((error: Error) => this.destroy(error))
    },
    destroy(error, over) {
      file.close().then(
        () => over(error),
        (closing: Error) => over(error ?? closing),
      )
    },
  })
}

/** The first `bytes` of a source (fewer when it is shorter), and a source that still gives all of it. */
export const peek = async (
  source: AsyncIterable<Uint8Array>,
  bytes: number,
): Promise<{ head: Buffer; all: AsyncIterable<Uint8Array> }> => {
  const chunks: Uint8Array[] = []
  const more = source[Symbol.asyncIterator]()
  let size = 0
  while (size < bytes) {
    const next = await more.next()
    if (next.done) break
    chunks.push(next.value)
    size += next.value.length
  }
  const all = async function* () {
    try {
      while (chunks.length > 0) yield chunks.shift()!
      for (;;) {
        const next = await more.next()
        if (next.done) return
        yield next.value
      }
    } finally {
      // Whoever stops reading lets the source go.
      await more.return?.()
    }
  }
  return { head: Buffer.concat(chunks).subarray(0, bytes), all: all() }
}
