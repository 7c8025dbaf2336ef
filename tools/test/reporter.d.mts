import type { RingResult } from './rings.mjs'

type Entity = { fullName: string; errors: () => unknown[] }
type Case = { fullName: string; result: () => { state: string; errors?: unknown[] } }
/** The part of vitest's TestModule that is read. */
export type ModuleLike = {
  moduleId: string
  state: () => string
  errors: () => unknown[]
  children: { allTests: () => Iterable<Case>; allSuites: () => Iterable<Entity> }
}
export const told: (error: unknown) => string
export const sumUp: (
  modules: readonly ModuleLike[],
  unhandled: readonly unknown[],
  reason: string,
  root: string,
) => RingResult
