/** The data folder, and the lock on it. */
import { chmod, mkdir, stat } from 'node:fs/promises'
import { CannotStart } from '#infra/cannot-start.ts'
import type { Config } from '#infra/config.ts'
import { type DataLock, takeLock } from '#infra/lock.ts'

/** Makes the folder: ours alone. As root others may pass through it, since the database runs as an unprivileged user; what lies in it stays closed. */
const makeFolder = async (dir: string): Promise<void> => {
  const root = process.getuid?.() === 0
  try {
    await mkdir(dir, { recursive: true, mode: root ? 0o711 : 0o700 })
    const s = await stat(dir)
    if (!s.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
    if (root && s.uid === 0 && !(s.mode & 0o001)) await chmod(dir, (s.mode & 0o777) | 0o001)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CannotStart(
      `The data folder ${dir} cannot be used (${code}).`,
      'Give Clarion a folder it may write to, with --data or CLARION_DATA_DIR.',
      error,
    )
  }
}

/**
 * Makes and locks the data folder. With an outside database, processes of the roles `api` and `worker` may share one (they share
 * its media), so they take no lock.
 * @throws CannotStart when another process has it.
 */
export const openDataFolder = async (config: Pick<Config, 'dataDir' | 'databaseUrl' | 'role'>): Promise<DataLock> => {
  await makeFolder(config.dataDir)
  if (config.databaseUrl && config.role !== 'all') return { release: async () => undefined }
  return takeLock(config.dataDir)
}
