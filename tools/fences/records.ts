/** Decision records: each has a number of its own, and whoever cites one by its number names one that is there. */
import type { SourceFile } from './rules.ts'

export type BadRecord = { path: string; line: number; why: string }

const recordOf = (path: string) => /^docs\/decisions\/((\d{4})-[a-z0-9-]+\.md)$/.exec(path)
/** `(decision 0012)`, `decisions/0012-name.md`, or `[0012](...)` and `(0012)` in our own pages. */
const citation = /\bdecisions? (\d{4})\b|\bdecisions\/(\d{4}-[a-z0-9-]+\.md)|[[(](00\d{2})[\])]/g

export const badRecords = (files: readonly SourceFile[]): BadRecord[] => {
  const byNumber = new Map<string, string[]>()
  for (const { path } of files) {
    const [, name, number] = recordOf(path) ?? []
    if (name && number) byNumber.set(number, [...(byNumber.get(number) ?? []), name])
  }
  return files.flatMap(({ path, lines }) => {
    const out: BadRecord[] = []
    const [, name, number] = recordOf(path) ?? []
    if (name && number) {
      const twin = byNumber.get(number)!.find((other) => other < name)
      if (twin) out.push({ path, line: 1, why: `${twin} has this number; take the next free one` })
      if (!lines[0]?.startsWith(`# ${number} `)) out.push({ path, line: 1, why: `its title begins with ${number}` })
    }
    for (const [i, line] of lines.entries())
      for (const [, spoken, file, bare] of line.matchAll(citation)) {
        const wanted = file ?? spoken ?? (path.endsWith('.md') ? bare : undefined)
        const there = file ? byNumber.get(file.slice(0, 4))?.includes(file) : byNumber.has(wanted ?? '')
        if (wanted && !there) out.push({ path, line: i + 1, why: `there is no decision ${wanted}` })
      }
    return out
  })
}
