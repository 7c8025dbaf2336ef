/** Names of steps for people: `upload:0` is "Upload picture 1", `create` is "Publish"; no number where there is but one. */
import { readStepKey } from '#contract/steps.ts'
import { maybe, type T } from '../i18n/index.ts'

export const stepName = (t: T, key: string, all: readonly string[]): string => {
  const step = readStepKey(key)
  if (!step) return key
  const { name, index } = step
  const alone = all.filter((k) => readStepKey(k)?.name === name).length < 2
  const numbered = index === null || alone ? null : maybe(t, `step.${name}.n`, { n: index + 1 })
  return numbered ?? t(`step.${name}`)
}
