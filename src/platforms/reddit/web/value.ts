/** Settings as the form holds them: half-typed, so nothing in them is believed before it is looked at. */
import { type Community, community } from '../spec.ts'

export type Value = Record<string, unknown>

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The value with these members; those undefined are taken out, so that nothing empty is stored. */
export const withSet = (value: Value, change: Value): Value =>
  Object.fromEntries(Object.entries({ ...value, ...change }).filter(([, v]) => v !== undefined))

export const communityOf = (value: unknown): Community | undefined => {
  const parsed = community.safeParse(value)
  return parsed.success ? parsed.data : undefined
}

export type Poll = { options: string[]; days: number }
export const pollOf = (value: unknown): Poll | undefined => {
  if (value === null || typeof value !== 'object') return undefined
  const { options, days } = value as { options?: unknown; days?: unknown }
  return {
    options: Array.isArray(options) ? options.map(String) : [],
    days: typeof days === 'number' ? days : 3,
  }
}

export type Slide = { caption?: string; link?: string }
export const slidesOf = (value: unknown): Slide[] => (Array.isArray(value) ? (value as Slide[]) : [])
