/** Words of the UI, in two languages. Keys are typed from the English catalogue; plurals follow each language's own rules. */
import i18next from 'i18next'
import { useCallback } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'
import { type ProblemCode, problems } from '#contract/problems.ts'
import { ApiProblem, Offline } from '../api/client.ts'
import { moment } from '../lib/locale.ts'
import { en } from './en.ts'
import { enProblems } from './en-problems.ts'
import type { Key } from './keys.ts'
import { pl } from './pl.ts'
import { plProblems } from './pl-problems.ts'

export type Language = 'en' | 'pl'
export const languages: Record<Language, string> = { en: 'English', pl: 'Polski' }

export type { Key } from './keys.ts'

const storageKey = 'clarion.language'
const known = (value: string | null | undefined): Language | undefined =>
  value === 'en' || value === 'pl' ? value : undefined
const guess = (): Language => known(navigator.language.slice(0, 2)) ?? 'en'

void i18next.use(initReactI18next).init({
  lng: known(localStorage.getItem(storageKey)) ?? guess(),
  fallbackLng: 'en',
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  resources: { en: { translation: en }, pl: { translation: pl } },
})
const mark = (language: string) => {
  document.documentElement.lang = language
}
mark(i18next.language)
i18next.on('languageChanged', mark)

export const language = (): Language => known(i18next.language) ?? 'en'
/** The person's own choice, kept in this browser. */
export const setLanguage = (to: Language): void => {
  localStorage.setItem(storageKey, to)
  void i18next.changeLanguage(to)
}
/** The workspace's language, used until the person chooses one. */
export const suggestLanguage = (to: Language): void => {
  if (!localStorage.getItem(storageKey)) void i18next.changeLanguage(to)
}

export type Params = Record<string, string | number>
export type T = (key: Key, params?: Params) => string

/** The translator. `count` in the params chooses the plural form. */
export const useT = (): T => {
  const { t } = useTranslation()
  return useCallback((key, params) => t(key, params ?? {}), [t])
}

/** A sentence that may not be in the catalogue (a network's own rule, a newer server's event): null then. */
export const maybe = (t: T, key: string, params: Params = {}): string | null =>
  i18next.exists(key) ? t(key as Key, params) : null

/** The server's sentence without a program's marks: times as people write them (the browser's zone, named), no backticks. */
const plainly = (sentence: string): string =>
  sentence
    .replaceAll('`', '')
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, (at) =>
      Number.isNaN(Date.parse(at)) ? at : moment(at, i18next.language),
    )

export type Told = { title: string; detail?: string; fix?: string }

/** An error as title, detail and what to do, in the person's language. */
export const tell = (t: T, error: unknown): Told => {
  if (error instanceof Offline) return { title: t('error.offline'), fix: t('error.offline.fix') }
  if (!(error instanceof ApiProblem))
    return { title: t('error.unexpected'), detail: error instanceof Error ? error.message : String(error) }
  const code = error.code
  const detail = error.body.detail === error.body.title ? undefined : error.body.detail && plainly(error.body.detail)
  const words = language() === 'pl' ? plProblems[code] : code in problems ? problems[code as ProblemCode] : undefined
  const fix = language() === 'en' ? (enProblems[code] ?? words?.fix) : words?.fix
  return { title: words?.title ?? error.body.title, detail, fix: fix ?? plainly(error.body.fix) }
}
