/** A LocalPost as v4 judges it: unknown members first, then what is missing, too long, or not allowed together (fact sheet §3, §8, §10). */
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { invalidPost, malformed } from './door.ts'
import * as n from './numbers.ts'
import type { Fields } from './state.ts'

/** Codes other than 2 and 1000 are not documented; the words are. */
const code = { missing: 2, tooLong: 9, invalid: 3, tooMany: 7, dependent: 11, unsupported: 13, range: 14, readOnly: 16 }
type Problem = { code: number; field: string; message: string }

const outputs = ['name', 'state', 'createTime', 'updateTime', 'searchUrl', 'recurringInstanceTime']
const known: Record<string, readonly string[]> = {
  '': ['languageCode', 'summary', 'callToAction', 'scheduledTime', 'event', 'media', 'topicType', 'alertType', 'offer'],
  call_to_action: ['actionType', 'url'],
  event: ['title', 'schedule', 'recurrenceInfo'],
  'event.schedule': ['startDate', 'startTime', 'endDate', 'endTime'],
  'event.recurrence_info': ['seriesEndTime', 'dailyPattern', 'weeklyPattern', 'monthlyPattern'],
  offer: ['couponCode', 'redeemOnlineUrl', 'termsConditions'],
}

/** An object with none but the known members; undefined when it is not there. */
const objectAt = (parent: JsonObject, member: string, path: string): JsonObject | undefined => {
  const value = parent[member]
  if (value === undefined) return undefined
  if (!isObject(value)) return malformed(path, `Invalid value at '${path}'`)
  const odd = Object.keys(value).find((k) => !known[path]!.includes(k))
  if (odd !== undefined) malformed(path, `Unknown name "${odd}" at '${path}': Cannot find field.`)
  return value
}

const stringAt = (parent: JsonObject, member: string, path: string): string | undefined => {
  const value = parent[member]
  if (value !== undefined && typeof value !== 'string') malformed(path, `Invalid value at '${path}' (TYPE_STRING)`)
  return value as string | undefined
}

const isWeb = (url: string) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)

const whole = (o: unknown, members: readonly string[]): Record<string, number> | null => {
  if (!isObject(o)) return null
  if (Object.entries(o).some(([k, v]) => !members.includes(k) || !Number.isInteger(v))) return null
  return Object.fromEntries(members.map((m) => [m, (o[m] as number | undefined) ?? 0]))
}

/** Start and end as comparable numbers, or what is wrong with them. */
const scheduleProblems = (schedule: JsonObject | undefined): Problem[] => {
  const field = 'event.schedule'
  const missing = known[field]!.find((m) => !schedule || schedule[m] === undefined)
  if (missing) return [{ code: code.missing, field: `${field}.${missing}`, message: 'Event schedule is required.' }]
  const at = (which: 'start' | 'end'): number | null => {
    const d = whole(schedule![`${which}Date`], ['year', 'month', 'day'])
    const t = whole(schedule![`${which}Time`], ['hours', 'minutes', 'seconds', 'nanos'])
    if (!d || !t || t.hours! > 23 || t.minutes! > 59) return null
    const utc = Date.UTC(d.year!, d.month! - 1, d.day!, t.hours, t.minutes)
    return new Date(utc).getUTCDate() === d.day && new Date(utc).getUTCMonth() === d.month! - 1 ? utc : null
  }
  const [start, end] = [at('start'), at('end')]
  if (start === null || end === null)
    return [{ code: code.invalid, field, message: 'INVALID_VALUE: not a day and time.' }]
  return start < end ? [] : [{ code: code.range, field, message: 'INVERTED_RANGE: the end is before the start.' }]
}

const recurrenceProblems = (r: JsonObject | undefined): Problem[] => {
  if (!r) return []
  const field = 'event.recurrence_info'
  const patterns = ['dailyPattern', 'weeklyPattern', 'monthlyPattern'].filter((p) => r[p] !== undefined)
  if (patterns.length !== 1) return [{ code: code.missing, field, message: 'MISSING_VALUE: one pattern is required.' }]
  const wrong = { code: code.invalid, field: `${field}.${patterns[0]}`, message: 'INVALID_VALUE' }
  const pattern = r[patterns[0]!]
  if (!isObject(pattern)) return [wrong]
  if (r.seriesEndTime !== undefined && Number.isNaN(Date.parse(String(r.seriesEndTime)))) return [wrong]
  if (patterns[0] === 'dailyPattern') return Object.keys(pattern).length === 0 ? [] : [wrong]
  if (patterns[0] === 'weeklyPattern') {
    const days = pattern.daysOfWeek
    return Array.isArray(days) && days.length > 0 && days.every((d) => n.days.includes(String(d))) ? [] : [wrong]
  }
  const day = pattern.dayOfMonth
  const good =
    (Number.isInteger(day) && (day as number) >= 1 && (day as number) <= 31) ||
    n.occurrences.includes(String(pattern.dayOfWeekOccurrence))
  return good ? [] : [wrong]
}

