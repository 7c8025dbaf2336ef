import { describe, expect, it } from 'vitest'
import { attentionKinds } from '#contract/attention.ts'
import { journalData } from '#contract/journal.ts'
import { reasonWords } from '#contract/outcomes.ts'
import { type ProblemCode, problems } from '#contract/problems.ts'
import { stepNames } from '#contract/steps.ts'
import { en } from './en.ts'
import { enProblems } from './en-problems.ts'
import { pl } from './pl.ts'
import { plProblems } from './pl-problems.ts'

const holes = (text: string) => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]))].sort().join()
const english = (key: string): string | undefined => {
  const table: Record<string, string> = en
  return table[key] ?? table[key.replace(/_(few|many)$/, '_other')]
}

describe('what people are told to do', () => {
  it('speaks to people, not to programs', () => {
    const told = (Object.keys(problems) as ProblemCode[]).flatMap((code): [string, string][] => [
      [`en ${code}`, enProblems[code] ?? problems[code].fix],
      [`pl ${code}`, plProblems[code].fix],
    ])
    const technical = told.filter(([, fix]) => /`|ETag|If-Match|Retry-After|Authorization|JSON|\bid\b|\/docs/.test(fix))
    expect(technical).toEqual([])
  })
})

describe('reasons of a publication', () => {
  it('have a sentence in both languages, or leave the telling to the message beside them', () => {
    const wanted = Object.entries(reasonWords).flatMap(([word, told]) =>
      told === 'sentence' ? [`reason.${word}`] : [],
    )
    for (const table of [en, pl])
      expect(
        Object.keys(table)
          .filter((key) => key.startsWith('reason.'))
          .sort(),
      ).toEqual(wanted.sort())
  })
})

describe('the Polish catalogue', () => {
  it('fills in the same things as the English one', () => {
    const wrong = Object.entries(pl).filter(([key, text]) => {
      const source = english(key)
      return source === undefined || holes(text) !== holes(source)
    })
    expect(wrong.map(([key]) => key)).toEqual([])
  })
  it('has every English key', () => {
    expect(Object.keys(en).filter((key) => !(key in pl))).toEqual([])
  })
  it('is translated: only words both languages share are the same', () => {
    const same = Object.entries(pl).filter(
      ([key, text]) => text === english(key) && /[a-z]{4}/i.test(text.replace(/\{\{\w+\}\}/g, '')),
    )
    expect(same.map(([key]) => key).sort()).toEqual(['post.title'])
  })
})

describe('the words of the server', () => {
  it.each([
    ['en', en],
    ['pl', pl],
  ])('have a sentence in %s for every event of the journal, and none for another', (_, catalogue) => {
    const told = Object.keys(catalogue).filter((key) => /^journal\.[^.]+$/.test(key))
    expect(told.map((key) => key.slice('journal.'.length)).sort()).toEqual(Object.keys(journalData).sort())
  })
  it.each([
    ['en', en],
    ['pl', pl],
  ])(
    'have a name in %s for every kind of what needs a person, and for every remedy that has a place',
    (_, catalogue) => {
      const named = (start: string) =>
        Object.keys(catalogue).flatMap((k) => (k.startsWith(start) ? [k.slice(start.length)] : []))
      expect(named('attention.kind.').sort()).toEqual(Object.keys(attentionKinds).sort())
      const remedies = new Set<string>(Object.values(attentionKinds).map((k) => k.remedy))
      remedies.delete('free-space')
      expect(named('attention.do.').sort()).toEqual([...remedies].sort())
    },
  )
  it.each([
    ['en', en],
    ['pl', pl],
  ])('have a name in %s for every step', (_, catalogue) => {
    const named = Object.keys(catalogue).filter((key) => /^step\.[^.]+$/.test(key))
    expect(named.map((key) => key.slice('step.'.length)).sort()).toEqual([...stepNames].sort())
  })
})
