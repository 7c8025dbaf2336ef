/** Reading bodies: JSON in well-formed UTF-8 and nothing else. What PostgreSQL or a network could not carry is refused at the door. */
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'
import { jsonLimit } from './problems.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
/** Only an escape can smuggle NUL or half a surrogate pair through a fatal UTF-8 decoder. */
const suspicious = /\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/i

const badText = (s: string) => s.includes('\u0000') || !s.isWellFormed()

/** Is every string in the value (keys too) free of NUL and lone surrogates? */
export const cleanText = (value: unknown): boolean => {
  if (typeof value === 'string') return !badText(value)
  if (Array.isArray(value)) return value.every(cleanText)
  if (value && typeof value === 'object') return Object.entries(value).every(([k, v]) => !badText(k) && cleanText(v))
  return true
}

/** Bytes -> text; raises Problem `bad-encoding`. */
export const decodeText = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('bad-encoding', 'The body is not valid UTF-8.')
  }
}

/** Takes JSON only. An empty body is no body: routes that need one say so. */
export const acceptJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  // Refuses `__proto__` and `constructor.prototype` keys.
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: jsonLimit }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined)
    let text: string
    try {
      text = decodeText(body as Buffer)
    } catch (error) {
      return done(error as Problem)
    }
    parse(request, text, (error, value) => {
      if (error) return done(new Problem('bad-json', error.message))
      if (suspicious.test(text) && !cleanText(value))
        return done(new Problem('bad-encoding', 'A text has a NUL character or a lone surrogate.'))
      done(null, value)
    })
  })
}
