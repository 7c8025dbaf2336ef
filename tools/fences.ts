/** `node tools/fences.ts [--root <dir>]`: looks for breaks of the fences (`tools/fences/rules.ts`), prints file:line and the remedy. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { badCitations, sectionsOf } from './fences/citations.ts'
import { badRecords } from './fences/records.ts'
import { breaksOf, type SourceFile } from './fences/rules.ts'
import { platformIds } from './gen/registry.ts'

/** Folders that are not ours, or not made by hand. */
const skipped = new Set([
  'node_modules',
  'dist',
  'data',
  '.cache',
  '.git',
  'coverage',
  '.vitest',
  'fixtures',
  'template',
])
const text = /[.](ts|tsx|mjs|cjs|js|sql|md|json|css|html|ya?ml)$|(^|\/)(run|LICENSE|Dockerfile)$/

/** All text files of a tree that people write. */
export const sourceFiles = (root: string, dir = ''): SourceFile[] =>
  readdirSync(join(root, dir), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): SourceFile[] => {
      const path = dir ? `${dir}/${entry.name}` : entry.name
      if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourceFiles(root, path)
      if (!entry.isFile() || !text.test(path)) return []
      return [{ path, lines: readFileSync(join(root, path), 'utf8').split('\n') }]
    })

/** The fact sheets' sections, by platform. */
export const sheetsOf = (root: string): Map<string, Set<string>> =>
  new Map(
    platformIds(join(root, 'src/platforms')).flatMap((id) => {
      const path = join(root, 'src/platforms', id, 'facts.md')
      return existsSync(path) ? [[id, sectionsOf(readFileSync(path, 'utf8'))] as const] : []
    }),
  )

/** What may cite them: code, the platforms' own pages, and the source of every recording. */
export const citing = (root: string, files: readonly SourceFile[]): SourceFile[] => [
  ...files.filter((f) => /^(src|bench|e2e)\/.*[.]tsx?$/.test(f.path) || /^src\/platforms\/.*README[.]md$/.test(f.path)),
  ...platformIds(join(root, 'src/platforms')).flatMap((id) => {
    const dir = `src/platforms/${id}/fixtures`
    if (!existsSync(join(root, dir))) return []
    return readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({
        path: `${dir}/${name}`,
        lines: readFileSync(join(root, dir, name), 'utf8')
          .split('\n')
          .map((line) => (/^\s*"source":/.test(line) ? line : '')),
      }))
  }),
]

if (import.meta.main) {
  const { values } = parseArgs({ options: { root: { type: 'string' } } })
  const root = resolve(values.root ?? join(import.meta.dirname, '..'))
  const files = sourceFiles(root)
  const found = breaksOf(files, platformIds(join(root, 'src/platforms')))
  for (const b of found) console.error(`${b.path}:${b.line} ${b.fence}: ${b.remedy}`)
  const wrong = badCitations(citing(root, files), sheetsOf(root))
  for (const b of wrong) console.error(`${b.path}:${b.line} citation: ${b.why}`)
  const records = badRecords(files.filter((f) => !f.path.startsWith('tools/fences/')))
  for (const b of records) console.error(`${b.path}:${b.line} decision: ${b.why}`)
  const breaks = found.length + wrong.length + records.length
  console.log(breaks === 0 ? `${files.length} files keep to the fences` : `${breaks} breaks in ${files.length} files`)
  process.exitCode = breaks === 0 ? 0 : 1
}
