/**
 * Which addresses we may call for somebody else (SSRF): https only, and every address the name resolves to must be public.
 * Whoever fetches connects to the very addresses that were judged (`pinned`), so a name that changes its mind between
 * look and call gains nothing. `openPublic` downloads for people, `guardedFetch` is the same for what looks like `fetch`.
 */
import { lookup } from 'node:dns/promises'
import { type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Readable } from 'node:stream'

/** The address may not be fetched; the message is for the person who gave it. */
export class AddressRefused extends Error {
  readonly reason:
    | 'scheme'
    | 'credentials'
    | 'private'
    | 'unknown-host'
    | 'too-large'
    | 'timeout'
    | 'redirects'
    | 'failed'
  constructor(reason: AddressRefused['reason'], message: string) {
    super(message)
    this.name = 'AddressRefused'
    this.reason = reason
  }
}

/** IANA special-purpose registries (RFC 6890 and later) that are not globally reachable, plus multicast and reserved. */
const v4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
const v6: readonly [string, number][] = [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]
const closed = new BlockList()
for (const [net, bits] of v4) closed.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of v6) closed.addSubnet(net, bits, 'ipv6')

/** The 16-bit groups of an IPv6 address; the URL parser does the unpacking, dotted tails included. */
const groups = (ip: string): number[] => {
  const text = new URL(`http://[${ip.split('%')[0]}]/`).hostname.slice(1, -1)
  const [head = '', tail] = text.split('::')
  const list = (s: string | undefined) => (s ? s.split(':').map((g) => Number.parseInt(g, 16)) : [])
  const a = list(head)
  const b = list(tail)
  return tail === undefined ? a : [...a, ...Array<number>(8 - a.length - b.length).fill(0), ...b]
}
const dotted = (hi: number, lo: number) => `${hi >> 8}.${hi & 255}.${lo >> 8}.${lo & 255}`

/** Is this address one anybody on the Internet may call? IPv6 that wraps an IPv4 (mapped, compatible, NAT64, 6to4, Teredo) is judged by what it wraps. */
export const isPublicAddress = (ip: string): boolean => {
  const kind = isIP(ip)
  if (kind === 4) return !closed.check(ip, 'ipv4')
  if (kind !== 6) return false
  const g = groups(ip)
  const zero = (from: number, to: number) => g.slice(from, to).every((n) => n === 0)
  if (zero(0, 5) && (g[5] === 0xffff || g[5] === 0)) return zero(0, 7) ? false : isPublicAddress(dotted(g[6]!, g[7]!))
  if (zero(0, 4) && g[4] === 0xffff && g[5] === 0) return isPublicAddress(dotted(g[6]!, g[7]!))
  if (g[0] === 0x64 && g[1] === 0xff9b && zero(2, 6)) return isPublicAddress(dotted(g[6]!, g[7]!))
  if (g[0] === 0x2002) return isPublicAddress(dotted(g[1]!, g[2]!))
  return !closed.check(ip.split('%')[0]!, 'ipv6')
}

export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>
export type GuardOptions = {
  /** Hosts that may be private, lower case (CLARION_ALLOW_PRIVATE_HOSTS); `host` or `host:port`. They may also use plain http. */
  allowPrivate?: readonly string[]
  /** Name resolution, for tests. */
  resolve?: Resolve
}

/** An address that was judged, and the others the name had: whoever connects may take any of them, and no more. */
export type Judged = Address & { all: readonly Address[] }
type Address = { address: string; family: 4 | 6 }

/** `lookup` of node's clients that knows only what was judged. TLS still checks the name. */
export const pinned =
  (to: Judged): LookupFunction =>
  (_host, options, done) =>
    options.all
      ? (done as unknown as (e: null, a: readonly Address[]) => void)(null, to.all)
      : done(null, to.address, to.family)

const system: Resolve = (host) => lookup(host, { all: true, verbatim: true })

/**
 * Resolves and judges; gives the addresses to connect to.
 * @throws AddressRefused.
 */
