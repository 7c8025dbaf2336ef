/**
 * Sending, over node's own client. `fetch` costs 2.5 times the CPU a call, keeps a copy of every body it may have to send
 * again (it tees the stream, redirected or not), so that memory would grow with the file, and hides whether a connection
 * was ever made. Files go out as the network takes them, read from disk.
 */
import { randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http'
import { request as overHttps, Agent as TlsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** Addresses a host's name was judged by (`infra/guard.ts`): the call goes to one of them, whatever the name says by then. */
export type Pin = readonly { address: string; family: 4 | 6 }[]

/** A `fetch` that may be told which addresses to connect to. */
export type Send = (input: string | URL, init?: RequestInit, to?: Pin) => Promise<Response>

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

/**
 * Makes the `fetch` of a house: it never follows a redirect, streams bodies that are a `Blob` and connects where it is told.
 * Raises `SendFailed`.
 *
 * Reads share kept connections. A write has one of its own, since a server may close a kept one in the very moment we
 * write: then a healthy post would be an unknown outcome. (`fetch` sends a write with `connection: close` down an idle
 * connection all the same.) TLS sessions are resumed, so a new connection to a host we know costs little.
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
      const url = new URL(String(input))
      const by = agents[url.protocol as keyof typeof agents]
      if (!by) throw new TypeError(`${url.protocol} is no protocol to call a network by`)
      const body = bodyOf(init.body)
      const read = (init.method ?? 'GET') === 'GET' && body === undefined
      init.signal?.throwIfAborted()
      const options: RequestOptions = {
        method: init.method,
        headers: {
          'accept-encoding': 'gzip',
          ...Object.fromEntries(new Headers(init.headers)),
          ...(body === undefined ? {} : { 'content-length': lengthOf(body) }),
        },
        // Whoever was judged then: a kept connection would not be looked up again.
        ...(to ? { agent: false, lookup: lookupOf(to) } : { agent: read ? by.kept : by.own }),
      }
      const request = by.start(url, options)
      const abort = () => request.destroy(init.signal?.reason as Error)
      init.signal?.addEventListener('abort', abort, { once: true })
      const late = setTimeout(() => {
        if (!left) request.destroy(Object.assign(new Error(`no connection in ${connectMs} ms`), { code: 'ETIMEDOUT' }))
      }, connectMs)
      request.once('socket', (socket) => {
        left = request.reusedSocket || !socket.connecting
        if (left) return
        socket.once(by.connected, () => {
          left = true
          clearTimeout(late)
        })
      })
      try {
        const answer = new Promise<IncomingMessage>((resolve, reject) => {
          request.once('response', resolve)
          // Stays after the answer, which may come before the last byte is out: what breaks then breaks the answer's body.
          request.on('error', reject)
        })
        if (body instanceof Blob)
          // A file that cannot be read ends the request with that error; the answer rejects with it.
          pipeline(Readable.fromWeb(body.stream() as WebStream), request).catch((e: Error) => request.destroy(e))
        else request.end(body)
        return await whole(await answer)
      } finally {
        clearTimeout(late)
        init.signal?.removeEventListener('abort', abort)
      }
    } catch (error) {
      throw new SendFailed(left, error)
    }
  }
}

/** The answer with its last byte. Raises when it breaks off, or is longer than any network's. */
const whole = async (res: IncomingMessage): Promise<Response> => {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of res as AsyncIterable<Buffer>) {
    size += part.length
    if (size > longestAnswer) throw new Error(`the answer is longer than ${longestAnswer} bytes`)
    parts.push(part)
  }
  const bytes = Buffer.concat(parts)
  const packed = bytes.byteLength > 0 && res.headers['content-encoding']?.toLowerCase() === 'gzip'
  return answered(res, packed ? await unzip(bytes, { maxOutputLength: longestAnswer }) : bytes)
}

/** `Response` knows no status such as LinkedIn's 999, and no body for 204. */
const answered = (res: IncomingMessage, bytes: Buffer<ArrayBuffer>): Response => {
  const status = res.statusCode ?? 0
  const headers = new Headers()
  for (const [name, values] of Object.entries(res.headersDistinct))
    for (const v of values ?? []) headers.append(name, v)
  const known = status >= 200 && status <= 599
  const response = new Response(bytes.byteLength > 0 ? bytes : null, { status: known ? status : 500, headers })
  return known ? response : Object.defineProperty(response, 'status', { value: status })
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
