/**
 * The one HTTP client every platform uses. It maps hosts of the sandbox realm, times out, redacts, classifies, and
 * never retries: only the engine waits and retries. Every failure leaves as a `PlatformFailure`.
 */
import type { z } from 'zod'
import { asClarion } from '#contract/sandbox-client.ts'
import { type Answer, classify, type Failure, type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'
import { createSend, multipartBody, type Pin, type Send, SendFailed } from './send.ts'

export type Realm = 'live' | 'sandbox'

/** What a call takes from a budget of the spec. */
export type Charge = { bucket: string; units: number }

/** A quota that a network says is used up: whose, and until when (epoch ms). */
export type Refusal = { scope: 'app' | 'channel'; until: number }

export type HttpRequest<T = unknown> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The network's real URL (`https://api.x.com/2/tweets`); the realm decides where it goes. */
  url: string
  query?: Record<string, string | number | boolean | undefined | readonly string[]>
  headers?: Record<string, string>
  /** At most one body. `form` is urlencoded, `bytes` goes as it is. Files (a Blob, also in `multipart`) are streamed, never read whole. */
  json?: unknown
  form?: Record<string, string | undefined>
  multipart?: FormData
  bytes?: Blob | Uint8Array<ArrayBuffer>
  /** Default 30,000 ms; uploads say more. */
  timeoutMs?: number
  /** Parses the body of a success; a body it refuses is `unknown-outcome` (the network may have acted). */
  expect?: z.ZodType<T>
  /** Statuses outside 2xx that are answers, not failures (308 of a resumable upload). */
  accept?: readonly number[]
  /** What the call takes from budgets of the spec; refused with `too-fast` before it leaves when one of them is spent. */
  charge?: Charge | readonly Charge[]
}

export type Reply<T> = { status: number; headers: Record<string, string>; body: T; text: string }

export type Http = <T = unknown>(request: HttpRequest<T>) => Promise<Reply<T>>

export type HttpOptions = {
  realm: Realm
  /** Base of the sandbox (`http://127.0.0.1:4000/sandbox`), needed for the sandbox realm. */
  sandboxUrl?: string
  failures: FailureTable
  /** Strings that must never appear in an error: tokens, passwords, client secrets. */
  secrets?: readonly string[]
  /**
   * Throws when a URL may not be called (private address, plain http), and gives the addresses it was judged by. Called
   * for the live realm only.
   */
  allow?: (url: URL) => Promise<Pin | undefined>
  /**
   * Hosts of the network itself, as our code names them. Any other host is one that a person or an answer named: calls
   * to it go to the very addresses that were judged.
   */
  hosts?: readonly string[]
  /** Runs right before the request leaves; throws to stop it (the lease check of the engine). */
  beforeSend?: () => Promise<void> | void
  /** Takes `charge` from its budget, or raises `too-fast`. Absent: budgets are not kept. */
  spend?: (charge: Charge) => Promise<void>
  /** Gives it back: the request provably never left. */
  refund?: (charge: Charge) => Promise<void>
  /** Told of every answer, for usage headers. Must not throw. */
  seen?: (answer: { status: number; headers: Record<string, string> }, charges: readonly Charge[]) => void
  /** Told that a network says a quota is used up, with what its call took. Must not throw. */
  refused?: (refusal: Refusal, charges: readonly Charge[]) => void
  /** Told of charges whose call has no answer, and may have arrived. Must not throw. */
  lost?: (charges: readonly Charge[]) => void
  /** Writes made twice harm nobody, as the network dedupes them or nothing shows: they may share a kept connection (`send.ts`). Default no. */
  repeats?: boolean
  /** What a call takes from budgets beside its own `charge`, by its method and address. */
  takes?: (method: HttpRequest['method'], url: URL) => readonly Charge[]
  fetch?: Send
  now: () => number
  signal?: AbortSignal
  userAgent?: string
}

/**
 * Where a real URL goes in the sandbox realm: `SANDBOX_URL/<host>/<path>`. An address an imitation handed out (an upload
 * session) points into the sandbox already and stays as it is.
 */
export const sandboxed = (url: URL, sandboxUrl: string): URL => {
  const base = sandboxUrl.replace(/\/$/, '')
  return url.href.startsWith(`${base}/`) ? url : new URL(`${base}/${url.host}${url.pathname}${url.search}`)
}

