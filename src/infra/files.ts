/** Files that must survive a crash in the middle of writing them. */

import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes a rename in this folder durable. Some file systems cannot sync a folder; the rename is still atomic there. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch {
    // EINVAL on such file systems.
  } finally {
    await handle?.close()
  }
}

/** Writes all of it or nothing: a temp file beside it, synced, renamed over it. Default mode 0600. */
export const writeWhole = async (path: string, bytes: Uint8Array | string, mode = 0o600): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temp, 'wx', mode)
    try {
      await file.writeFile(bytes)
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
}
