/** The keys of the catalogues, typed from the English one. */
import type { en } from './en.ts'

type Entry = keyof typeof en
/** Keys with plural forms, without the ending: `channels.count_other` -> `channels.count`. */
export type PluralKey = Entry extends infer K ? (K extends `${infer B}_other` ? B : never) : never
export type PlainKey = Exclude<Entry, `${PluralKey}_${'one' | 'other'}`>
export type Key = PlainKey | PluralKey
/** A Polish catalogue: every key, and for plurals all four forms of the language. */
export type Catalogue = Record<PlainKey | `${PluralKey}_${'one' | 'few' | 'many' | 'other'}`, string>
