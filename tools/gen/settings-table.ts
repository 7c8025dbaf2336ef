/** The settings table of the README, from `src/infra/settings.ts`. */
import { settings } from '../../src/infra/settings.ts'

const begin = /<!-- settings:[^>]*-->\n/
const end = '<!-- /settings -->'
const code = (names: readonly string[]) => names.map((n) => `\`${n}\``).join(', ')

const head = '| variable | flag | default | what it is |\n|---|---|---|---|'

/** The README with its table anew. Throws when the marks are gone. */
export const withSettings = (readme: string): string => {
  const from = begin.exec(readme)
  const to = readme.indexOf(end)
  if (!from || to < 0) throw new Error('README.md has lost the marks of the settings table')
  const rows = settings.map(
    (s) => `| ${code(s.names)} | ${s.flag ? code([s.flag]) : ''} | ${s.otherwise} | ${s.what} |`,
  )
  const table = `${[head, ...rows].join('\n').replace(/ {2}\|/g, ' |')}\n`
  return readme.slice(0, from.index + from[0].length) + table + readme.slice(to)
}
