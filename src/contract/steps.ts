/** Steps of publishing: their names, and the keys a plan gives them. The only place that takes a key apart. */

/** `create` is the one from which on a publication cannot be cancelled. */
export const stepNames = ['prepare', 'upload', 'process', 'create', 'comment', 'finish'] as const
export type StepName = (typeof stepNames)[number]

/** `create`, or `upload:2` for a step that runs once per file or segment, numbered from 0. The column `steps.name` is its first half. */
export type StepKey = StepName | `${StepName}:${number}`

export const stepKey = (name: StepName, index?: number): StepKey => (index === undefined ? name : `${name}:${index}`)

/** The two halves of a key; null for what is none (a row of a newer version). */
export const readStepKey = (key: string): { name: StepName; index: number | null } | null => {
  const [, found, index] = /^([a-z]+)(?::(\d{1,6}))?$/.exec(key) ?? []
  const name = stepNames.find((n) => n === found)
  return name ? { name, index: index === undefined ? null : Number(index) } : null
}

/** Steps that leave something public on the network: after a lost answer of one, a person may have to look. */
export const publicSteps = ['create', 'comment'] as const satisfies readonly StepName[]
export const isPublic = (name: StepName | undefined): boolean => publicSteps.some((n) => n === name)
