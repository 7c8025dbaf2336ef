/** The web app in dist/web, built when its sources are not those it was built from. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { patiently, root, run } from './install.mjs'

const out = join(root, 'dist/web')
const stamp = join(root, 'dist/web.stamp')
const sources = [
  'src/web',
  'src/ui',
  'src/kit',
  'src/contract',
  'src/platforms',
  'vite.config.ts',
  'package-lock.json',
  'package.json',
]
/** Never part of the web app. */
const aside = /\/(sandbox|fixtures|testing)\/|\.test\.tsx?$|\.md$/

function* files(path) {
  const s = statSync(join(root, path), { throwIfNoEntry: false })
  if (!s) return
  if (!s.isDirectory()) return yield path
  for (const name of readdirSync(join(root, path)).sort()) yield* files(`${path}/${name}`)
}

const fingerprint = () => {
  const hash = createHash('sha256')
  for (const path of sources.flatMap((s) => [...files(s)]))
    if (!aside.test(path)) hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

/** Builds beside and swaps, so that a build cut off leaves the old app. Exits with vite's words when it fails. */
export const build = async (node) => {
  const want = fingerprint()
  if (existsSync(join(out, 'index.html')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return
  const fresh = join(root, 'dist/web.new')
  const args = [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    '--outDir',
    fresh,
    '--emptyOutDir',
    '--logLevel',
    'warn',
  ]
  const code = await patiently('Building the web app', () => run(node, args))
  if (code !== 0) {
    console.error('\nClarion cannot start: the web app does not build (the reason is above).')
    process.exit(1)
  }
  rmSync(out, { recursive: true, force: true })
  renameSync(fresh, out)
  writeFileSync(stamp, want)
}
