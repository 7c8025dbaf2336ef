/** A small file system of its own, so that a disk can be full without filling anybody's. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Puts one of so many MiB over a folder; gives how it is taken away again. @throws when the machine does not let us. */
export const mountSmallDisk = (folder: string, mb: number): (() => void) => {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mb}m,mode=0700`, 'tmpfs', folder])
  if (mounted.status !== 0) throw new Error(`no small file system: ${mounted.stderr ?? mounted.error}`.trim())
  return () => void spawnSync('umount', ['-l', folder])
}

/** Why there can be none here, by trying; null when there can. */
export const whyNoSmallDisk = (): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'a small file system is mounted by root on Linux only'
  const folder = mkdtempSync(join(tmpdir(), 'clarion-disk-'))
  try {
    mountSmallDisk(folder, 1)()
    return null
  } catch (error) {
    return (error as Error).message
  } finally {
    rmdirSync(folder)
  }
}
