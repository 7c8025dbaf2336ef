/**
 * Does any text make an imitation slow? Every call Clarion makes of it is first made with hostile text in the place of
 * each value: of the query, the path, a form, JSON, JSON inside a form, the parts of a multipart body. Whatever such a
 * call changed is put back.
 */
import type { Imitation, SandboxRequest, SandboxRoute, World } from '#kit/sandbox/imitation.ts'
import { readMultipart } from '#kit/sandbox/multipart.ts'

/** UTF-16 units. What stands in an address is shorter: Node takes 16 kB of head. */
const long = { body: 20_000, head: 12_000 }
/** Of this thread's own work, so that a busy machine changes nothing. Generous, best of three: a linear reader takes a few ms, a quadratic one 300 ms and more. */
const limitMs = 100
const workedMs = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

const pieces = '|.|)|/|-|#|_|<|[|&|=|1|a.|a-|@a.|1.|中.|[a](|http://a.co |👨‍👩‍👧|{"a":'.split('|').filter(Boolean)
const texts: readonly string[] = [
  ...[...pieces, ' ', '\n'].map((piece) => ['', piece]),
  ...['.', '/', '(('].map((piece) => ['http://a.co/', piece]),
].map(([lead, piece]) => `${lead}${piece!.repeat(long.body / piece!.length)}a`)

type Put = (text: string) => SandboxRequest

/** The places of texts and numbers in a JSON value, as paths. */
const leaves = (value: unknown): string[][] =>
  value !== null && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner).map((path) => [key, ...path]))
    : typeof value === 'string' || typeof value === 'number'
      ? [[]]
      : []
const withLeaf = (json: string, path: readonly string[], text: string): string => {
  const whole = JSON.parse(json) as Record<string, unknown>
  let at = whole
  for (const key of path.slice(0, -1)) at = at[key] as typeof at
  at[path.at(-1)!] = text
  return JSON.stringify(whole)
}
const inJson = (json: string, put: (json: string) => SandboxRequest): [string, Put][] => {
  let paths: string[][]
  try {
    paths = leaves(JSON.parse(json)).filter((path) => path.length > 0)
  } catch {
    return []
  }
  return paths.map((path) => [
    path.map((key) => (/^\d+$/.test(key) ? '#' : key)).join('.'),
    (text) => put(withLeaf(json, path, text)),
  ])
}

/** The values of a call: what each is called and the call with another text in its place. */
const valuesOf = (req: SandboxRequest): [string, Put][] => {
  const type = req.headers['content-type'] ?? ''
  const withBody = (body: string, contentType = type): SandboxRequest => ({
    ...req,
    headers: { ...req.headers, 'content-type': contentType },
    body: Buffer.from(body),
  })
  const inHead: [string, Put][] = [
    ...[...req.query.keys()].map((key): [string, Put] => [
      `?${key}`,
      (text) => {
        const query = new URLSearchParams(req.query)
        query.set(key, text.slice(0, long.head))
        return { ...req, query }
      },
    ]),
    ...Object.keys(req.params).map((key): [string, Put] => [
      `:${key}`,
      (text) => ({ ...req, params: { ...req.params, [key]: text.slice(0, long.head) } }),
    ]),
  ]
  if (type.startsWith('application/json')) return [...inHead, ...inJson(req.body.toString(), withBody)]
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(req.body.toString())
    return [
      ...inHead,
      ...[...form].flatMap(([key, value]): [string, Put][] => {
        const put = (text: string) => {
          const other = new URLSearchParams(form)
          other.set(key, text)
          return withBody(other.toString())
        }
        return [[key, put], ...inJson(value, put).map(([at, p]): [string, Put] => [`${key} ${at}`, p])]
      }),
    ]
  }
  const parts = readMultipart(type, req.body) ?? []
  return [
    ...inHead,
    ...parts.map((part, i): [string, Put] => [
      `part ${part.name}`,
      (text) =>
        withBody(
          `${parts
            .map((p, k) => {
              const filename = p.filename === undefined ? '' : `; filename="${k === i ? text : p.filename}"`
              const value = k === i && p.filename === undefined ? text : p.bytes.toString()
              return `--cut\r\ncontent-disposition: form-data; name="${p.name}"${filename}\r\ncontent-type: ${p.mime}\r\n\r\n${value}\r\n`
            })
            .join('')}--cut--\r\n`,
          'multipart/form-data; boundary=cut',
        ),
    ]),
  ]
}

/** An imitation that is attacked by the way, what was slow (`POST host/path value: 812 ms`), and how many values were tried. */
export const slowCalls = (imitation: Imitation) => {
  const slow: string[] = []
  const tried = new Set<string>()
  const msOf = async (world: World<object>, route: SandboxRoute, req: SandboxRequest): Promise<number> => {
    let best = Number.POSITIVE_INFINITY
    for (let n = 0; n < 3 && best > limitMs; n++) {
      const before = structuredClone(world.state)
      const begun = workedMs()
      try {
        const { status } = await route.handle({ ...req, notice: () => {} })
        if (status < 300) for (const post of imitation.posts(world).slice(-1)) imitation.render(post, world)
      } catch (error) {
        // A refusal is what is expected; how it looks is asked elsewhere.
        if (error instanceof TypeError || error instanceof RangeError)
          slow.push(`${req.method} ${req.host}${route.path} broke: ${error.stack}`)
      }
      best = Math.min(best, workedMs() - begun)
      for (const key of Object.keys(world.state)) delete (world.state as Record<string, unknown>)[key]
      Object.assign(world.state, before)
    }
    return best
  }
  const attack = async (world: World<object>, route: SandboxRoute, req: SandboxRequest) => {
    for (const [what, put] of valuesOf(req)) {
      const name = `${req.method} ${route.host}${route.path} ${what}`
      if (tried.has(name)) continue
      tried.add(name)
      for (const text of texts) {
        const ms = await msOf(world, route, put(text))
        if (ms > limitMs) slow.push(`${name}, "${text.slice(0, 20)}": ${Math.round(ms)} ms`)
      }
    }
  }
  const attacked: Imitation = {
    ...imitation,
    routes: (world) =>
      imitation.routes(world).map((route) => ({
        ...route,
        handle: async (req) => {
          await attack(world as World<object>, route, req)
          return route.handle(req)
        },
      })),
  }
  return { imitation: attacked, slow, tried }
}
