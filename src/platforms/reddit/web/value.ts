/** Settings as the form holds them: half-typed, so nothing in them is believed before it is looked at. */
import { type Community, community } from '../spec.ts'

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
