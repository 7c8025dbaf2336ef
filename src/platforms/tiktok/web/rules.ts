/** How one choice of the settings form changes others (fact sheet §3.7). Pure. */
import { settings } from '../spec.ts'

export type Value = Record<string, unknown>

/** What the form shows: stored values where they are well-formed, the schema's defaults elsewhere. */
export const shown = (value: Value) => {
  const whole = settings.safeParse(value)
  if (whole.success) return whole.data
  const shape = settings.shape as Record<string, { safeParse: (v: unknown) => { success: boolean } }>
  const good = Object.entries(value).filter(([key, v]) => shape[key]?.safeParse(v).success)
  return settings.parse(Object.fromEntries(good))
}

/**
 * The value after a change. Turning the disclosure off unticks both brands; the terms differ with branded content, so
 * that agreeing to one text is never taken for agreeing to the other.
 */
export const changed = (value: Value, change: Value): Value => {
  const next: Value = { ...value, ...change }
  if (change.disclose === false) {
    next.yourBrand = false
    next.brandedContent = false
  }
  if ((next.brandedContent === true) !== (value.brandedContent === true)) next.musicConsent = false
  return Object.fromEntries(Object.entries(next).filter(([, v]) => v !== undefined))
}

/** The sentence under the disclosure: which label the post gets. `photo`: photos are called so. */
export const labelKey = (s: { yourBrand: boolean; brandedContent: boolean }, photo: boolean): string | null => {
  const what = photo ? 'photo' : 'video'
  if (s.brandedContent) return `label.paid.${what}`
  return s.yourBrand ? `label.promotional.${what}` : null
}
