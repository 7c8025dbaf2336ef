/** A whole backup as a stream, and the reading of one: what is in it, and whether it is all there. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type pg from 'pg'
import { CannotStart } from '../cannot-start.ts'
import { NotStored, type Storage } from '../storage.ts'
import { type Entry, entry, type Head, type HeadOf, readEntries } from './entries.ts'
import { damaged, type Secret, seal, unseal } from './seal.ts'
import { dumpTables } from './tables.ts'

type BackedUp = { key: string; mime: string; bytes: number; sha256: Buffer | null }

const whole = async function* (o: {
  pool: pg.Pool
  storage: Pick<Storage, 'stream'>
  /** What the database knows of files; asked after the snapshot is over. */
  files: () => AsyncIterable<BackedUp>
  keys: string
  clarion: string
  at: Date
}): AsyncGenerator<Uint8Array> {
  const end: HeadOf<'end'> = { what: 'end', rows: {}, files: 0, bytes: 0, damaged: [], missing: [] }
  const first = async function* (migrations: HeadOf<'manifest'>['migrations']) {
    yield* entry({ what: 'manifest', at: o.at.toISOString(), clarion: o.clarion, migrations })
    yield* entry({ what: 'keys' }, only(Buffer.from(o.keys)))
  }
  yield* dumpTables(o.pool, first, end.rows)
  for await (const f of o.files()) {
    const sha256 = f.sha256?.toString('hex') ?? null
    const stream = await o.storage.stream(f.key).catch((error: unknown) => {
      if (!(error instanceof NotStored)) throw error
      end.missing.push(f.key)
    })
    if (!stream) continue
    const hash = createHash('sha256')
    let bytes = 0
    const counted = async function* () {
      for await (const piece of stream) {
        hash.update(piece as Buffer)
        bytes += (piece as Buffer).length
        yield piece as Buffer
      }
    }
    yield* entry({ what: 'file', key: f.key, mime: f.mime, bytes: f.bytes, sha256 }, counted())
    if (bytes !== f.bytes || (sha256 !== null && hash.digest('hex') !== sha256)) end.damaged.push(f.key)
    end.files++
    end.bytes += bytes
  }
  yield* entry(end)
}

const only = async function* (bytes: Buffer) {
  yield bytes
}

/** A backup as the bytes of a file. */
export const backupStream = (secret: Secret, o: Parameters<typeof whole>[0]): AsyncIterable<Buffer> =>
  seal(secret, whole(o))

const isOf = <W extends Head['what']>(head: Head | undefined, what: W): head is HeadOf<W> => head?.what === what

/** What is in a backup file, entry by entry. @throws CannotStart when it does not open or is damaged. */
export const openBackup = (file: string, secret: Secret): AsyncGenerator<Entry> =>
  readEntries(unseal(secret, createReadStream(file, { highWaterMark: 1024 ** 2 })))

type Contents = { manifest: HeadOf<'manifest'>; keys: string; end: HeadOf<'end'> }

/** Reads all of it, and writes nothing. @throws CannotStart when anything is not as it was when it was made. */
export const verifyBackup = async (file: string, secret: Secret): Promise<Contents> => {
  let manifest: HeadOf<'manifest'> | undefined
  let keys = ''
  let end: HeadOf<'end'> | undefined
  const tables = new Set<string>()
  const bad = new Set<string>()
  let files = 0
  for await (const { head, body } of openBackup(file, secret)) {
    if (end || (manifest === undefined) !== isOf(head, 'manifest')) throw damaged('its entries are out of order')
    if (isOf(head, 'manifest')) manifest = head
    else if (isOf(head, 'keys')) for await (const piece of body) keys += piece.toString()
    else if (isOf(head, 'table')) tables.add(head.name)
    else if (isOf(head, 'file')) {
      const hash = createHash('sha256')
      let bytes = 0
      for await (const piece of body) {
        hash.update(piece)
        bytes += piece.length
      }
      files++
      if (bytes !== head.bytes || (head.sha256 !== null && hash.digest('hex') !== head.sha256)) bad.add(head.key)
    } else end = head
  }
  if (!manifest || !end || keys === '') throw damaged('it is cut short')
  const rows = Object.keys(end.rows)
  if (files !== end.files || rows.length !== tables.size || rows.some((t) => !tables.has(t)))
    throw damaged('something is missing in it')
  for (const key of end.damaged) bad.delete(key)
  if (bad.size > 0) throw damaged(`${[...bad][0]} in it is not what was stored`)
  return { manifest, keys, end }
}

/** May this code restore it? `migrations`: those it knows. @throws CannotStart. */
export const assertNotNewer = (
  { manifest }: Contents,
  migrations: readonly { version: number; name: string; sha256: string }[],
): void => {
  for (const ran of manifest.migrations) {
    if (migrations[ran.version - 1]?.sha256 === ran.sha256) continue
    throw new CannotStart(
      `The backup is of Clarion ${manifest.clarion}, whose database has ${ran.name}; this version does not know it. Nothing was changed.`,
      'Restore it with the version of Clarion that made it, or a newer one.',
    )
  }
}
