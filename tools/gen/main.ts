/**
 * `npm run gen`: writes the files that follow from the code: the registry lists and `docs/platforms.md` from the folders of
 * `src/platforms`, `docs/permissions.md` from the route table, the settings in the README. `--check` writes nothing and exits 1 when one of them is stale. `--root <dir>` works on
 * another copy of the tree.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { permissions } from './permissions.ts'
import { platformTable } from './platform-table.ts'
import { registryFiles } from './registry.ts'
import { withSettings } from './settings-table.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, root: { type: 'string' } } })
const root = resolve(values.root ?? join(import.meta.dirname, '../..'))
const platformsDir = join(root, 'src/platforms')

const registry = registryFiles(platformsDir)
const wanted = new Map([...registry.files].map(([name, text]) => [`src/platforms/registry/${name}`, text]))
const table = await platformTable(platformsDir)
wanted.set('docs/platforms.md', table.text)
wanted.set('docs/permissions.md', permissions())
const readme = join(root, 'README.md')
if (existsSync(readme)) wanted.set('README.md', withSettings(readFileSync(readme, 'utf8')))
for (const line of [...registry.missing, ...table.missing]) console.log(`note: ${line}`)

const stale = [...wanted].filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)
if (values.check) {
  for (const [path] of stale) console.error(`${path} is not what the code says`)
  if (stale.length > 0) console.error('Run `npm run gen` and commit what it writes.')
  else console.log(`${wanted.size} generated files are up to date`)
  process.exit(stale.length > 0 ? 1 : 0)
}
for (const [path, text] of stale) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  console.log(`wrote ${path}`)
}
if (stale.length === 0) console.log('nothing to write')
