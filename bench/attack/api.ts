/** The API as a stranger, a weak key or a careless client uses it: who may what, and what a slip does (A5, A9, A11). */
import { type Case, group, only, type Stand } from './stand.ts'

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const post = (s: Stand, text: string) => ({
  content: { segments: [{ text }] },
  publications: [{ channelId: s.channels[0]!.id }],
})
/** A draft, or a post that goes out in an hour. */
const written = async (s: Stand, planned: boolean): Promise<{ id: string; etag: string }> => {
  const made = await s.ask(`${s.ws}/posts`, { body: post(s, `attack ${crypto.randomUUID()}`) })
  const id = made.json.id as string
  if (!planned) return { id, etag: made.headers.get('etag') ?? '' }
  const at = await s.ask(`${s.ws}/posts/${id}/schedule`, { body: { at: inAnHour() } })
  if (at.status >= 300) throw new Error(`scheduling answered ${at.status}: ${at.text.slice(0, 300)}`)
  return { id, etag: at.headers.get('etag') ?? '' }
}

const authorization = group('A5', {
  'a key that may write changes nothing that goes out': async (s) => {
    const key = await s.key(['read', 'write'])
    const { id, etag } = await written(s, true)
    const at = `${s.ws}/posts/${id}`
    const as = { key }
    const headers = { 'if-match': etag }
    const body = post(s, 'changed by a weak key')
    const told = {
      put: (await s.ask(at, { method: 'PUT', as, headers, body })).status,
      schedule: (await s.ask(`${at}/schedule`, { as, headers, body: { now: true } })).status,
      unschedule: (await s.ask(`${at}/unschedule`, { method: 'POST', as, headers })).status,
      delete: (await s.ask(at, { method: 'DELETE', as, headers })).status,
    }
    const now = await s.ask(at)
    await s.ask(`${at}/unschedule`, { method: 'POST' })
    if (!now.text.includes('attack ')) return 'the text was changed'
    return only(told, 403)
  },
  'a key that may read writes nothing, and no key comes to another workspace': async (s) => {
    const as = { key: await s.key(['read']) }
    const elsewhere = '/api/v1/workspaces/00000000-0000-4000-8000-000000000000'
    return (
      only({ posts: (await s.ask(`${s.ws}/posts`, { as, body: post(s, 'x') })).status }, 403) ??
      only({ elsewhere: (await s.ask(`${elsewhere}/posts`, { as })).status }, 404)
    )
  },
  'admin makes no owners, and no key with more than it has': async (s) => {
    const as = { key: await s.key(['read', 'admin']) }
    const email = () => `${crypto.randomUUID()}@example.test`
    const add = (role: string) =>
      s.ask(`${s.ws}/members`, { as, body: { email: email(), role, password: 'long enough 1' } })
    return only(
      {
        owner: (await add('owner')).status,
        admin: (await add('admin')).status,
        key: (await s.ask(`${s.ws}/api-keys`, { as, body: { name: 'k', scopes: ['publish'] } })).status,
      },
      403,
    )
  },
  'an admin makes no owner, a viewer writes nothing': async (s) => {
    const [admin, viewer] = [await s.person('admin'), await s.person('viewer')]
    const body = { email: `${crypto.randomUUID()}@example.test`, role: 'owner', password: 'long enough 1' }
    return only(
      {
        owner: (await s.ask(`${s.ws}/members`, { as: admin, body })).status,
        post: (await s.ask(`${s.ws}/posts`, { as: viewer, body: post(s, 'x') })).status,
        keys: (await s.ask(`${s.ws}/api-keys`, { as: viewer })).status,
      },
      403,
    )
  },
  'keys and event streams die with the membership': async (s) => {
    const admin = await s.person('admin')
    const made = await s.ask(`${s.ws}/api-keys`, { as: admin, body: { name: 'hers', scopes: ['read'] } })
    const key = made.json.key as string
    const before = await s.ask(`${s.ws}/posts`, { as: { key } })
    const stream = await fetch(`${s.url}${s.ws}/events`, {
      headers: { cookie: admin.cookie, accept: 'text/event-stream' },
    })
    const ended = (async () => {
      for await (const _ of stream.body ?? []);
      return true
    })().catch(() => true)
    await s.ask(`${s.ws}/members/${admin.userId}`, { method: 'DELETE' })
    const late = new Promise<boolean>((r) => setTimeout(() => r(false), 3_000))
    const over = await Promise.race([ended, late])
    if (before.status !== 200 || stream.status !== 200) return `set up: ${before.status}, ${stream.status}`
    return (
      only({ key: (await s.ask(`${s.ws}/posts`, { as: { key } })).status }, 401) ??
      (over ? null : 'the stream lives on')
    )
  },
  'everything of a workspace is closed to strangers': async (s) => {
    const { paths } = (await s.ask('/openapi.json', { as: 'nobody' })).json as {
      paths: Record<string, Record<string, unknown>>
    }
    const told: Record<string, number> = {}
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods)) {
        if (!path.includes('/workspaces/{ws}')) continue
        const at = path.replace('/api/v1/workspaces/{ws}', s.ws).replace(/\{[^}]+\}/g, crypto.randomUUID())
        const r = await s.ask(at, { method: method.toUpperCase(), as: 'nobody' })
        // The limit on refused requests stands in front after a while.
        if (r.status !== 429) told[`${method} ${path}`] = r.status
      }
    if (Object.keys(told).length < 30) return `only ${Object.keys(told).length} addresses were asked before the limit`
    return only(told, 401)
  },
})

