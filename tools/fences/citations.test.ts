import { expect, test } from 'vitest'
import { badCitations, sectionsOf } from './citations.ts'

const sheets = new Map([
  ['alpha', sectionsOf('# Alpha\n## 3. Publishing\n### 3.2 `POST /media`\n## 2c. OAuth\n**Headers** on every call')],
  ['beta-two', sectionsOf('## 7. Limits\n')],
])
const bad = (path: string, ...lines: string[]) =>
  badCitations([{ path, lines }], sheets).map((b) => `${b.line} ${b.why}`)
const own = 'src/platforms/alpha/api.ts'

test('a section of its own sheet, by number or by words, in a row too', () => {
  expect(bad(own, '/** (fact sheet §3, §3.2 and §2c). */', '// §"POST /media" §"Headers"')).toEqual([])
  expect(bad(own, '', '// (§3.3)')).toEqual(['2 src/platforms/alpha/facts.md has no section 3.3'])
})

test('a named sheet, and what follows in the same breath', () => {
  expect(bad(own, '// beta-two.md §7, alpha.md §3, §3.2')).toEqual([])
  expect(bad(own, '// beta-two.md §7, §8')).toEqual(['1 src/platforms/beta-two/facts.md has no section 8'])
  expect(bad(own, '// beta-two.md §7 says so; here it is §3')).toEqual([])
  expect(bad(own, '// gamma.md §1')).toEqual(['1 there is no fact sheet of "gamma"'])
})

test('folders shared by several networks name the sheet', () => {
  const shared = 'src/platforms/families/f/door.ts'
  expect(bad(shared, '// alpha.md §3')).toEqual([])
  expect(bad(shared, '// fact sheet §3')).toEqual(['1 say which sheet: <network>.md 3'])
})

test('a standard has sections of its own', () => {
  expect(bad(own, '// RFC 7636 §4.6', '// ISO/IEC 14496-12 §8.8')).toEqual([])
  expect(bad('src/infra/pdf.ts', '// (§7.6.1)')).toEqual([])
})

test('the source of a recording is looked at', () => {
  expect(bad('src/platforms/alpha/fixtures/a.json', '"source": "fact sheet alpha.md §9 (x)",')).toEqual([
    '1 src/platforms/alpha/facts.md has no section 9',
  ])
})
