import type { Say } from '#kit/web/slots.ts'

/** Words of a platform with their holes filled. */
export const sayOf =
  (words: Readonly<Record<string, string>>): Say =>
  (key, params = {}) =>
    (words[key] ?? key).replace(/{{(\w+)}}/g, (_, name: string) => String(params[name] ?? ''))
