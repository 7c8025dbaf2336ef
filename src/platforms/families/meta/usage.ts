/**
 * Meta's usage headers (fact sheet facebook.md §7, instagram.md §7). All numbers are per cent of what the app may use in
 * the rolling window; `estimated_time_to_regain_access` is in minutes.
 */
import type { Answer } from '#kit/facts/failures.ts'
import type { Budget } from '#kit/facts/spec.ts'

/** The kit's `Quota`, written out: this file is pure. */
export type Usage = { bucket: string; label: string; used: number; cap: number; resetsAt: string | null }

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const parsed = (header: string | undefined): Bag => {
  try {
    return header ? bag(JSON.parse(header)) : {}
  } catch {
    return {}
  }
}
const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : 0)
/** The worst of the three counts is the one that stops us. */
const worst = (b: Bag) => Math.max(number(b.call_count), number(b.total_time), number(b.total_cputime))

/** Rows of `X-Business-Use-Case-Usage`: one a business object and use case. */
const businessRows = (headers: Record<string, string>): { type: string; used: number; regainMinutes: number }[] =>
  Object.values(parsed(headers['x-business-use-case-usage'])).flatMap((rows) =>
    (Array.isArray(rows) ? rows : []).map(bag).map((row) => ({
      type: typeof row.type === 'string' ? row.type : 'other',
      used: worst(row),
      regainMinutes: number(row.estimated_time_to_regain_access),
    })),
  )

const ofApp = { bucket: 'usage-app', label: 'Calls of the app in an hour (%)', cap: 100 } as const

/** The app's own throttle (code 4, facebook.md §7), on calls to `hosts`: only Graph's word on it counts. Each call prolongs it. */
export const callsOfApp = (hosts: RegExp): Budget => ({
  ...ofApp,
  scope: 'app',
  window: { rolling: 3_600_000 },
  takes: [{ url: hosts, units: 0 }],
  told: 'alone',
})

/** Percentages as quotas of 100: `usage-app`, `usage-page` and `usage-<use case>`. The fullest one of a kind counts. */
export const graphUsage = (answer: Pick<Answer, 'status' | 'headers'>, now: number): Usage[] => {
  const out = new Map<string, Usage>()
  const add = (bucket: string, label: string, used: number, regainMinutes: number) => {
    const old = out.get(bucket)
    if (old && old.used >= used) return
    const resetsAt = regainMinutes > 0 ? new Date(now + regainMinutes * 60_000).toISOString() : null
    out.set(bucket, { bucket, label, used: Math.min(100, used), cap: ofApp.cap, resetsAt })
  }
  for (const [header, bucket, label] of [
    ['x-app-usage', ofApp.bucket, ofApp.label],
    ['x-page-usage', 'usage-page', 'Calls on the Page (%)'],
  ] as const)
    if (answer.headers[header]) add(bucket, label, worst(parsed(answer.headers[header])), 0)
  for (const row of businessRows(answer.headers))
    add(`usage-${row.type}`, `Calls in 24 hours: ${row.type} (%)`, row.used, row.regainMinutes)
  return [...out.values()]
}

/** Calls made while throttled lengthen the block, so an answer that names no time earns a long wait (ms). */
const unnamedWaitMs = 15 * 60_000

/** Epoch ms when Graph will take calls again: the longest time a use case names. For `FailureTable.until`. */
export const graphUntil = (answer: Pick<Answer, 'status' | 'headers'>, now: number): number =>
  now + (Math.max(0, ...businessRows(answer.headers).map((r) => r.regainMinutes)) * 60_000 || unnamedWaitMs)
