/** The log: pino, JSON lines on stdout, or lines for people. Secrets are cut out twice: by key, and by shape in the finished line. */
import { Writable } from 'node:stream'
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

export type Log = Logger

const secretKeys = [
  'authorization',
  'cookie',
  'set-cookie',
  'password',
  'secret',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',
  'clientSecret',
  'client_secret',
  'appPassword',
  'botToken',
  'apiKey',
  'code_verifier',
  'codeVerifier',
  'sealed',
  'credentials',
  'grant',
]
const at = (key: string) => (/^[a-z_]\w*$/i.test(key) ? key : `["${key}"]`)
const paths = secretKeys.flatMap((k) =>
  ['', '*', '*.*', '*.*.*'].map((p) => (p === '' ? at(k) : at(k).startsWith('[') ? `${p}${at(k)}` : `${p}.${at(k)}`)),
)

/** Shapes of secrets wherever they stand, an error's message included. */
const shapes: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  [/\bclr_[A-Za-z0-9_-]{8,}/g, 'clr_***'],
  [
    /\b(access_token|refresh_token|client_secret|code|code_verifier|password|appsecret_proof|sig)=[^&\s"'\\]+/gi,
    '$1=***',
  ],
  [/\b(\w+:\/\/[^:@/\s"]*):[^@/\s"]+@/g, '$1:***@'],
  [/\b\d{6,}:[A-Za-z0-9_-]{30,}/g, '***'],
  [/\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g, '***'],
]

/** Cuts what looks like a secret out of a text. */
export const redactShapes = (text: string): string => shapes.reduce((t, [pattern, by]) => t.replace(pattern, by), text)

const names: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }

/**
 * What a terminal would obey, or a reader misread, as its escape: control characters (C0, DEL, C1), line separators, marks
 * that turn the reading direction. Line ends only where the text is ours to lay out (`lines`).
 */
const shown = (text: string, lines = false): string =>
  text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (c) =>
    c === '\t' || (lines && c === '\n')
      ? c
      : c === '\n'
        ? '\\n'
        : c === '\r'
          ? '\\r'
          : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** One JSON line of pino as a line for people: time, level, message, then what else it says. */
export const asText = (line: string): string => {
  try {
    const { level, time, msg, err, ...rest } = JSON.parse(line) as {
      level: number
      time: number
      msg?: string
      err?: { message?: string; stack?: string }
    }
    const more = Object.entries(rest).map(([k, v]) => shown(` ${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`))
    const error = err ? `\n  ${shown(err.stack ?? err.message ?? '', true).replaceAll('\n', '\n  ')}` : ''
    return `${new Date(time).toISOString().slice(11, 19)} ${(names[level] ?? String(level)).padEnd(5)} ${shown(msg ?? '')}${more.join('')}${error}\n`
  } catch {
    return `${shown(line.replace(/\n$/, ''))}\n`
  }
}

const textStream = (to: NodeJS.WritableStream): DestinationStream =>
  new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      to.write(asText(chunk.toString()))
      done()
    },
  })

/** The process's log. `to` for tests. Loggers of parts: `log.child({ part: 'engine' })`. */
export const createLog = (config: Pick<Config, 'logLevel' | 'logFormat'>, to?: NodeJS.WritableStream): Log =>
  pino(
    { level: config.logLevel, base: null, redact: { paths, censor: '***' }, hooks: { streamWrite: redactShapes } },
    config.logFormat === 'text' ? textStream(to ?? process.stdout) : (to ?? pino.destination({ dest: 1, sync: true })),
  )