const actionProblems = (cta: JsonObject | undefined, topic: string): Problem[] => {
  if (!cta) return []
  const type = stringAt(cta, 'actionType', 'call_to_action.action_type')
  const url = stringAt(cta, 'url', 'call_to_action.url')
  const at = (c: number, member: string, message: string) => [{ code: c, field: `call_to_action.${member}`, message }]
  if (!type) return at(code.missing, 'action_type', 'MISSING_VALUE')
  if (!n.actions.includes(type)) return at(code.unsupported, 'action_type', `UNSUPPORTED_VALUE: ${type}`)
  if (topic === 'OFFER') return at(code.dependent, 'action_type', 'FIELD_HAS_DEPENDENCIES: not with an offer.')
  if (type === 'CALL') return url ? at(code.dependent, 'url', 'The url must not be set for a CALL action.') : []
  if (!url) return at(code.missing, 'url', 'MISSING_DEPENDENT_FIELD: url')
  return isWeb(url) ? [] : at(code.invalid, 'url', 'INVALID_VALUE: not a URL.')
}

const summaryProblems = (summary: string | undefined): Problem[] => {
  if (!summary?.trim()) return [{ code: code.missing, field: 'summary', message: 'Summary is required.' }]
  if (summary.length > n.summaryMax)
    return [{ code: code.tooLong, field: 'summary', message: `Must be at most ${n.summaryMax} characters` }]
  return []
}

/** What a body says, or a refusal. `media` is judged by the one who fetches it. */
export const readFields = (body: JsonObject, now: number): Fields => {
  const odd = Object.keys(body).find((k) => !known['']!.includes(k) && !outputs.includes(k))
  if (odd !== undefined) malformed('local_post', `Unknown name "${odd}": Cannot find field.`)
  const output = Object.keys(body).find((k) => outputs.includes(k))
  const topic = stringAt(body, 'topicType', 'topic_type')
  const summary = stringAt(body, 'summary', 'summary')
  const scheduledTime = stringAt(body, 'scheduledTime', 'scheduled_time')
  const cta = objectAt(body, 'callToAction', 'call_to_action')
  const event = objectAt(body, 'event', 'event')
  const offer = objectAt(body, 'offer', 'offer')
  const title = event && stringAt(event, 'title', 'event.title')
  const schedule = event && objectAt(event, 'schedule', 'event.schedule')
  const recurrence = event && objectAt(event, 'recurrenceInfo', 'event.recurrence_info')
  for (const member of known.offer!) if (offer) stringAt(offer, member, `offer.${member}`)

  const out: Problem[] = []
  if (output) out.push({ code: code.readOnly, field: output, message: 'READ_ONLY' })
  if (!topic)
    out.push({ code: code.missing, field: 'topic_type', message: 'Topic type is required for post creation.' })
  else if (!n.topics.includes(topic))
    out.push({ code: code.unsupported, field: 'topic_type', message: `UNSUPPORTED_VALUE: ${topic}` })
  out.push(...summaryProblems(summary))
  out.push(...actionProblems(cta, topic ?? ''))
  if (topic === 'EVENT' || topic === 'OFFER') {
    if (!title?.trim()) out.push({ code: code.missing, field: 'event.title', message: 'Event title is required.' })
    else if (title.length > n.titleMax)
      out.push({ code: code.tooLong, field: 'event.title', message: `Must be at most ${n.titleMax} characters` })
    out.push(...scheduleProblems(schedule), ...recurrenceProblems(recurrence))
  } else if (event) out.push({ code: code.dependent, field: 'event', message: 'FIELD_HAS_DEPENDENCIES: topic_type' })
  if (offer && topic !== 'OFFER')
    out.push({ code: code.dependent, field: 'offer', message: 'FIELD_HAS_DEPENDENCIES: topic_type' })
  if (offer?.redeemOnlineUrl !== undefined && !isWeb(String(offer.redeemOnlineUrl)))
    out.push({ code: code.invalid, field: 'offer.redeem_online_url', message: 'INVALID_VALUE: not a URL.' })
  if (scheduledTime && !(Date.parse(scheduledTime) > now))
    out.push({ code: code.range, field: 'scheduled_time', message: 'EXPIRED_VALUE' })
  if (out.length > 0) invalidPost(out)
  return {
    summary: summary!,
    topicType: topic!,
    ...(body.languageCode === undefined ? {} : { languageCode: stringAt(body, 'languageCode', 'language_code')! }),
    ...(cta ? { callToAction: cta as Fields['callToAction'] } : {}),
    ...(event ? { event: { ...event, title: title! } } : {}),
    ...(offer ? { offer: offer as Record<string, string> } : {}),
    ...(scheduledTime ? { scheduledTime } : {}),
  }
}
