/**
 * Sending, over node's own client. `fetch` costs 2.5 times the CPU a call, keeps a copy of every body it may have to send
 * again (it tees the stream, redirected or not), so that memory would grow with the file, and hides whether a connection
 * was ever made. Files go out as the network takes them, read from disk.
 */
import { randomBytes } from 'node:crypto'
import { Agent, type ClientRequest, type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http'
import { request as overHttps, Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** Addresses a host's name was judged by (`infra/guard.ts`): the call goes to one of them, whatever the name says by then. */
export type Pin = readonly { address: string; family: 4 | 6 }[]

/** `keep`: a write that may be repeated, so that it may share a kept connection; see `createSend`. */
export type SendInit = Pick<RequestInit, 'method' | 'body' | 'redirect'> & {
  headers?: Record<string, string>
  signal?: AbortSignal
  keep?: boolean
}
/** What callers read of an answer: of a `Response` as much as networks need, without its streams. Names of headers are in small letters. */
export type Answered = {
  readonly status: number
  readonly headers: Iterable<[string, string]> & { get: (name: string) => string | null | undefined }
  text: () => string | Promise<string>
}

/** A `fetch` that may be told which addresses to connect to. */
export type Send = (input: string | URL, init?: SendInit, to?: Pin) => Promise<Answered>

/**
 * A call without a whole answer. `left` false: no connection was made (a name that is not known, a refusal, TLS that could
 * not be agreed on, nobody there within `connectMs`), and nothing is written before there is one; so the network cannot
 * have acted. The cause is what node said and has its `code`.
 */
export class SendFailed extends Error {
  readonly left: boolean
  constructor(left: boolean, cause: unknown) {
    super(`no answer came: ${(cause as Error | undefined)?.message ?? cause}`, { cause })
    this.left = left
  }
}

/** A connection, TLS included, is made within this time (ms) or not at all. */
const defaultConnectMs = 10_000
/** An unused connection is kept this long (ms), less where the server's `keep-alive: timeout` says so: then a second below it. */
const keptMs = 4_000
/** An answer is read up to here (bytes), unpacked; a network's own are far below. */
const longestAnswer = 32 * 1024 * 1024

const unzip = promisify(gunzip)

/** node's `lookup`, which knows only what was judged. TLS still checks the name. */
const lookupOf =
  (to: Pin): LookupFunction =>
  (_host, options, done) =>
    options.all ? (done as unknown as (e: null, a: Pin) => void)(null, to) : done(null, to[0]!.address, to[0]!.family)

type Body = string | Uint8Array | Blob | undefined
const bodyOf = (body: RequestInit['body']): Body => {
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof Blob) return body
  throw new TypeError('a body is a text, bytes or a file')
}
const lengthOf = (body: Exclude<Body, undefined>): number =>
  typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Blob ? body.size : body.byteLength

/** Names in small letters, values without spaces around them. */
const headersOf = (given: Record<string, string> | undefined, body: Body): Record<string, string | number> => {
  const headers: Record<string, string | number> = { 'accept-encoding': 'gzip' }
  for (const name in given) headers[name.toLowerCase()] = given[name]!.trim()
  if (body !== undefined) headers['content-length'] = lengthOf(body)
  return headers
}

/**
 * Makes the `fetch` of a house: it never follows a redirect, streams bodies that are a `Blob` and connects where it is told.
 * Raises `SendFailed`.
 *
 * Reads share kept connections, and so do writes that harm nobody when they are made twice (`keep`). Any other write has one
 * of its own, since a server may close a kept one in the very moment we write: then a healthy post would be an unknown
 * outcome. (`fetch` sends a write with `connection: close` down an idle connection all the same.) TLS sessions are
 * resumed, so a new connection to a host we know costs little.
 */
export const createSend = (o: { connectMs?: number } = {}): Send => {
  const connectMs = o.connectMs ?? defaultConnectMs
  const kept = { keepAlive: true, timeout: keptMs }
  const agents = {
    'http:': { start: overHttp, kept: new Agent(kept), own: new Agent(), connected: 'connect' },
    'https:': { start: overHttps, kept: new TlsAgent(kept), own: new TlsAgent(), connected: 'secureConnect' },
  } as const

  return async (input, init = {}, to) => {
    let left = false
    try {
      const url = typeof input === 'string' ? new URL(input) : input
      const by = agents[url.protocol as keyof typeof agents]
      if (!by) throw new TypeError(`${url.protocol} is no protocol to call a network by`)
      const body = bodyOf(init.body)
      const { signal, method = 'GET' } = init
      const shares = init.keep === true || (method === 'GET' && body === undefined)
      signal?.throwIfAborted()
      const options: RequestOptions = {
        method,
        headers: headersOf(init.headers, body),
        // Whoever was judged then: a kept connection would not be looked up again.
        ...(to ? { agent: false, lookup: lookupOf(to) } : { agent: shares ? by.kept : by.own }),
      }
      const request = by.start(url, options)
      const abort = () => request.destroy(signal!.reason as Error)
      signal?.addEventListener('abort', abort, { once: true })
      let late: NodeJS.Timeout | undefined
      request.once('socket', (socket) => {
        left = request.reusedSocket || !socket.connecting
        if (left) return
        late = setTimeout(() => {
          if (!left)
            request.destroy(Object.assign(new Error(`no connection in ${connectMs} ms`), { code: 'ETIMEDOUT' }))
        }, connectMs)
        socket.once(by.connected, () => {
          left = true
          clearTimeout(late)
        })
      })
      try {
        const answer = whole(request)
        if (body instanceof Blob)
          // A file that cannot be read ends the request with that error; the answer rejects with it.
          pipeline(Readable.fromWeb(body.stream() as WebStream), request).catch((e: Error) => request.destroy(e))
        else request.end(body)
        return await answer
      } finally {
        clearTimeout(late)
        signal?.removeEventListener('abort', abort)
      }
    } catch (error) {
      throw new SendFailed(left, error)
    }
  }
}

/** The answer with its last byte. Rejects when it breaks off, or is longer than any network's. */
const whole = (request: ClientRequest): Promise<Answered> =>
  new Promise((resolve, reject) => {
    request.once('response', (res) => {
      const parts: Buffer[] = []
      let size = 0
      res.on('data', (part: Buffer) => {
        size += part.length
        if (size <= longestAnswer) parts.push(part)
        else res.destroy(new Error(`the answer is longer than ${longestAnswer} bytes`))
      })
      res.once('end', () => resolve(answered(res, parts)))
      res.on('error', reject)
      // After the end, or after an error, this says nothing new.
      res.once('close', () => reject(new Error('the answer broke off')))
    })
    // Stays after the answer, which may come before the last byte is out: what breaks then breaks the answer's body.
    request.on('error', reject)
  })

const answered = async (res: IncomingMessage, parts: readonly Buffer[]): Promise<Answered> => {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  const packed = bytes.byteLength > 0 && res.headers['content-encoding']?.toLowerCase() === 'gzip'
  const plain = packed ? await unzip(bytes, { maxOutputLength: longestAnswer }) : bytes
  const headers = new Map<string, string>()
  // As node joins what came twice. Of cookies, which no network's API works by, the last is kept.
  for (const name in res.headers) {
    const value = res.headers[name]!
    headers.set(name, typeof value === 'string' ? value : value.at(-1)!)
  }
  // As `Response` reads it: a mark of the byte order is no part of the text.
  const text = plain.toString('utf8')
  return { status: res.statusCode ?? 0, headers, text: () => (text.startsWith('\ufeff') ? text.slice(1) : text) }
}

const quoted = (name: string) => name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')

/**
 * A form as one body of known length (RFC 7578), in which files stay on disk until they are sent. Texts are sent as they
 * are: `fetch` would make every line end of a caption two characters.
 */
export const multipartBody = (form: FormData): Blob => {
  const boundary = `clarion-${randomBytes(16).toString('hex')}`
  const parts: BlobPart[] = []
  form.forEach((value, name) => {
    const start = `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(name)}"`
    if (typeof value === 'string') parts.push(`${start}\r\n\r\n${value}\r\n`)
    else {
      const type = value.type || 'application/octet-stream'
      parts.push(`${start}; filename="${quoted(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`, value, '\r\n')
    }
  })
  return new Blob([...parts, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` })
}
