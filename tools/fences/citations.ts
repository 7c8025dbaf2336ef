/**
 * Where a fact about a network comes from: comments and recordings cite sections of the fact sheets
 * (`src/platforms/<id>/facts.md`), and each cited section must be there.
 *
 * `§3.2` is one of the sheet of the folder it stands in; `instagram.md §3.2` names the sheet, and what follows it in the
 * same breath (`§3.3, §7`) is of that sheet too. Folders shared by several networks name it always. What a standard's name
 * goes before (`RFC 7636 §4.6`) is its own business.
 */
import type { SourceFile } from './rules.ts'

export type Sheets = ReadonlyMap<string, ReadonlySet<string>>
export type BadCitation = { path: string; line: number; why: string }

const quiet = (text: string) => text.toLowerCase().replace(/[`*]/g, '').trim()

/** The sections of a sheet: numbers of its headings (`3`, `3.2`, `2c`), and headings by their words. */
export const sectionsOf = (sheet: string): Set<string> => {
  const sections = new Set<string>()
  for (const [, heading = ''] of sheet.matchAll(/^#{1,6} +(.+)$/gm)) {
    const number = /^(\d+(?:\.\d+)*[a-z]?)[. ]/.exec(heading)?.[1]
    if (number) sections.add(number)
    sections.add(quiet(heading.replace(/^\d+(?:\.\d+)*[a-z]?\.? +/, '')))
  }
  // A sheet may also name a rule in bold at the begin of a paragraph.
  for (const [, bold = ''] of sheet.matchAll(/^(?:[-*] +)?\*\*(.+?)\*\*/gm))
    sections.add(quiet(bold.replace(/[.:]$/, '')))
  return sections
}

const citation = /(?:([a-z][a-z-]*)\.md[\s,]+(?:\*\s+|\/\/\s+)?)?§+\s?("[^"\n]+"|\d+(?:\.\d+)*[a-z]?)/g
const standard = /\b(?:RFC|ISO(?:\/IEC)?|PNG|PDF|PCRE|W3C)[ \d.:/-]*$/

/** Citations of sections that are not there. */
export const badCitations = (files: readonly SourceFile[], sheets: Sheets): BadCitation[] =>
  files.flatMap((file): BadCitation[] => {
    const folder = /^src\/platforms\/([^/]+)\//.exec(file.path)?.[1]
    const own = folder !== undefined && sheets.has(folder) ? folder : undefined
    const text = file.lines.join('\n')
    const bad: BadCitation[] = []
    let named: string | undefined
    let last = Number.NEGATIVE_INFINITY
    for (const m of text.matchAll(citation)) {
      const [whole, name, section = ''] = m
      const line = text.slice(0, m.index).split('\n').length
      const between = text.slice(last, m.index)
      // In the same breath: only commas, "and", a range or a comment's next line between them.
      if (name) named = name
      else if (!/^[\s,;*/]*(?:and|or|to|-|–)?[\s,;*/]*$/.test(between)) named = undefined
      last = m.index + whole.length
      if (!name && !named && standard.test(text.slice(Math.max(0, m.index - 40), m.index))) continue
      const id = named ?? own
      const say = (why: string) => bad.push({ path: file.path, line, why })
      if (!id) {
        if (folder !== undefined) say(`say which sheet: <network>.md ${section}`)
      } else {
        const sheet = sheets.get(id)
        const wanted = section.startsWith('"') ? quiet(section.slice(1, -1)) : section
        if (!sheet) say(`there is no fact sheet of "${id}"`)
        else if (!sheet.has(wanted)) say(`src/platforms/${id}/facts.md has no section ${section}`)
      }
    }
    return bad
  })
