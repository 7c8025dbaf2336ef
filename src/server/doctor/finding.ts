/** What a look at one part of an installation gives. */

/** Worst last. `note`: works, and somebody may want to know; `broken`: something does not work, or something may be lost. */
export const severities = ['ok', 'note', 'warning', 'broken'] as const
export type Severity = (typeof severities)[number]

/** `says`: one sentence, never with a secret. `fix`: what a person does about it, for all but `ok`. */
export type Finding = { is: 'ok'; says: string } | { is: Exclude<Severity, 'ok'>; says: string; fix: string }

export const ok = (says: string): Finding => ({ is: 'ok', says })
export const note = (says: string, fix: string): Finding => ({ is: 'note', says, fix })
export const warning = (says: string, fix: string): Finding => ({ is: 'warning', says, fix })
export const broken = (says: string, fix: string): Finding => ({ is: 'broken', says, fix })

/** 1 day -> "1 day", 3 days -> "3 days". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`