export const assertPublicUrl = async (url: URL, o: GuardOptions = {}): Promise<Judged> => {
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  const allowed = o.allowPrivate?.some((h) => h === host || h === url.host.toLowerCase()) ?? false
  if (url.protocol !== 'https:' && !(allowed && url.protocol === 'http:'))
    throw new AddressRefused('scheme', 'Only https addresses are fetched.')
  if (url.username || url.password)
    throw new AddressRefused('credentials', 'An address with a user name or password is not fetched.')
  const family = isIP(host)
  const found = family
    ? [{ address: host, family }]
    : await (o.resolve ?? system)(host).catch(() => {
        throw new AddressRefused('unknown-host', `There is no host named ${host}.`)
      })
  if (found.length === 0) throw new AddressRefused('unknown-host', `There is no host named ${host}.`)
  // One private address among several is enough to refuse: the next look-up may give that one first.
  if (!allowed && !found.every((f) => isPublicAddress(f.address)))
    throw new AddressRefused('private', `${host} is a private address, which is not fetched.`)
  return judged(found)
}

const judged = (found: readonly { address: string; family: number }[]): Judged => {
  const all = found.map(({ address, family }) => ({ address, family: family === 6 ? (6 as const) : (4 as const) }))
  return { ...all[0]!, all }
}

export type FetchPublicOptions = GuardOptions & {
  /** Bytes of the body, default 10 MB. */
  maxBytes?: number
  /** ms for all of it, redirects included; default 15,000. */
  timeoutMs?: number
  /** Redirects followed, each judged anew; default 3. */
  maxRedirects?: number
  /** Default GET. */
  method?: string
  headers?: Record<string, string>
  body?: string
  signal?: AbortSignal
  /** Extra trusted certificate, for tests. */
  ca?: string
}

/** An answer, its body not read yet: read it to the end or destroy it. It fails with AddressRefused. */
export type Opened = { url: string; status: number; headers: Record<string, string>; body: Readable }

/** ms without a byte after which a stream counts as dead. */
const silentMs = 30_000

const tooMany = (max: number) => new AddressRefused('too-large', `The file is larger than ${max} bytes.`)

/** The answer's body, bounded in bytes and in silence; whatever happens to it is told as AddressRefused. */
const bounded = (res: IncomingMessage, max: number, told: (error: unknown) => AddressRefused): Readable => {
  const pieces = async function* () {
    const timer = setTimeout(() => res.destroy(new AddressRefused('timeout', 'The server stopped sending.')), silentMs)
    try {
      let size = 0
      for await (const piece of res as AsyncIterable<Buffer>) {
        timer.refresh()
        size += piece.length
        if (size > max) throw tooMany(max)
        yield piece
      }
    } catch (error) {
      throw told(error)
    } finally {
      clearTimeout(timer)
      res.destroy()
    }
  }
  const body = Readable.from(pieces(), { objectMode: false, highWaterMark: 64 * 1024 })
  // Also when nobody began to read it.
  return body.once('close', () => res.destroy())
}

const once = (
  url: URL,
  to: Judged,
  o: FetchPublicOptions,
  signal: AbortSignal,
  told: (error: unknown) => AddressRefused,
): Promise<Opened> =>
  new Promise((resolve, reject) => {
    const max = o.maxBytes ?? 10_000_000
    const req = (url.protocol === 'http:' ? plain : secure)(
      url,
      {
        method: o.method ?? 'GET',
        agent: false,
        signal,
        headers: {
          accept: '*/*',
          'accept-encoding': 'identity',
          'user-agent': 'Clarion',
          ...(o.body === undefined ? {} : { 'content-length': Buffer.byteLength(o.body) }),
          ...o.headers,
        },
        lookup: pinned(to),
        ...(o.ca && { ca: o.ca }),
      },
      (res) => {
        if (Number(res.headers['content-length']) > max) {
          req.destroy()
          return reject(tooMany(max))
        }
        const headers = Object.fromEntries(
          Object.entries(res.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : (v ?? '')]),
        )
        resolve({ url: url.href, status: res.statusCode ?? 0, headers, body: bounded(res, max, told) })
      },
    )
    // A server that accepts and says nothing.
    req.setTimeout(silentMs, () => req.destroy(new AddressRefused('timeout', `${url.host} did not answer in time.`)))
    req.on('error', reject)
    req.end(o.body)
  })

