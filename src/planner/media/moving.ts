/**
 * Moves stored files from one storage to another while Clarion runs, and looks whether all are there. The running server
 * puts new files into the target and reads what has not come yet from the source (infra/storage-layers.ts), so nothing
 * waits and nothing is lost, however often this is cut off: what has arrived is left alone, and a file leaves its source
 * only after its copy was read back and is what it should be.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { type About, NotStored, type Storage, type Stored } from '#infra/storage.ts'
import { isIn, openStates } from '../publishing/transition.ts'

/** What the database knows of a file. A rendition has no hash of its own. */
type Known = { key: string; mime: string; bytes: number; sha256: Buffer | null }

/** Files asked about in one query, and between two lines that tell how far it is. */
const batch = 200

const inBatches = async function* <T>(all: AsyncIterable<T>): AsyncGenerator<T[]> {
  let some: T[] = []
  for await (const one of all) {
    some.push(one)
    if (some.length < batch) continue
    yield some
    some = []
  }
  if (some.length > 0) yield some
}

const known = async (db: Db, keys: readonly string[]): Promise<Map<string, Known>> => {
  const { rows } = await sql<Known>`
    select storage_key as key, mime, bytes, sha256 from media where storage_key = any(${keys}) and deleted_at is null
    union all
    select storage_key, mime, bytes, null from renditions where storage_key = any(${keys})`.execute(db)
  return new Map(rows.map((r) => [r.key, { ...r, bytes: Number(r.bytes) }]))
}

/**
 * Everything the texts of running attempts speak of: what one of them has opened at the source must stay there. Between two
 * steps nobody holds the lease, and the network may be fetching from the source all the same: then what is frozen counts.
 */
const inWork = async (db: Db): Promise<string> => {
  const { rows } = await sql<{ said: string }>`
    select coalesce(u.content, b.content)::text || u.settings::text || coalesce(u.frozen::text, '') as said
    from publications u join posts b on b.id = u.post_id
    where ${isIn(openStates, 'u')} and (u.lease_token is not null or (u.frozen is not null and u.next_at <= now() + interval '2 days'))`.execute(
    db,
  )
  return rows.map((r) => r.said).join('\n')
}
const idOf = (key: string) => /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(key)?.[0] ?? key

const hashOf = async (storage: Storage, key: string): Promise<Buffer> => {
  const hash = createHash('sha256')
  for await (const chunk of await storage.stream(key)) hash.update(chunk as Buffer)
  return hash.digest()
}

class Damaged extends Error {}

/** Is what lies there the file? One that was cut off before its copy was read back must not count as moved. */
const same = async (from: Storage, to: Storage, file: Known): Promise<boolean> =>
  (await hashOf(to, file.key)).equals(file.sha256 ?? (await hashOf(from, file.key)))

/** The same bytes; breaks off at the end when they are not those of this hash, so that nothing of them is stored. */
const checked = async function* (source: AsyncIterable<Buffer>, sha256: Buffer): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of source) {
    hash.update(chunk)
    yield chunk
  }
  if (!hash.digest().equals(sha256)) throw new Damaged('its bytes are not those that were uploaded')
}

/** Copies one file and reads it back. @throws Damaged, NotStored. */
const copy = async (from: Storage, to: Storage, file: Known, bytes: number): Promise<void> => {
  const about: About = { mime: file.mime, sha256: file.sha256 ?? (await hashOf(from, file.key)) }
  const source = checked(await from.stream(file.key), about.sha256)
  await to.putStream(file.key, source, { maxBytes: bytes, expected: bytes, about })
  if ((await hashOf(to, file.key)).equals(about.sha256)) return
  await to.remove(file.key)
  throw new Damaged('what came back from there is not what was sent')
}

export type Moved = {
  /** Copied now; `bytes` of them. */
  moved: number
  bytes: number
  /** Had come before. */
  there: number
  /** Taken out of the source. */
  removed: number
  /** Still in work by a publication, so left at the source too. */
  busy: number
  /** Could not be moved: key and reason. */
  failed: { key: string; why: string }[]
  /** Belong to nothing in the database, and stay where they are. */
  unknown: number
}

