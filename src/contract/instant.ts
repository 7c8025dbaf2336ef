/**
 * Instants as clients write them: every date-time of RFC 3339, and the shapes common clients make of it. Read by hand in
 * one pass, so that what is wrong can be said.
 */
import { z } from 'zod'

const form =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,30}))?)?(?:([Zz])|([+\-\u2212 ])(\d{2}):?(\d{2}))?$/
const example = '2027-03-01T09:00:00+01:00'

/** Epoch ms, or the sentence that says what is wrong. Digits of the second beyond ms are cut off. */
export const readInstant = (text: string): { ms: number } | { wrong: string } => {
  if (text.length > 64) return { wrong: `is no instant; write it like ${example}` }
  const m = form.exec(text)
  if (!m) {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return { wrong: `is a day without a time; write it like ${example}` }
    if (/^\d{9,16}$/.test(text)) return { wrong: `is a number; write the instant like ${example}` }
    return { wrong: `is no instant; write it like ${example} (RFC 3339)` }
  }
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6] ?? '0'].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (month < 1 || month > 12 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day)
    return { wrong: `names a day that does not exist (${m[1]}-${m[2]}-${m[3]})` }
  // 24:00 is ISO 8601, not RFC 3339; a leap second (60) is, and stands for the instant after it.
  if (hour > 23 || minute > 59 || second > 60) return { wrong: `names a time of day that does not exist` }
  if (m[8] === undefined && m[9] === undefined)
    return { wrong: `has no offset, so it names no instant; end it with Z or with an offset such as +01:00` }
  const [offsetHours, offsetMinutes] = [Number(m[10] ?? 0), Number(m[11] ?? 0)]
  if (offsetHours > 23 || offsetMinutes > 59) return { wrong: 'has an offset that does not exist' }
  // A space is a plus that a form decoder took for one: "+01:00" in an unescaped query.
  const sign = m[9] === '-' || m[9] === '\u2212' ? -1 : 1
  const ms =
    date.getTime() +
    ((hour * 60 + minute) * 60 + second) * 1000 +
    Number((m[7] ?? '').padEnd(3, '0').slice(0, 3)) -
    sign * (offsetHours * 60 + offsetMinutes) * 60_000
  // What the database and ISO's four digits hold.
  if (ms < -62_135_596_800_000 || ms > 253_402_300_799_999) return { wrong: 'is outside the years 1 to 9999' }
  return { ms }
}

/** An instant a client sends, as UTC with milliseconds. */
export const sentInstant = z
  .string()
  .transform((text, ctx) => {
    const read = readInstant(text)
    if ('ms' in read) return new Date(read.ms).toISOString()
    ctx.issues.push({ code: 'custom', message: read.wrong, input: text })
    return z.NEVER
  })
  .meta({ format: 'date-time', description: 'RFC 3339, with any offset' })