/** Hides secrets in a text, also as they look inside a URL. */
export const redact = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter((s) => s.length > 3)
    .flatMap((s) => [s, encodeURIComponent(s)])
    .reduce((t, s) => t.replaceAll(s, '***'), text)

const handedOut = /token|jwt|secret|url|uri|code|sig|assertion|key|proof/i
/**
 * Hides what an answer hands out and nobody knows as a secret yet: tokens, upload addresses, codes. By the names of its
 * JSON members or form fields; for texts that are kept although they could not be read.
 */
const hideGrants = (text: string): string =>
  /^\s*[{[]/.test(text)
    ? text.replace(/("(?:[^"\\]|\\.)*")(\s*:\s*)"(?:[^"\\]|\\.)*"/g, (all, key: string, colon: string) =>
        handedOut.test(key) ? `${key}${colon}"***"` : all,
      )
    : text.replace(/([^=&\s]+)=([^&\s]*)/g, (all, key: string) => (handedOut.test(key) ? `${key}=***` : all))

/** An integer too big for a JS number stays the text it was: ids of several networks are 64 bits wide. */
const exact = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context!.source
    : value

/** Fewer digits are exact. Most answers have no such number, and are read without asking about each value. */
const long = /\d{16}/

/** Parses JSON whatever the content type says; text stays text. */
const parse = (text: string): unknown => {
  if (!text) return undefined
  try {
    return long.test(text) ? JSON.parse(text, exact) : JSON.parse(text)
  } catch {
    return text
  }
}

const encode = (r: HttpRequest): { body?: BodyInit; type?: string } => {
  if (r.json !== undefined) return { body: JSON.stringify(r.json), type: 'application/json' }
  if (r.form) {
    const form = new URLSearchParams()
    for (const [k, v] of Object.entries(r.form)) if (v !== undefined) form.set(k, v)
    return { body: form.toString(), type: 'application/x-www-form-urlencoded' }
  }
  if (r.multipart) {
    const body = multipartBody(r.multipart)
    return { body, type: body.type }
  }
  if (r.bytes !== undefined) return { body: r.bytes }
  return {}
}

/** Makes the client of one channel. */
export const createHttp = (o: HttpOptions): Http => {
  const secrets = o.secrets ?? []
  const through = o.fetch ?? createSend()
  const fail = (failure: Failure): never => {
    throw new PlatformFailure({
      ...failure,
      message: redact(failure.message, secrets),
      raw: failure.raw && redact(failure.raw, secrets),
    })
  }

  return async <T>(r: HttpRequest<T>): Promise<Reply<T>> => {
    const real = new URL(r.url)
    for (const [k, v] of Object.entries(r.query ?? {})) {
      if (Array.isArray(v)) for (const one of v) real.searchParams.append(k, one)
      else if (v !== undefined) real.searchParams.set(k, String(v))
    }
    if (o.realm === 'sandbox' && !o.sandboxUrl) throw new Error('the sandbox realm needs a sandbox URL')
    const url = o.realm === 'sandbox' ? sandboxed(real, o.sandboxUrl!) : real
    // Runs from here: looking at the address is part of the time a request may take.
    const limit = timeLimit(r.timeoutMs ?? 30_000, o.signal)
    let answer: Answer
    const charges = chargesFor(o, r, real)
    try {
      const judged = o.realm === 'live' ? await o.allow?.(real) : undefined
      const to = o.hosts?.includes(real.host) ? undefined : judged
      const { body, type } = encode(r)
      const headers: Record<string, string> = {
        accept: 'application/json',
        'user-agent': o.userAgent ?? 'Clarion/0.1',
        ...(type ? { 'content-type': type } : {}),
        ...r.headers,
        ...(o.realm === 'sandbox' ? asClarion() : {}),
      }
      await spendAll(o, charges)
      try {
        await o.beforeSend?.()
      } catch (error) {
        for (const charge of charges) await o.refund?.(charge)
        throw error
      }
      const init = {
        method: r.method,
        headers,
        body,
        signal: limit.signal,
        redirect: 'manual',
        keep: o.repeats,
      } as const
      try {
        const res = await through(url, init, to)
        const text = await res.text()
        answer = { status: res.status, headers: Object.fromEntries(res.headers), text, body: parse(text) }
      } catch (error) {
        const failure = unanswered(error, real.host, limit.passed())
        if (failure.kind === 'try-later') for (const charge of charges) await o.refund?.(charge)
        else o.lost?.(charges)
        return fail(failure)
      }
    } finally {
      limit.over()
    }
    o.seen?.({ status: answer.status, headers: answer.headers }, charges)
    const good = (answer.status >= 200 && answer.status < 300) || r.accept?.includes(answer.status)
    if (!good || o.failures.isError?.(answer)) {
      // Before anything is cut to length: half a token is a token too.
      const text = redact(answer.text, secrets)
      const seen = text === answer.text ? answer : { ...answer, text, body: parse(text) }
      const failure = classify(o.failures, seen, o.now())
      if (failure.spends && failure.until)
        o.refused?.({ scope: failure.spends, until: Date.parse(failure.until) }, charges)
      return fail(failure)
    }
    if (!r.expect) return { status: answer.status, headers: answer.headers, body: answer.body as T, text: answer.text }
    const parsed = r.expect.safeParse(answer.body)
    if (!parsed.success)
      return fail({
        kind: 'unknown-outcome',
        code: `${o.failures.platform}.unreadable`,
        message: `The network said ${answer.status} but in a form Clarion does not know.`,
        status: answer.status,
        // Before it is cut to length: half a token is a token too.
        raw: hideGrants(redact(answer.text, secrets)).slice(0, 2000),
      })
    return { status: answer.status, headers: answer.headers, body: parsed.data, text: answer.text }
  }
}

/** Objects of this call alone, by which it gives back what it took. */
const chargesFor = (o: Pick<HttpOptions, 'takes'>, r: HttpRequest, real: URL): readonly Charge[] => {
  const own = r.charge === undefined ? [] : 'bucket' in r.charge ? [r.charge] : r.charge
  return [...own, ...(o.takes?.(r.method, real) ?? [])].map((charge) => ({ ...charge }))
}

/** Ends a call after `ms`, or with `outer`. (`AbortSignal.any` and `timeout` cost several times as much, and stay until they are collected.) */
const timeLimit = (ms: number, outer: AbortSignal | undefined) => {
  const ends = new AbortController()
  let passed = false
  const timer = setTimeout(() => {
    passed = true
    ends.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'))
  }, ms)
  timer.unref()
  const abort = () => ends.abort(outer!.reason)
  if (outer?.aborted) abort()
  else outer?.addEventListener('abort', abort, { once: true })
  return {
    signal: ends.signal,
    passed: () => passed,
    over: () => {
      clearTimeout(timer)
      outer?.removeEventListener('abort', abort)
    },
  }
}

/** Takes all charges or none: where one budget is spent the others get theirs back. */
const spendAll = async (o: Pick<HttpOptions, 'spend' | 'refund'>, charges: readonly Charge[]): Promise<void> => {
  for (const [i, charge] of charges.entries())
    try {
      await o.spend?.(charge)
    } catch (error) {
      for (const taken of charges.slice(0, i)) await o.refund?.(taken)
      throw error
    }
}

/** A request without an answer: did it leave us? What is not known to have stayed may have left. */
const unanswered = (error: unknown, host: string, timedOut: boolean): Failure => {
  if (error instanceof PlatformFailure) return error.failure
  if (error instanceof SendFailed && !error.left) {
    const { code } = (error.cause ?? {}) as { code?: unknown }
    const why = typeof code === 'string' ? code : timedOut ? 'ETIMEDOUT' : 'no connection'
    return {
      kind: 'try-later',
      code: 'http.unreachable',
      message: `${host} could not be reached (${why}). Nothing was sent.`,
    }
  }
  if (timedOut)
    return {
      kind: 'unknown-outcome',
      code: 'http.timeout',
      message: `${host} did not answer in time. It may have acted all the same.`,
    }
  return {
    kind: 'unknown-outcome',
    code: 'http.no-answer',
    message: `The connection to ${host} broke before an answer came. It may have acted all the same.`,
  }
}