/** Uploads that are on their way lie there; their own server finishes them. */
const arriving = /^incoming\//
const stored = async function* (storage: Storage): AsyncGenerator<Stored> {
  for await (const file of storage.list()) if (!arriving.test(file.key)) yield file
}

/** Moves all that is in `from`. `say` hears how far it is. */
export const moveFiles = async (o: {
  db: Db
  from: Storage
  to: Storage
  say: (line: string) => void
}): Promise<Moved> => {
  const { db, from, to, say } = o
  const told: Moved = { moved: 0, bytes: 0, there: 0, removed: 0, busy: 0, failed: [], unknown: 0 }
  const arrived: string[] = []
  for await (const files of inBatches(stored(from))) {
    const rows = await known(
      db,
      files.map((f) => f.key),
    )
    for (const { key, bytes } of files) {
      const file = rows.get(key)
      if (!file) {
        told.unknown++
        continue
      }
      try {
        if ((await to.size(key)) === bytes && (await same(from, to, file))) told.there++
        else {
          await copy(from, to, file, bytes)
          told.moved++
          told.bytes += bytes
        }
        arrived.push(key)
      } catch (error) {
        // Deleted by a person in between.
        if (error instanceof NotStored) await to.remove(key)
        else if (error instanceof Damaged) told.failed.push({ key, why: error.message })
        else throw error
      }
    }
    say(`${told.moved} files copied (${Math.round(told.bytes / 1e6)} MB), ${told.there} were there`)
  }
  // Only now: whoever begins to work with a file from here on finds it in the target.
  for (let at = 0; at < arrived.length; at += batch) {
    const busy = await inWork(db)
    for (const key of arrived.slice(at, at + batch)) {
      if (busy.includes(idOf(key))) {
        told.busy++
        continue
      }
      await from.remove(key)
      told.removed++
      // A person deleted it while it was being copied: then the copy goes too.
      if (!(await known(db, [key])).has(key)) await to.remove(key)
    }
  }
  return told
}

/** Every file the database knows, in the order of their keys. */
export const knownFiles = async function* (db: Db): AsyncGenerator<Known> {
  for (let after = ''; ; ) {
    const { rows: some } = await sql<Known>`
      select * from (
        select storage_key as key, mime, bytes, sha256 from media where deleted_at is null
        union all select storage_key, mime, bytes, null from renditions) f
      where key > ${after} order by key limit ${batch}`.execute(db)
    if (some.length === 0) return
    yield* some
    after = some.at(-1)!.key
  }
}

export type Verified = {
  /** Files that are where they belong and are what they should be. */
  good: number
  /** Good, and not moved yet. */
  elsewhere: number
  /** Originals that are nowhere, or not what was uploaded. */
  bad: { key: string; why: string }[]
  /** Renditions that are nowhere; they are made again when they are wanted. */
  toBeMade: number
  /** Stored in the first, and belonging to nothing. */
  unknown: number
}

/** Reads every file the database knows and compares it with what was uploaded. */
export const verifyFiles = async (o: {
  db: Db
  first: Storage
  second: Storage | null
  say: (line: string) => void
}): Promise<Verified> => {
  const { db, first, second, say } = o
  const told: Verified = { good: 0, elsewhere: 0, bad: [], toBeMade: 0, unknown: 0 }
  const look = async ({ key, bytes, sha256 }: Known) => {
    for (const storage of second ? [first, second] : [first]) {
      const size = await storage.size(key)
      if (size === undefined) continue
      const same = sha256 ? (await hashOf(storage, key)).equals(sha256) : size === Number(bytes)
      if (!same) told.bad.push({ key, why: 'its bytes are not those that were uploaded' })
      else if (storage === first) told.good++
      else told.elsewhere++
      return
    }
    if (sha256) told.bad.push({ key, why: 'it is not there' })
    else told.toBeMade++
  }
  for await (const some of inBatches(knownFiles(db))) {
    for (const row of some) await look(row)
    say(`${told.good + told.elsewhere} files are good`)
  }
  for await (const files of inBatches(stored(first))) {
    const there = await known(
      db,
      files.map((f) => f.key),
    )
    told.unknown += files.filter((f) => !there.has(f.key)).length
  }
  return told
}
