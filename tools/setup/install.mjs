/** The packages of package-lock.json, installed when they are not; plain JavaScript for any Node from 18 on. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alone } from './alone.mjs'

export const root = resolve(fileURLToPath(import.meta.url), '../../..')
const json = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'))

/** Is what the lock file names there? npm writes what it installed into a lock file inside node_modules, as its last act. */
export const installed = () => {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false
  const have = json('node_modules/.package-lock.json').packages
  return Object.entries(json('package-lock.json').packages).every(
    ([path, entry]) => path === '' || entry.optional || have[path]?.version === entry.version,
  )
}

/** Runs a program, its output to ours; gives its exit code. */
export const run = (command, args, options = {}) =>
  new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options })
    child.once('error', (error) => {
      console.error(`${command} does not run: ${error.message}`)
      done(127)
    })
    child.once('exit', (code, signal) => done(code ?? (signal ? 130 : 1)))
  })

/** Says every few seconds that a long step is still going on. */
export const patiently = async (what, work) => {
  const begun = performance.now()
  const seconds = () => Math.round((performance.now() - begun) / 1000)
  console.log(`${what} ...`)
  const timer = setInterval(() => console.log(`  still at it (${seconds()} s)`), 10_000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    console.log(`  ${seconds()} s`)
  }
}

/** Installs what is missing, else returns at once. Exits with a sentence when it cannot. */
export const install = async () => {
  if (installed()) return
  // Two at once in one folder take each other's packages away.
  const said = (pid) => console.log(`Another process (${pid}) is installing the packages; waiting for it ...`)
  await alone(join(root, '.cache/install.lock'), installNow, said)
}

const installNow = async () => {
  if (installed()) return
  // NODE_ENV=production would leave out the tools that build the web app.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const code = await patiently('Installing the packages of package-lock.json', () => run('npm', args))
  if (code === 0) return
  console.error('\nClarion cannot start: npm could not install its packages (its own words are above).')
  console.error('What to do: check the network and the npm registry setting, then run the same command again.')
  process.exit(1)
}
