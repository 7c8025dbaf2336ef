/**
 * Sending bodies. `fetch` keeps a copy of every body it may have to send again (it tees the stream, redirected or not), so
 * memory would grow with the file. Files therefore go out through node's own client, read from disk as the network takes
 * them; everything else through `fetch`.
 */
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'

/** Addresses a host's name was judged by (`infra/guard.ts`): the call goes to one of them, whatever the name says by then. */
export type Pin = readonly { address: string; family: 4 | 6 }[]

/** A `fetch` that may be told which addresses to connect to. */
export type Send = (input: string | URL, init?: RequestInit, to?: Pin) => Promise<Response>

/**
 * A `fetch` that never follows a redirect, streams bodies that are a `Blob` and connects where it is told. Rejects like
 * `fetch`: the cause has the `code`.
 */
export const send: Send = (input, init, to) =>
  init?.body instanceof Blob || to
    ? sendItself(new URL(String(input)), init ?? {}, to)
    : fetch(input, { ...init, redirect: 'manual' })

/** An answer from a host that a person named is read up to here (bytes); a network's own are far below. */
const longestAnswer = 32 * 1024 * 1024

/** node's `lookup`, which knows only what was judged. TLS still checks the name. */
const lookupOf =
  (to: Pin): LookupFunction =>
  (_host, options, done) =>
    options.all ? (done as unknown as (e: null, a: Pin) => void)(null, to) : done(null, to[0]!.address, to[0]!.family)

const sendItself = async (url: URL, init: RequestInit, to: Pin | undefined): Promise<Response> => {
  const body = init.body instanceof Blob ? init.body : new Blob(typeof init.body === 'string' ? [init.body] : [])
  const start = url.protocol === 'https:' ? overHttps : overHttp
  const request = start(url, {
    method: init.method,
    headers: {
      ...Object.fromEntries(new Headers(init.headers)),
      ...(init.body ? { 'content-length': body.size } : {}),
    },
    signal: init.signal ?? undefined,
    // A kept connection would not be looked up again, and belongs to whoever was judged then.
    ...(to ? { agent: false, lookup: lookupOf(to) } : {}),
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    // Stays after the answer, which may come before the last byte is out: what breaks then breaks the answer's body.
    request.on('error', reject)
  })
  const sent = pipeline(Readable.fromWeb(body.stream() as WebStream), request)
  // A file that cannot be read ends the request with that error; the answer rejects with it.
  sent.catch((error: Error) => request.destroy(error))
  const res = await answer
  const parts: Buffer[] = []
  let size = 0
  for await (const part of res as AsyncIterable<Buffer>) {
    size += part.length
    if (size > longestAnswer) throw new Error(`the answer is longer than ${longestAnswer} bytes`)
    parts.push(part)
  }
  return answered(res, Buffer.concat(parts))
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
