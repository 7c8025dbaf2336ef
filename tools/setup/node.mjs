/** Which Node runs Clarion: 24.11 or newer, since it runs TypeScript as it is. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './install.mjs'

const enough = (version) => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 11)
}

/** The version of the Node npm brought, told by its package rather than by running it. */
const versionOf = (brought) => {
  try {
    return JSON.parse(readFileSync(join(dirname(realpathSync(brought)), '../package.json'), 'utf8')).version
  } catch {
    return spawnSync(brought, ['--version'], { encoding: 'utf8' }).stdout ?? ''
  }
}

/** The Node to use: the one npm brought (an optional dependency), else the one we run on. Exits with a sentence when neither will do. */
export const findNode = () => {
  const brought = join(root, 'node_modules/.bin/node')
  if (existsSync(brought) && enough(versionOf(brought))) return brought
  if (enough(process.version)) return process.execPath
  console.error(`\nClarion cannot start: it needs Node 24.11 or newer, and this is ${process.version}.`)
  console.error(
    `What to do: install Node 24 (there is no ready-made one for ${process.platform} ${process.arch} among the packages).`,
  )
  process.exit(1)
}

/**
 * Runs Node on a script in our place: its input and output are ours, signals are passed on, its exit code becomes ours.
 * (Ctrl-C reaches both of us; the server knows that two signals within a moment are one wish.)
 */
export const become = (node, args) => {
  const env = {
    // What was compiled once (types stripped) is kept: a third of the start-up time.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node'),
    ...process.env,
    PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`,
  }
  const child = spawn(node, args, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal))
  // A signal to npm ends npm and the shell between us, and never comes here: an npm that is gone is the wish to stop.
  const parent = process.ppid
  let watch
  if (process.env.npm_lifecycle_event)
    watch = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, 250)
  child.once('error', (error) => {
    console.error(`Node does not run: ${error.message}`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 130)))
}

/** For scripts that need the newer Node themselves: starts `url` again under it, else returns. */
export const onNewNode = (url) => {
  if (enough(process.version)) return false
  become(findNode(), [fileURLToPath(url), ...process.argv.slice(2)])
  return true
}
