import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, expectTypeOf, test } from 'vitest'
import type { MediaFacts } from '#kit/facts/draft.ts'
import type { MediaFactsJson } from './tables.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const notColumns = new Set(['constraint', 'primary', 'unique', 'foreign', 'check', 'exclude'])
/** Tables Kysely never speaks of: the migrator's own, and those only the auth library writes. */
const unspoken = new Set(['schema_migrations', 'auth_accounts', 'auth_verifications'])

/** `table.column`, with `?` when it may be null, of every table of the dump. */
const dumped = (): string[] =>
  [...read('../../../schema.sql').matchAll(/^create table (\w+) \(\n([\s\S]*?)^\)(?: with \(.*\))?;/gm)].flatMap(
    ([, table = '', body = '']) =>
      unspoken.has(table)
        ? []
        : [...body.matchAll(/^ {2}"?(\w+)"? (.*)$/gm)]
            .filter(([, column = '']) => !notColumns.has(column))
            .map(([, column, rest = '']) => `${table}.${column}${/ not null\b/.test(rest) ? '' : '?'}`),
  )

/** The same of the types Kysely works with. */
const typed = (): string[] => {
  const file = ts.createSourceFile('tables.ts', read('./tables.ts'), ts.ScriptTarget.Latest, true)
  const all = file.statements.find((s) => ts.isInterfaceDeclaration(s) && s.name.text === 'Tables')
  return (all as ts.InterfaceDeclaration).members.flatMap((m) => {
    if (!ts.isPropertySignature(m) || !m.type || !ts.isTypeLiteralNode(m.type)) throw new Error(m.getText())
    return m.type.members.map((c) => {
      const type = (c as ts.PropertySignature).type?.getText() ?? ''
      const nullable = !type.startsWith('Jsonb<') && /\bnull\b|JsonbNull/.test(type)
      return `${m.name.getText()}.${c.name!.getText()}${nullable ? '?' : ''}`
    })
  })
}

test('what the database keeps of a file is what preflight judges by', () => {
  // Asked of the types: infra must not know the kit.
  expectTypeOf<Required<MediaFactsJson>>().toEqualTypeOf<{
    -readonly [K in keyof MediaFacts]-?: K extends 'estimated'
      ? [...NonNullable<MediaFacts[K]>]
      : NonNullable<MediaFacts[K]>
  }>()
})

test('tables.ts has every column of schema.sql and no other, and knows which may be null', () => {
  expect(dumped().length).toBeGreaterThan(100)
  expect(typed().sort()).toEqual(dumped().sort())
})