const smaller = group('A9', {
  'links of other schemes are not taken': async (s) => {
    const { id } = await written(s, false)
    const found = (await s.ask(`${s.ws}/posts/${id}`)).json as { publications: { id: string }[] }
    const at = `${s.ws}/publications/${found.publications[0]!.id}/resolve`
    const told: Record<string, number> = {}
    for (const permalink of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd'])
      told[permalink] = (await s.ask(at, { body: { there: true, permalink } })).status
    return only(told, 400, 422)
  },
  'another scheme is another origin, for setting up too': async (s) => {
    const other = s.url.replace('http:', 'https:')
    const told: Record<string, number> = {}
    for (const origin of [other, 'https://evil.example', 'null']) {
      told[`write ${origin}`] = (await s.ask(`${s.ws}/pause`, { method: 'POST', headers: { origin } })).status
      told[`setup ${origin}`] = (
        await s.ask('/api/v1/setup', {
          as: 'nobody',
          headers: { origin },
          body: { name: 'E', email: 'e@e.test', password: 'long enough 1', workspaceName: 'E', timeZone: 'UTC' },
        })
      ).status
    }
    return only(told, 403)
  },
  'metrics are not for who comes through a proxy': async (s) =>
    only(
      { metrics: (await s.ask('/metrics', { as: 'nobody', headers: { 'x-forwarded-for': '9.9.9.9' } })).status },
      403,
    ),
  'deep JSON is refused, by every kind of route': async (s) => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    const headers = { 'content-type': 'application/json' }
    const told: Record<string, number> = {}
    for (const path of [`${s.ws}/posts`, `${s.ws}/preflight`, '/api/auth/sign-in/email', '/api/v1/setup'])
      for (const [what, body] of [
        ['list', deep],
        ['content', `{"content":${deep},"email":${deep}}`],
      ] as const)
        for (const more of [{}, { 'idempotency-key': crypto.randomUUID() }] as Record<string, string>[])
          told[`${path} ${what} ${Object.keys(more)}`] = (
            await s.ask(path, { method: 'POST', body, headers: { ...headers, ...more } })
          ).status
    return only(told, 400, 403, 409, 422, 429)
  },
  'misspelt members inside content are refused by name': async (s) => {
    const publications = [{ channelId: s.channels[0]!.id }]
    const r = await s.ask(`${s.ws}/posts`, {
      body: { content: { segments: [{ text: 'x', media_ids: [] }] }, publications },
    })
    if (r.status === 400 || r.status === 422) return r.text.includes('media_ids') ? null : 'it does not say which'
    return `answered ${r.status}`
  },
})

