/**
 * Installs the real Bluesky server into `.cache/pds-<hash>` of the repository and prints that folder.
 *   node tools/pds/install.mjs [--if-present]    --if-present: never install, print the folder or nothing
 * The hash covers the lock file, the ABI of Node and the machine, so that a changed one installs afresh and an
 * unchanged one costs nothing. The install happens beside its final place and is renamed when it is whole: a killed
 * install leaves no half tree, and two at once do not disturb each other.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const cache = join(root, '.cache')

/** Node's headers for the compiler: of the Node that runs us, or of the package the repository brings. */
const headers = () =>
  [resolve(process.execPath, '../..'), join(root, `node_modules/node-linux-${process.arch}`)].find((dir) =>
    existsSync(join(dir, 'include/node/node.h')),
  )

const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

/** The folder of the install for this lock file and this Node; whether it is there is another question. */
export const pdsFolder = () => {
  const hash = createHash('sha256').update(readFileSync(join(here, 'package-lock.json')))
  hash.update(`${process.versions.modules} ${process.platform} ${process.arch}`)
  return join(cache, `pds-${hash.digest('hex').slice(0, 12)}`)
}

/** Is the real server installed? */
export const pdsInstalled = () => existsSync(join(pdsFolder(), 'node_modules/@atproto/pds/package.json'))

/** Installs unless it is there. Throws with npm's own words when it cannot. */
export const installPds = () => {
  const folder = pdsFolder()
  if (pdsInstalled()) return folder
  const partial = `${folder}.partial-${process.pid}`
  mkdirSync(partial, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(here, file), join(partial, file))
  // The shebang of npm takes the first `node` of PATH; it must be the one that runs us, or better-sqlite3 is compiled for another.
  const bin = join(partial, '.bin')
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, 'node'))
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, JOBS: 'max' }
  const include = headers()
  if (include) env.npm_config_nodedir = include
  // With a compiler at hand nothing but the registry is needed; without one the package looks for a ready-made binary.
  if (['python3', 'make', 'g++'].every(runs)) env.npm_config_build_from_source = 'true'
  const npm = spawnSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: partial,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (npm.status !== 0) {
    rmSync(partial, { recursive: true, force: true })
    throw new Error(
      `The Bluesky server could not be installed (npm ci in tools/pds):\n${npm.error ?? ''}${npm.stderr}\n${npm.stdout}`.trim(),
    )
  }
  if (!pdsInstalled()) renameSync(partial, folder)
  else rmSync(partial, { recursive: true, force: true })
  for (const old of readdirSync(cache))
    if (/^pds-[0-9a-f]{12}$/.test(old) && join(cache, old) !== folder)
      rmSync(join(cache, old), { recursive: true, force: true })
  return folder
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (Number(process.versions.node.split('.')[0]) < 22)
    throw new Error(
      `The Bluesky server needs Node 22 or newer; this is ${process.version}. Run it with node_modules/.bin/node.`,
    )
  if (process.argv.includes('--if-present')) {
    if (pdsInstalled()) console.log(pdsFolder())
  } else console.log(installPds())
}
