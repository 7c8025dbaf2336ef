/** How this person writes numbers and times: the browser's own variant of the language of the page. */

/** `en` of somebody who reads en-GB is en-GB; `languages` are what the person reads, the favourite first. */
export const localeOf = (language: string, languages: readonly string[] = navigator.languages): string =>
  languages.find((l) => l.startsWith(language)) ?? (language === 'en' ? 'en-GB' : language)

/** An instant (ISO 8601 UTC) in a sentence that knows no workspace: in this browser's zone, which it names. */
export const moment = (iso: string, language: string): string =>
  new Date(iso).toLocaleString(localeOf(language), {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })

/** A number in a sentence, with the decimal mark of the language and nothing between thousands (`1920 x 1080`). */
export const numberIn =
  (language: string) =>
  (n: number): string =>
    n.toLocaleString(localeOf(language), { useGrouping: false, maximumFractionDigits: 9 })
