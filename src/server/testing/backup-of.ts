/** A backup of a database as it stands, whatever its version: what a Clarion to come would write. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backupStream } from '#infra/backup/archive.ts'
import { systemClock } from '#infra/clock.ts'
import type { Database } from '#infra/db/database.ts'
import { diskStorage } from '#infra/storage.ts'
import { knownFiles } from '#planner/media/moving.ts'

export const backupOf = async ({ db, pool }: Database, dataDir: string, passphrase: Buffer): Promise<Buffer> => {
  const pieces: Buffer[] = []
  const storage = diskStorage(join(dataDir, 'media'))
  const keys = await readFile(join(dataDir, 'keys.json'), 'utf8')
  const o = { pool, storage, files: () => knownFiles(db), keys, clarion: '9.9.9', at: new Date(systemClock.now()) }
  for await (const piece of backupStream({ kind: 'passphrase', bytes: passphrase }, o)) pieces.push(piece)
  return Buffer.concat(pieces)
}
