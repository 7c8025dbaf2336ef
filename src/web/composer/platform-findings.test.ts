/**
 * Every finding has its sentence and its remedy in Polish too. What can be found is read from the sources that say it:
 * the first word of `add(...)`, the kinds of the tables, and the rules of the planner.
 */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { faces } from '#platforms/registry/web.gen.ts'
import { pl } from '../i18n/pl.ts'

const root = `${import.meta.dirname}/../..`
const source = (path: string): string => (existsSync(`${root}/${path}`) ? readFileSync(`${root}/${path}`, 'utf8') : '')

/** Kinds said in a source; a hole in one (`community.${what}-short`) stands for anything. */
const kindsIn = (text: string, prefix = ''): string[] => {
  const called = text.matchAll(/\b(?:add|put)\(\s*(['`])([^'`]+)\1/g)
  const listed = text.matchAll(/\bkind: (['`])([a-z][\w-]*\.[^'`\s]+)\1/g)
  const paired = text.matchAll(/\[\s*(')([a-z]+\.[\w-]+)',\s*'\w+ /g)
  return [...new Set([...called, ...listed, ...paired].map((m) => m[2]!))].map((kind) =>
    kind.startsWith(prefix) ? kind : prefix + kind,
  )
}

const ours: Readonly<Record<string, string>> = pl
const missing = (kinds: readonly string[], words: Readonly<Record<string, string>>): string[] =>
  kinds.filter((kind) => {
    const pattern = new RegExp(`^preflight\\.${kind.replace(/[.]/g, '\\.').replace(/\$\{[^}]*\}/g, '[\\w-]+')}$`)
    const keys = [...Object.keys(words), ...Object.keys(ours)].filter((key) => pattern.test(key))
    // What the schema of the settings says has one sentence for all.
    return (
      !kind.startsWith('settings.${') &&
      (keys.length === 0 || keys.some((key) => !words[`${key}.fix`] && !ours[`${key}.fix`]))
    )
  })

test.each([
  ['the rules for all networks', ['kit/facts/preflight.ts', 'kit/facts/preflight-media.ts'], 30],
  ['the rules of the planner', ['planner/posts/rules.ts', 'planner/posts/preflight.ts'], 11],
])('%s speak Polish', (_, files, least) => {
  const kinds = files.flatMap((f) => kindsIn(source(f)))
  expect(kinds.length).toBeGreaterThanOrEqual(least)
  expect(missing(kinds, {})).toEqual([])
})

describe.each(faces.map((face) => [face.spec.id, face] as const))('%s', (id, face) => {
  test('has a Polish sentence for each of its findings', async () => {
    const kinds = [
      ...kindsIn(source(`platforms/${id}/preflight.ts`)),
      ...kindsIn(source(`platforms/${id}/community-rules.ts`), 'community.'),
    ]
    expect(kinds.length).toBeGreaterThan(1)
    expect(missing(kinds, (await face.load()).words.pl)).toEqual([])
  })
})
