import { expect, test } from 'vitest'
import { badRecords } from './records.ts'

const record = (name: string, title: string) => ({ path: `docs/decisions/${name}.md`, lines: [title] })
const said = (...files: Parameters<typeof badRecords>[0]) =>
  badRecords(files).map((b) => `${b.path}:${b.line} ${b.why}`)

test('a number is one record', () => {
  expect(said(record('0001-a', '# 0001 A'), record('0002-b', '# 0002 B'))).toEqual([])
  expect(said(record('0001-a', '# 0001 A'), record('0001-b', '# 0001 B'))).toEqual([
    'docs/decisions/0001-b.md:1 0001-a.md has this number; take the next free one',
  ])
  expect(said(record('0002-a', '# 0001 A'))).toEqual(['docs/decisions/0002-a.md:1 its title begins with 0002'])
})

test('what is cited is there, by number or by file', () => {
  const one = record('0001-a', '# 0001 A')
  const code = { path: 'src/x.ts', lines: ['// why (decision 0001)', '// (decision 0009)', "const year = '(0012)'"] }
  const page = { path: 'docs/X.md', lines: ['[0001](decisions/0001-a.md)', '[0003](decisions/0003-c.md), and (0003)'] }
  expect(said(one, code)).toEqual(['src/x.ts:2 there is no decision 0009'])
  expect(said(one, page)).toEqual([
    'docs/X.md:2 there is no decision 0003',
    'docs/X.md:2 there is no decision 0003-c.md',
    'docs/X.md:2 there is no decision 0003',
  ])
})
