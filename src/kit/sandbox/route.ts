/** Routes of an imitation: how they are written down and how a request finds its one. */
import type { SandboxRequest, SandboxResponse, SandboxRoute } from './imitation.ts'

type Handle = (req: SandboxRequest) => Promise<SandboxResponse> | SandboxResponse

/** One route in one line: `route('create', 'POST api.x.com/2/tweets', handle, { writes: true })`. Methods may be joined by `|`. */
export const route = (name: string, where: string, handle: Handle, o: { writes?: boolean } = {}): SandboxRoute => {
  const parts = /^(\S+) ([^/\s]+)(\/\S*)$/.exec(where)
  if (!parts) throw new Error(`a route is "METHOD host/path", not "${where}"`)
  return { name, method: parts[1]!, host: parts[2]!, path: parts[3]!, handle, ...(o.writes ? { writes: true } : {}) }
}

type Compiled = { route: SandboxRoute; methods: readonly string[]; pattern: RegExp }

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `/2/tweets/:id` takes one segment, `/bot:token/x` a part of one, a `*` at the end the rest (as `params['*']`). */
const patternOf = (path: string): RegExp => {
  const rest = path.endsWith('*')
  const body = (rest ? path.slice(0, -1) : path)
    .split(/(:[a-z]\w*)/i)
    .map((part) => (part.startsWith(':') ? `(?<${part.slice(1)}>[^/]+)` : escapeRegExp(part)))
    .join('')
  return new RegExp(`^${body}${rest ? '(?<rest>.*)' : ''}$`, 'i')
}

export type Match = { route: SandboxRoute; params: Record<string, string> }

/**
 * A table that finds the route of a request: first match wins. `near` lists up to eight `METHOD host/path` of the same
 * host, best first, for the answer to a request that has none.
 */
export const routeTable = (routes: readonly SandboxRoute[]) => {
  const byHost = new Map<string, Compiled[]>()
  for (const r of routes) {
    const list = byHost.get(r.host) ?? []
    list.push({ route: r, methods: r.method.split('|'), pattern: patternOf(r.path) })
    byHost.set(r.host, list)
  }
  return {
    hosts: [...byHost.keys()],
    match: (host: string, method: string, path: string): Match | undefined => {
      for (const c of byHost.get(host) ?? []) {
        if (!c.methods.includes(method)) continue
        const found = c.pattern.exec(path)
        if (!found) continue
        const params: Record<string, string> = {}
        for (const [k, v] of Object.entries(found.groups ?? {})) params[k === 'rest' ? '*' : k] = safeDecode(v)
        return { route: c.route, params }
      }
      return undefined
    },
    near: (host: string, path: string): string[] =>
      (byHost.get(host) ?? [])
        .map((c) => ({
          text: `${c.route.method} ${c.route.host}${c.route.path}`,
          common: commonPrefix(c.route.path, path),
        }))
        .sort((a, b) => b.common - a.common)
        .slice(0, 8)
        .map((x) => x.text),
  }
}

const safeDecode = (text: string) => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const commonPrefix = (a: string, b: string) => {
  let n = 0
  while (n < a.length && a[n] === b[n]) n++
  return n
}
