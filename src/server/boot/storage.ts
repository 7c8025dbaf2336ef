/** Opens what files are kept in: the disk, or S3 with the disk behind it (or the other way round, where files move back). */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '#infra/clock.ts'
import type { Config } from '#infra/config.ts'
import { writeWhole } from '#infra/files.ts'
import { takeLock } from '#infra/lock.ts'
import type { Log } from '#infra/log.ts'
import type { StorageMake, StorageSettings } from '#infra/s3-settings.ts'
import { diskStorage, type Storage } from '#infra/storage.ts'
import { isReachable } from '#planner/channels/reachable.ts'

/** Where a bucket without an endpoint is. */
const amazon = 'https://s3.amazonaws.com'
/** Processes that share a data folder, each with a cache of its own. */
const mostSlots = 64

/**
 * The first cache folder that nobody uses: what the process before left there is good for this one. What lies in others that
 * nobody uses is removed, as no process may ever come for it.
 */
const ownSlot = async (dir: string) => {
  const own = async () => {
    for (let n = 0; ; n++) {
      const slot = join(dir, String(n))
      try {
        return { dir: join(slot, 'files'), lock: await takeLock(slot) }
      } catch (error) {
        if (n >= mostSlots) throw error
      }
    }
  }
  const mine = await own()
  for (const name of await readdir(dir)) {
    const files = join(dir, name, 'files')
    if (files === mine.dir || !/^\d+$/.test(name)) continue
    const lock = await takeLock(join(dir, name)).catch(() => null)
    if (!lock) continue
    await rm(files, { recursive: true, force: true })
    await lock.release()
  }
  return mine
}

export type Opened = { storage: Storage; close: () => Promise<void> }

/**
 * One make by itself. `passing`: for files that only pass through, without copies here.
 * @throws CannotStart when S3 refuses us; one that is away is told to `warn`.
 */
export const openMake = async (
  make: StorageMake,
  o: { dataDir: string; storage: StorageSettings; warn: (line: string) => void; passing?: boolean },
): Promise<Opened> => {
  if (make === 'disk' || !o.storage.s3)
    return { storage: diskStorage(join(o.dataDir, 'media')), close: async () => undefined }
  const { cdnUrl, cacheBytes, ...settings } = o.storage.s3
  const [{ connectS3, assertUsable }, { noCache, openCache }, { s3Storage }] = await Promise.all([
    import('#infra/s3-client.ts'),
    import('#infra/storage-cache.ts'),
    import('#infra/storage-s3.ts'),
  ])
  const s3 = await connectS3(settings)
  try {
    const away = await assertUsable(s3)
    if (away) o.warn(away)
    // S3 judges dates by its own clock, which no test can turn.
    const now = systemClock.now
    const slot = o.passing ? null : await ownSlot(join(o.dataDir, 'cache'))
    const cache = slot ? await openCache({ dir: slot.dir, maxBytes: cacheBytes, now }) : noCache
    const reachable = isReachable(cdnUrl ?? settings.endpoint ?? amazon)
    const links = cdnUrl || reachable ? { cdnUrl, reachable } : undefined
    return {
      storage: s3Storage({ s3, cache, now, ...(links ? { links } : {}) }),
      close: async () => {
        s3.client.destroy()
        await slot?.lock.release()
      },
    }
  } catch (error) {
    s3.client.destroy()
    throw error
  }
}

const mark = (dataDir: string) => join(dataDir, 'storage.json')

/** Where the server that last started on this data folder puts new files. */
export const startedFor = async (dataDir: string): Promise<StorageMake> => {
  const text = await readFile(mark(dataDir), 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { make?: StorageMake }).make ?? 'disk'
}

/** What the server uses. It leaves word of it, for who moves files beside it. */
export const openStorage = async (config: Pick<Config, 'dataDir' | 'storage'>, log: Log): Promise<Opened> => {
  const o = { ...config, warn: (line: string) => log.error(line) }
  const { make, s3 } = config.storage
  if ((await startedFor(config.dataDir)) !== make) await writeWhole(mark(config.dataDir), JSON.stringify({ make }))
  if (!s3) return openMake('disk', o)
  const [{ layered }, disk, bucket] = await Promise.all([
    import('#infra/storage-layers.ts'),
    openMake('disk', o),
    openMake('s3', o),
  ])
  const [first, second] = make === 's3' ? [bucket, disk] : [disk, bucket]
  return { storage: layered(first.storage, second.storage), close: bucket.close }
}
