/** Reading bodies: JSON in well-formed UTF-8 and nothing else. What PostgreSQL or a network could not carry is refused at the door. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Problem } from '#contract/problems.ts'

/** Largest JSON body (bytes). A post of 100 long segments fits; a 10 MB text does not. */
export const jsonLimit = 1_000_000

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

/** How deep a body may nest: our own schemas need about ten levels, and whatever walks a value may recurse. */
export const depthLimit = 64

/** Does JSON text nest deeper than that? One pass, without parsing. */
export const tooDeep = (text: string, limit = depthLimit): boolean => {
  let depth = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (quoted) {
      if (c === 0x5c) i++
      else if (c === 0x22) quoted = false
    } else if (c === 0x22) quoted = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true
    } else if (c === 0x7d || c === 0x5d) depth--
  }
  return false
}

/** What is left of a body is read and dropped, up to this (bytes, ms): an answer reaches only who has finished sending. */
const drainBytes = 16_000_000
const drainMs = 5_000

/** Reads what the sender still sends of a body nobody wants. Resolves when it is over, or too much, or too slow. */
export const drained = (raw: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    if (raw.complete || raw.readableEnded || raw.destroyed) return resolve()
    let left = drainBytes
    const over = () => {
      clearTimeout(timer)
      raw.off('data', count).off('end', over).off('close', over).off('error', over)
      resolve()
    }
    const count = (chunk: Buffer) => {
      left -= chunk.length
      if (left < 0) over()
    }
    const timer = setTimeout(over, drainMs)
    raw.on('data', count).on('end', over).on('close', over).on('error', over)
    raw.resume()
  })

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
    if (tooDeep(text)) return done(new Problem('bad-json', `The body nests deeper than ${depthLimit} levels.`))
    parse(request, text, (error, value) => {
      if (error) return done(new Problem('bad-json', error.message))
      if (suspicious.test(text) && !cleanText(value))
        return done(new Problem('bad-encoding', 'A text has a NUL character or a lone surrogate.'))
      done(null, value)
    })
  })
}
