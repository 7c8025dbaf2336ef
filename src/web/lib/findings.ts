/** Preflight findings in the person's language: our words or the platform's, by kind and params; else the rule's own English. */

import { bytesApart } from '#kit/facts/measures.ts'
import type { Words } from '#kit/web/slots.ts'
import { language, maybe, type Params, type T } from '../i18n/index.ts'
import { settingName } from './finding-kinds.ts'
import { moment, numberIn } from './locale.ts'

type Finding = { kind: string; message: string; remedy: string; params: Params }

/** What makes a publication late and no more: there is no room yet. */
const waiting = new Set(['quota.planned', 'quota.spent', 'channel.slow'])
/** Does a publication with these findings go out all the same, only later? */
export const onlyWaits = (findings: readonly Pick<Finding, 'kind'>[]): boolean =>
  findings.every((f) => waiting.has(f.kind))

/**
 * Why a publication waits or is held, in the person's language; null where the message beside it tells (what the network
 * said). Our own count says the same of every network, and its message names the budget, in English.
 */
export const reasonText = (t: T, reason: string | null, platform: string): string | null => {
  if (reason === null) return null
  if (reason.endsWith('.budget-spent') && language() !== 'en') return t('post.budgetSpent', { platform })
  return maybe(t, `reason.${reason}`, { platform })
}

const sized = new Set(['image.bytes', 'video.bytes', 'document.bytes'])

/** Instants come as the API writes them. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/
/** Types of files as people call them. */
const types: Record<string, string> = {
  'video/quicktime': 'MOV',
  'video/x-matroska': 'MKV',
  'image/svg+xml': 'SVG',
}
const named = (value: string): string =>
  value.replace(
    /\b(?:image|video|application)\/(?:x-)?([a-z0-9.+-]+)/g,
    (type, name: string) => types[type] ?? name.toUpperCase(),
  )

const fill = (text: string, params: Params) =>
  text.replace(/{{(\w+)}}/g, (_, name: string) => String(params[name] ?? ''))

/** `lang` is set when the sentence is in another language than the page. */
export type FindingText = { message: string; remedy: string; lang: 'en' | undefined }
export const findingText = (t: T, finding: Finding, words: Words = {}): FindingText => {
  const lang = language()
  const number = numberIn(lang)
  const params: Params = Object.fromEntries(
    Object.entries(finding.params).map(([key, value]) => [
      key,
      typeof value === 'number' ? number(value) : instant.test(value) ? moment(value, lang) : named(value),
    ]),
  )
  // Budgets are named in the words of their platform.
  const budget = words[`quota.${String(finding.params.bucket)}`]
  if (budget !== undefined) params.quota = budget
  if (sized.has(finding.kind))
    [params.actual, params.limit] = bytesApart(Number(finding.params.actual), Number(finding.params.limit), number)
  const single = finding.kind === 'thread.length' && finding.params.limit === 1 ? '.none' : ''
  const timed = finding.kind === 'quota.spent' && finding.params.until !== undefined ? '.until' : ''
  const key = `preflight.${finding.kind}${single}${timed}`
  const say = (k: string) => {
    const own = words[k]
    return own === undefined ? maybe(t, k, params) : fill(own, params)
  }
  const [message, remedy] = [say(key), say(`${key}.fix`)]
  if (message !== null && remedy !== null) return { message: message.trimEnd(), remedy, lang: undefined }
  // A setting of the wrong kind, in the words of its schema: English there, and in another language its name at least.
  if (finding.kind.startsWith('settings.')) {
    const field = String(finding.params.field ?? '')
    const name = settingName(words, field)
    // The sentence begins with the schema's name of the field, which is for programs.
    const rest = finding.message.startsWith(`${field}: `) ? finding.message.slice(field.length + 2) : finding.message
    if (lang === 'en') return { message: name ? `${name}: ${rest}` : rest, remedy: finding.remedy, lang: undefined }
    return {
      message: maybe(t, 'preflight.settings', { field: name ?? field }) ?? finding.message,
      remedy: maybe(t, 'preflight.settings.fix') ?? finding.remedy,
      lang: undefined,
    }
  }
  return { message: finding.message, remedy: finding.remedy, lang: lang === 'en' ? undefined : 'en' }
}
