/** For tests: leads the calls of other people's client libraries, which know only the real addresses, to a sandbox. */
import http from 'node:http'
import https from 'node:https'
import { startSandbox } from '../testing.ts'

type Request = typeof https.request

/** Where the sandbox (`url` as `startSandbox` gives it) has what the network has at this address. */
const inside = (url: string, host: string, path: string) => new URL(`${url}/${host.replace(/:443$/, '')}${path}`)

const viaHttp = (url: string): Request =>
  ((...args: unknown[]) => {
    const address = typeof args[0] === 'string' || args[0] instanceof URL ? new URL(args.shift() as string) : null
    const callback = args.find((a) => typeof a === 'function') as ((res: http.IncomingMessage) => void) | undefined
    const o = (args.find((a) => typeof a === 'object') ?? {}) as https.RequestOptions
    const to = inside(
      url,
      address?.host ?? String(o.hostname ?? o.host),
      address ? address.pathname + address.search : (o.path ?? '/'),
    )
    const headers = Object.entries((o.headers ?? {}) as http.OutgoingHttpHeaders).filter(([k]) => !/^host$/i.test(k))
    const { method, signal, timeout } = o
    return http.request(to, { method, signal, timeout, headers: Object.fromEntries(headers) }, callback)
  }) as Request

/** From now on every https call of this process goes to the sandbox; what it gives ends that. */
const leadTo = (url: string): (() => void) => {
  const before = { fetch: globalThis.fetch, request: https.request }
  https.request = viaHttp(url)
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const real = new URL(request.url)
    if (real.protocol !== 'https:') return before.fetch(request)
    return before.fetch(inside(url, real.host, real.pathname + real.search), {
      method: request.method,
      headers: request.headers,
      body: request.body && (await request.arrayBuffer()),
      redirect: request.redirect,
      signal: request.signal,
    })
  }
  return () => {
    https.request = before.request
    globalThis.fetch = before.fetch
  }
}

/** A sandbox to which every https call of this process goes until it is closed. */
export const startForClients: typeof startSandbox = async (imitations, o) => {
  const box = await startSandbox(imitations, o)
  const back = leadTo(box.url)
  return {
    ...box,
    close: () => {
      back()
      return box.close()
    },
  }
}

/** A person presses Allow on the consent page of a sandbox network. Gives what the app is sent back with. Throws with the page. */
export const backFrom = async (authorize: URL): Promise<URLSearchParams> => {
  const page = await fetch(authorize)
  const html = await page.text()
  const body = new URLSearchParams({ decision: 'allow' })
  const user = /name="user"[^>]*value="([^"]+)"/.exec(html)?.[1]
  if (user) body.set('user', user)
  const back = await fetch(authorize, { method: 'POST', redirect: 'manual', body })
  const query = new URL(back.headers.get('location') ?? 'about:blank').searchParams
  if (!query.has('code')) throw new Error(`${authorize.host} gave no code: ${html} ${await back.text()}`)
  return query
}

/** The same, where the code is all that is wanted. */
export const allowAt = async (authorize: URL): Promise<string> => (await backFrom(authorize)).get('code')!
