/**
 * `clarion storage move` and `verify`: they work beside a Clarion that runs, so they take no lock, and refuse where the running
 * one would look for its files in the place they are taken from.
 */
import { CannotStart } from '#infra/cannot-start.ts'
import type { Config } from '#infra/config.ts'
import type { Db } from '#infra/db/database.ts'
import { type StorageMake, storageMakes } from '#infra/s3-settings.ts'
import { moveFiles, verifyFiles } from '#planner/media/moving.ts'
import { openMake, startedFor } from './boot/storage.ts'

type Say = (line: string) => void
type On = { db: Db; config: Config; running: boolean; say: Say }

const called: Record<StorageMake, string> = { disk: 'the disk', s3: 'the bucket' }
const isMake = (word: string): word is StorageMake => (storageMakes as readonly string[]).includes(word)

const bothOpen = async <T>(
  config: Config,
  work: (of: (make: StorageMake) => Awaited<ReturnType<typeof openMake>>['storage']) => Promise<T>,
) => {
  if (!config.storage.s3)
    throw new CannotStart(
      'S3 is not set.',
      'Set S3_BUCKET, the keys and the endpoint or region, as the server has them.',
    )
  const warn = (line: string) => {
    throw new CannotStart(line, 'Run this again when it answers.')
  }
  const o = { ...config, warn, passing: true }
  const [disk, s3] = [await openMake('disk', o), await openMake('s3', o)]
  try {
    return await work((make) => (make === 's3' ? s3 : disk).storage)
  } finally {
    await s3.close()
  }
}

export const moveStorage = async (
  { db, config, running, say }: On,
  [from = '', to = '']: readonly string[],
): Promise<number> => {
  if (!isMake(from) || !isMake(to) || from === to)
    throw new CannotStart(
      `Files cannot move from "${from}" to "${to}".`,
      'Say: storage move disk s3, or: storage move s3 disk',
    )
  if (config.storage.make !== to)
    throw new CannotStart(
      `New files still go to ${called[config.storage.make]}.`,
      `Set CLARION_STORAGE=${to} and restart Clarion; it reads from ${called[from]} what has not moved yet. Then run this again.`,
    )
  if (running && (await startedFor(config.dataDir)) !== to)
    throw new CannotStart(
      `The Clarion that runs still puts new files on ${called[from]}.`,
      `Restart it with CLARION_STORAGE=${to}, then run this again.`,
    )
  return bothOpen(config, async (of) => {
    const told = await moveFiles({ db, from: of(from), to: of(to), say })
    say(`Copied to ${called[to]}: ${told.moved} files, ${told.bytes} bytes. There before: ${told.there}.`)
    say(`Taken from ${called[from]}: ${told.removed}.`)
    if (told.busy > 0) say(`Left for now, as a publication works with them: ${told.busy}. Run this again.`)
    if (told.unknown > 0) say(`Left, as they belong to nothing: ${told.unknown}.`)
    for (const { key, why } of told.failed) say(`NOT moved: ${key}: ${why}.`)
    return told.busy + told.failed.length > 0 ? 1 : 0
  })
}

export const verifyStorage = async ({ db, config, say }: On): Promise<number> => {
  const first = config.storage.make
  const verify = async (of: (make: StorageMake) => Awaited<ReturnType<typeof openMake>>['storage']) => {
    const other = config.storage.s3 ? (first === 's3' ? 'disk' : 's3') : null
    const told = await verifyFiles({ db, first: of(first), second: other && of(other), say })
    say(`Good on ${called[first]}: ${told.good}.`)
    if (other && told.elsewhere > 0)
      say(`Good, and still on ${called[other]}: ${told.elsewhere}. Move them: storage move ${other} ${first}`)
    if (told.toBeMade > 0) say(`Renditions that will be made again when they are wanted: ${told.toBeMade}.`)
    if (told.unknown > 0) say(`Belong to nothing: ${told.unknown}.`)
    for (const { key, why } of told.bad) say(`BAD: ${key}: ${why}.`)
    return told.bad.length > 0 ? 1 : 0
  }
  if (config.storage.s3) return bothOpen(config, verify)
  const { storage } = await openMake('disk', { ...config, warn: say })
  return verify(() => storage)
}
