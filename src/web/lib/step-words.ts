/** Names of steps for people: `upload:0` is "Upload picture 1", `create` is "Publish"; no number where there is but one. */
import { maybe, type T } from '../i18n/index.ts'

export const stepName = (t: T, key: string, all: readonly string[]): string => {
  const [name = key, index] = key.split(':')
  const n = index === undefined ? 1 : Number(index) + 1
  const alone = all.filter((k) => k.split(':')[0] === name).length < 2
  return (
    (index === undefined || alone ? null : maybe(t, `step.${name}.n`, { n })) ?? maybe(t, `step.${name}`, { n }) ?? key
  )
}
