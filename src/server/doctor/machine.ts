/** What this machine gives Clarion: Node, the data folder, room on the disk, tools. */
import { access, constants, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { diskRoom } from '#infra/disk.ts'
import { findFfmpeg } from '#infra/posters.ts'
import { broken, counted, type Finding, note, ok, warning } from './finding.ts'

/** `engines` of package.json, which a test compares. */
export const leastNode = [24, 11] as const

export const nodeVersion = (version: string = process.versions.node): Finding => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1])
  return fits
    ? ok(`Node ${version}`)
    : broken(`Node ${version} is too old.`, `Start Clarion with npm start, which brings Node ${leastNode.join('.')}.`)
}

const kinds: Readonly<Record<string, string>> = { ENOENT: 'is not there', EACCES: 'may not be entered or written' }

export const dataFolder = async (dir: string): Promise<Finding> => {
  try {
    await readdir(dir)
    await access(dir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const fix =
      code === 'EROFS'
        ? 'Mount its disk for writing.'
        : 'Name the data folder with --data or CLARION_DATA_DIR, and let the user that runs Clarion read and write it.'
    return broken(`${dir} ${code === 'EROFS' ? 'is on a disk that is read-only' : (kinds[code] ?? code)}.`, fix)
  }
  return ok(dir)
}

/** keys.json opens every stored token: nobody else of this machine may read it. */
export const keysFile = async (dir: string, fromSettings: boolean): Promise<Finding> => {
  if (fromSettings) return ok('CLARION_KEYS')
  const file = join(dir, 'keys.json')
  const found = await stat(file).catch(() => null)
  if (!found)
    return broken(
      `There is no ${file}: the stored tokens and app credentials cannot be opened.`,
      'Put keys.json back from your backup, or set CLARION_KEYS as it was. A Clarion that never started has none yet.',
    )
  const others = found.mode & 0o077
  return others === 0
    ? ok(`${file}, readable by its owner only`)
    : warning(`Other users of this machine may open ${file}.`, `chmod 600 ${file}`)
}

const gb = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GB`
/** Bytes free at least: below the first new media is at risk, below the second the database is. */
const leastFree = { warning: 2 * 1024 ** 3, broken: 256 * 1024 ** 2 }

/** `free`: bytes, for tests. */
export const roomLeft = async (dir: string, free?: number): Promise<Finding> => {
  const left = free ?? (await diskRoom(dir)).free
  const says = `${gb(left)} free for ${dir}`
  const fix = 'Make room on that disk, or move media to S3 (npm run clarion -- storage move disk s3).'
  if (left < leastFree.broken) return broken(`Only ${says}: the database may stop taking writes.`, fix)
  return left < leastFree.warning ? warning(`Only ${says}.`, fix) : ok(says)
}

export const ffmpeg = (path: string): Finding => {
  const found = findFfmpeg(path)
  return found
    ? ok(found)
    : note('ffmpeg is not installed: videos have a drawn picture instead of a frame.', 'Install the package ffmpeg.')
}

/** `offMs`: by how much this machine's clock is ahead of the database server's. */
export const clockApart = (offMs: number): Finding => {
  const off = Math.abs(offMs) / 1000
  const says = `${off.toFixed(1)} s ${offMs > 0 ? 'ahead of' : 'behind'} the database server`
  const fix = 'Let both machines keep time by NTP (systemd-timesyncd or chrony).'
  if (off >= 60) return broken(`This machine's clock is ${says}: posts go out at the wrong time.`, fix)
  return off >= 2
    ? warning(`This machine's clock is ${says}.`, fix)
    : ok(`within ${counted(2, 'second')} of the database`)
}