const slips = group('A11', {
  'a typo is refused wherever it stands, and named': async (s) => {
    const publications = [{ channelId: s.channels[0]!.id }]
    const content = { segments: [{ text: 'x' }] }
    const tried: [string, string, string, unknown][] = [
      ['post', 'POST', `${s.ws}/posts`, { content, publications, publicatoins: [] }],
      ['publication', 'POST', `${s.ws}/posts`, { content, publications: [{ ...publications[0], setings: {} }] }],
      ['key', 'POST', `${s.ws}/api-keys`, { name: 'k', scopes: ['read'], expires_at: inAnHour() }],
      ['workspace', 'PATCH', s.ws, { nmae: 'x' }],
      ['query of posts', 'GET', `${s.ws}/posts?chanelId=${crypto.randomUUID()}`, undefined],
      ['query of channels', 'GET', `${s.ws}/channels?plattform=x`, undefined],
      ['member', 'POST', `${s.ws}/members`, { email: 'a@b.test', role: 'viewer', passwrod: 'long enough 1' }],
      ['import', 'POST', `${s.ws}/media/import`, { url: 'https://example.com/a.png', altt: 'x' }],
    ]
    const odd: string[] = []
    for (const [what, method, path, body] of tried) {
      const r = await s.ask(path, { method, body })
      const named = /publicatoins|setings|expires_at|nmae|chanelId|plattform|passwrod|altt/.test(r.text)
      if ((r.status !== 400 && r.status !== 422) || !named) odd.push(`${what}: ${r.status}`)
    }
    return odd.length === 0 ? null : odd.join(', ')
  },
  'replacing a planned post without its publications unschedules nothing': async (s) => {
    const { id, etag } = await written(s, true)
    const at = `${s.ws}/posts/${id}`
    const r = await s.ask(at, {
      method: 'PUT',
      headers: { 'if-match': etag },
      body: { content: { segments: [{ text: 'y' }] } },
    })
    const now = (await s.ask(at)).json as { state: string }
    await s.ask(`${at}/unschedule`, { method: 'POST' })
    return only({ put: r.status }, 400, 422) ?? (now.state === 'scheduled' ? null : `it is ${now.state}`)
  },
  'an old If-Match changes nothing': async (s) => {
    const { id } = await written(s, true)
    const found = (await s.ask(`${s.ws}/posts/${id}`)).json as { publications: { id: string }[] }
    const pub = `${s.ws}/publications/${found.publications[0]!.id}`
    const headers = { 'if-match': '"v0"' }
    const told = {
      put: (await s.ask(`${s.ws}/posts/${id}`, { method: 'PUT', headers, body: post(s, 'z') })).status,
      reschedule: (await s.ask(`${pub}/reschedule`, { headers, body: { at: inAnHour() } })).status,
      cancel: (await s.ask(`${pub}/cancel`, { method: 'POST', headers })).status,
    }
    await s.ask(`${s.ws}/posts/${id}/unschedule`, { method: 'POST' })
    return only(told, 412)
  },
  'a scheme in lower case is a scheme': async (s) => {
    const key = await s.key(['read'])
    const r = await s.ask(`${s.ws}/posts`, { as: 'nobody', headers: { authorization: `bearer ${key}` } })
    return only({ bearer: r.status }, 200)
  },
  'a body above the limit is told so': async (s) => {
    const body = JSON.stringify({ content: { segments: [{ text: 'x'.repeat(8_000_000) }] } })
    const r = await s
      .ask(`${s.ws}/posts`, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      .catch((error: Error) => error)
    return r instanceof Error ? `the connection broke: ${r.message}` : only({ body: r.status }, 413)
  },
  'no two operations share an id': async (s) => {
    const { paths } = (await s.ask('/openapi.json', { as: 'nobody' })).json as {
      paths: Record<string, Record<string, { operationId?: string }>>
    }
    const ids = Object.values(paths).flatMap((m) => Object.values(m).map((o) => o.operationId))
    const twice = ids.filter((x, i) => x !== undefined && ids.indexOf(x) !== i)
    return twice.length === 0 ? null : twice.join(', ')
  },
})

export const api: readonly Case[] = [...authorization, ...smaller, ...slips]