/** Addresses of our own that may be fetched wherever they resolve to: paths at our own origin that anybody may ask anyway. */
export type OwnDoors = {
  /** As `URL.origin` writes it. */
  origin: string
  /** Beginnings of paths, each ending in a slash. */
  paths: readonly string[]
  /** Added to calls that go there, and only there: who is calling. */
  headers?: Record<string, string>
}

const isOwn = (url: URL, own: OwnDoors | undefined): boolean =>
  own !== undefined &&
  url.origin === own.origin &&
  !url.username &&
  !url.password &&
  own.paths.some((p) => url.pathname.startsWith(p))

/** Longest body of a guarded answer (bytes): the largest file a network takes from an address. */
const longestAnswer = 5_000_000_000

/**
 * What stands where `fetch` would, for addresses somebody else named: judged and pinned like `openPublic`, never following
 * a redirect (`redirect: 'error'` rejects one). @throws AddressRefused
 */
export const guardedFetch =
  (o: GuardOptions & { own?: () => OwnDoors; ca?: string }) =>
  async (
    address: URL | string,
    init: {
      method?: string
      headers?: Record<string, string>
      body?: string
      redirect?: 'manual' | 'error'
      signal?: AbortSignal
    } = {},
  ): Promise<Response> => {
    if (!URL.canParse(String(address))) throw new AddressRefused('failed', 'That is no address.')
    const url = new URL(address)
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const own = o.own?.()
    const home = isOwn(url, own)
    const to = home
      ? judged(
          isIP(host)
            ? [{ address: host, family: isIP(host) }]
            : await (o.resolve ?? system)(host).catch(() => {
                throw new AddressRefused('unknown-host', `There is no host named ${host}.`)
              }),
        )
      : await assertPublicUrl(url, o)
    const told = (error: unknown): AddressRefused =>
      error instanceof AddressRefused
        ? error
        : new AddressRefused(
            init.signal?.aborted ? 'timeout' : 'failed',
            `${url.host} could not be fetched: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
          )
    const { method, body, signal = AbortSignal.timeout(15_000) } = init
    const headers = { ...init.headers, ...(home ? own?.headers : {}) }
    const got = await once(url, to, { method, headers, body, maxBytes: longestAnswer, ca: o.ca }, signal, told).catch(
      (error: unknown) => {
        throw told(error)
      },
    )
    if (init.redirect === 'error' && got.status >= 300 && got.status < 400) {
      got.body.destroy()
      throw new AddressRefused('redirects', `${url.host} redirects.`)
    }
    // `Response` knows no body for these, and no status outside 200 to 599.
    const bare = got.status === 204 || got.status === 205 || got.status === 304
    if (bare) got.body.destroy()
    return new Response(bare ? null : (Readable.toWeb(got.body) as ReadableStream<Uint8Array>), {
      status: got.status >= 200 && got.status <= 599 ? got.status : 502,
      headers: got.headers,
    })
  }

/**
 * GETs a public https address and gives its body as a stream: every hop is judged and pinned, the body is bounded. Any
 * status is an answer.
 * @throws AddressRefused, as does the body.
 */
export const openPublic = async (address: URL | string, o: FetchPublicOptions = {}): Promise<Opened> => {
  const limit = AbortSignal.timeout(o.timeoutMs ?? 15_000)
  const signal = o.signal ? AbortSignal.any([limit, o.signal]) : limit
  let url = new URL(address)
  const told = (error: unknown): AddressRefused => {
    if (error instanceof AddressRefused) return error
    if (limit.aborted) return new AddressRefused('timeout', `${url.host} did not answer in time.`)
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message
    return new AddressRefused('failed', `${url.host} could not be fetched: ${why}`)
  }
  for (let hops = 0; ; hops++) {
    const to = await assertPublicUrl(url, o)
    let got: Opened
    try {
      got = await once(url, to, o, signal, told)
    } catch (error) {
      throw told(error)
    }
    const next = got.headers.location
    if (![301, 302, 303, 307, 308].includes(got.status) || !next) return got
    got.body.destroy()
    if (hops >= (o.maxRedirects ?? 3)) throw new AddressRefused('redirects', `${url.host} redirects too often.`)
    if (!URL.canParse(next, url)) throw new AddressRefused('failed', `${url.host} redirects to nowhere.`)
    url = new URL(next, url)
  }
}
