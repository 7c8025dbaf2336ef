/** Settings as a form holds them: half-typed, so nothing in them is believed before it is looked at. */
export type Value = Record<string, unknown>

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** The value with these members; those undefined are taken out, so that nothing empty is stored. */
export const withSet = (value: Value, change: Value): Value =>
  Object.fromEntries(Object.entries({ ...value, ...change }).filter(([, v]) => v !== undefined))
