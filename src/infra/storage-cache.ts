/**
 * Copies of stored files on this machine's disk, for tools and bodies of requests that need a real file. Bounded by bytes:
 * what was not used for longest goes first, and what somebody holds stays, even above the bound.
 *
 * Life of a copy: draft (being written) -> here <-> held -> gone (evicted, or replaced and let go by its last holder).
 * A folder belongs to one process at a time; what it left there is found again by the next one.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hold } from './hold.ts'
import { asFull, spareBytes } from './storage.ts'

type Copy = { path: string; bytes: number; holders: number; dead: boolean; usedAt: number }

export type FileCache = {
  /** False: it keeps nothing, and files can only pass through. */
  keeps: boolean
  /** The copy of a key, held, or undefined when there is none. */
  find: (key: string, hold: Hold) => Promise<string | undefined>
  /** The same; made by `fill` where it is not here, once for all who ask at a time. @throws StorageFull; what `fill` throws. */
  bring: (key: string, bytes: number, hold: Hold, fill: (path: string) => Promise<void>) => Promise<string>
  /** A path to write a new copy to, with room for so many bytes where they are known. @throws StorageFull. */
  draft: (bytes?: number) => Promise<string>
  /** What was written to a draft is the copy of this key now. */
  adopt: (key: string, draft: string) => Promise<unknown>
  rename: (from: string, to: string) => Promise<void>
  drop: (key: string) => Promise<void>
  /** Gives up what nobody has used for so long (ms), and drafts as old. */
  forget: (olderThanMs: number) => Promise<void>
}

const passing = async () => {
  throw new Error('this storage was opened for files that pass through')
}
/** For tools that read and write whole files and must see what the server has, not what is near. */
export const noCache: FileCache = {
  keeps: false,
  find: async () => undefined,
  bring: passing,
  draft: passing,
  adopt: passing,
  rename: async () => undefined,
  drop: async () => undefined,
  forget: async () => undefined,
}

const nameOf = (key: string) => createHash('sha256').update(key).digest('base64url')
const draftName = /^draft-/

/** Opens the cache in `dir`, which is made when it is not there. `now`: epoch ms. */
export const openCache = async (o: { dir: string; maxBytes: number; now: () => number }): Promise<FileCache> => {
  const { dir, maxBytes, now } = o
  await mkdir(dir, { recursive: true, mode: 0o700 })
  /** By the name of the key; the first was not used for longest. */
  const copies = new Map<string, Copy>()
  const bringing = new Map<string, Promise<Copy>>()
  let total = 0
  const suffix = () => randomBytes(6).toString('hex')

  const discard = async (copy: Copy) => {
    copy.dead = true
    total -= copy.bytes
    if (copy.holders === 0) await rm(copy.path, { force: true })
  }
  const touch = (name: string, copy: Copy) => {
    copy.usedAt = now()
    copies.delete(name)
    copies.set(name, copy)
  }
  const take = (name: string, copy: Copy, hold: Hold): string => {
    if (!copy.dead) touch(name, copy)
    copy.holders++
    hold(() => letGo(copy))
    return copy.path
  }
  const letGo = (copy: Copy) => {
    copy.holders--
    if (copy.holders > 0) return
    // A file that cannot be removed is found, and swept, by the next start.
    const over = copy.dead ? rm(copy.path, { force: true }) : makeRoom(0)
    void over.catch(() => undefined)
  }
  /** Gives up the oldest that nobody holds until so many bytes fit. */
  const makeRoom = async (bytes: number) => {
    for (const [name, copy] of copies) {
      if (total + bytes <= maxBytes) return
      if (copy.holders > 0) continue
      copies.delete(name)
      await discard(copy)
    }
  }

  const found = await Promise.all(
    (await readdir(dir)).map(async (file) => ({ file, s: await stat(join(dir, file)).catch(() => undefined) })),
  )
  for (const { file, s } of found.sort((a, b) => (a.s?.mtimeMs ?? 0) - (b.s?.mtimeMs ?? 0))) {
    const name = file.split('.')[0]!
    if (!s?.isFile() || draftName.test(file)) {
      await rm(join(dir, file), { recursive: true, force: true })
      continue
    }
    const older = copies.get(name)
    if (older) await discard(older)
    copies.delete(name)
    copies.set(name, { path: join(dir, file), bytes: s.size, holders: 0, dead: false, usedAt: s.mtimeMs })
    total += s.size
  }
  await makeRoom(0)

  const drop = async (key: string) => {
    const name = nameOf(key)
    const copy = copies.get(name)
    copies.delete(name)
    if (copy) await discard(copy)
  }
  const draft = async (bytes = 0) => {
    await makeRoom(bytes)
    const { bavail, bsize } = await statfs(dir)
    // Others share the disk: then everything that is not held goes before somebody is refused.
    if (bytes + spareBytes > bavail * bsize) await makeRoom(Number.POSITIVE_INFINITY)
    const after = await statfs(dir)
    if (bytes + spareBytes > after.bavail * after.bsize) return asFull({ code: 'ENOSPC' })
    return join(dir, `draft-${suffix()}`)
  }
  /** `holders`: who has it from the beginning, and lets it go. */
  const adopt = async (key: string, written: string, holders = 0) => {
    const name = nameOf(key)
    const path = join(dir, `${name}.${suffix()}`)
    const { size } = await stat(written)
    await makeRoom(size)
    await rename(written, path)
    const older = copies.get(name)
    copies.delete(name)
    const copy: Copy = { path, bytes: size, holders, dead: false, usedAt: now() }
    copies.set(name, copy)
    total += size
    if (older) await discard(older)
    return copy
  }
  const find = async (key: string, hold: Hold) => {
    const name = nameOf(key)
    const copy = copies.get(name)
    if (!copy) return undefined
    const path = take(name, copy, hold)
    const there = await stat(path).catch(() => undefined)
    if (there?.size === copy.bytes) {
      // So that the next start knows what was used last.
      await utimes(path, new Date(copy.usedAt), new Date(copy.usedAt)).catch(() => undefined)
      return path
    }
    // Somebody tidied up below us.
    if (copies.get(name) === copy) await drop(key)
    return undefined
  }
  return {
    keeps: true,
    find,
    bring: async (key, bytes, hold, fill) => {
      const here = await find(key, hold)
      if (here) return here
      const fetch = async () => {
        const path = await draft(bytes)
        try {
          await fill(path)
          // Held for who asked, until each of them has taken it: a full cache must not give it up in between.
          const copy = await adopt(key, path, 1)
          setImmediate(() => letGo(copy))
          return copy
        } catch (error) {
          await rm(path, { force: true })
          return asFull(error)
        }
      }
      const under = bringing.get(key) ?? fetch().finally(() => bringing.delete(key))
      bringing.set(key, under)
      return take(nameOf(key), await under, hold)
    },
    draft,
    adopt: (key, written) => adopt(key, written),
    rename: async (from, to) => {
      const copy = copies.get(nameOf(from))
      if (!copy || copy.holders > 0) return drop(from)
      copies.delete(nameOf(from))
      total -= copy.bytes
      await adopt(to, copy.path)
    },
    drop,
    forget: async (olderThanMs) => {
      for (const [name, copy] of copies) {
        if (copy.holders > 0 || now() - copy.usedAt < olderThanMs) continue
        copies.delete(name)
        await discard(copy)
      }
    },
  }
}
