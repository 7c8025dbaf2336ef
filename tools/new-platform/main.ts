/**
 * `npm run new:platform -- <id> "<Name>"`: writes `src/platforms/<id>/`, a whole working toy platform with its
 * imitation, and the generated files. `npm run new:platform -- --remove <id>` takes one away again that was never
 * committed.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const root = resolve(import.meta.dirname, '../..')
const template = join(import.meta.dirname, 'template')
const usage = 'npm run new:platform -- <id> "<Name>"   or   npm run new:platform -- --remove <id>'

const stop = (why: string): never => {
  console.error(why)
  process.exit(2)
}

const checkId = (id: string | undefined): string => {
  if (!id) return stop(usage)
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(id) || id.length > 30)
    return stop(`"${id}" is no id: use lower-case words joined by hyphens, as in google-business.`)
  if (['registry', 'families'].includes(id)) return stop(`"${id}" is taken by the house itself.`)
  return id
}

/** The name stands in sentences, in JSX and in quotes. */
const checkName = (name: string | undefined): string => {
  if (!name) return stop(usage)
  if (!/^[\p{L}\p{N}][\p{L}\p{N} .+&-]{0,39}$/u.test(name))
    return stop(`"${name}" is no name: letters, digits, spaces and . + & - only, at most 40.`)
  return name
}

const gen = () =>
  execFileSync(process.execPath, [join(root, 'tools/gen/main.ts')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
const tracked = (path: string) =>
  execFileSync('git', ['ls-files', '--', path], { cwd: root, encoding: 'utf8' }).trim() !== ''

const add = (id: string, name: string) => {
  const target = join(root, 'src/platforms', id)
  if (existsSync(target)) stop(`src/platforms/${id} is there already.`)
  for (const entry of readdirSync(template, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const from = join(entry.parentPath, entry.name)
    const to = join(target, from.slice(template.length + 1))
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, readFileSync(from, 'utf8').replaceAll('{{id}}', id).replaceAll('{{name}}', name))
  }
  gen()
  console.log(
    `src/platforms/${id} is a working toy. Try it: npx vitest run src/platforms/${id}\nThen make it real, in the order its README.md names.`,
  )
}

const remove = (id: string) => {
  const path = `src/platforms/${id}`
  if (!existsSync(join(root, path))) stop(`There is no ${path}.`)
  if (tracked(path)) stop(`${path} is in the repository: take it away with git, where it can be brought back.`)
  rmSync(join(root, path), { recursive: true })
  gen()
  console.log(`${path} is gone.`)
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { remove: { type: 'string' } } })
if (values.remove !== undefined) remove(checkId(values.remove))
else add(checkId(positionals[0]), checkName(positionals[1]))
