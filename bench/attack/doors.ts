/** Doors: webhook handshakes, back paths to this machine, the sandbox as a way in, addresses that lead nowhere (A1, A2, A6, A10). */
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Case, group, only, type Stand } from './stand.ts'

/** Deliveries as networks write them: what a stranger would like to have signed. */
const deliveries = [
  '{"data":{"event_uuid":"1","event_type":"oauth.revoke","filter":{"user_id":"1"}}}',
  '{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1,"action":"COMMENT"}]}',
  'hmacsha256={"type":"A","notifications":[{"notificationId":1,"action":"COMMENT"}]}',
  '{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{"item":"post","verb":"remove","post_id":"1"}}]}]}',
  '<feed><entry><yt:videoId>1</yt:videoId><yt:channelId>UCx</yt:channelId></entry></feed>',
  '{"event":"authorization.removed","user_openid":"1","content":"{}"}',
]
/** A delivery with every network's signature, made with one secret. */
const signedWith = (secret: string, body: string): Record<string, string> => {
  const mac = (text: string, encoding: 'hex' | 'base64' = 'hex', hash = 'sha256') =>
    createHmac(hash, secret).update(text).digest(encoding)
  const t = Math.floor(Date.now() / 1000)
  return {
    'content-type': 'application/json',
    'x-hub-signature-256': `sha256=${mac(body)}`,
    'x-hub-signature': `sha1=${mac(body, 'hex', 'sha1')}`,
    'x-twitter-webhooks-signature-oauth2': `sha256=${mac(body, 'base64')}`,
    'x-li-signature': mac(`hmacsha256=${body}`),
    'tiktok-signature': `t=${t},s=${mac(`${t}.${body}`)}`,
  }
}
const each = async <T>(list: readonly T[], run: (item: T) => Promise<[string, number][]>) =>
  Object.fromEntries((await Promise.all(list.map(run))).flat())

/** Live app credentials of an app nobody has: without any, a network's door answers 404 to everything. */
const withApps = async (s: Stand): Promise<void> => {
  const { items } = (await s.ask(`${s.ws}/platforms`)).json as {
    items: { id: string; credentials: { name: string; optional?: boolean }[] }[]
  }
  for (const { id, credentials } of items.filter((p) => s.webhooks.some((w) => w.platform === p.id))) {
    const values = Object.fromEntries(
      credentials.flatMap((c) => (c.optional ? [] : [[c.name, `attack-${crypto.randomUUID()}`]])),
    )
    const set = await s.ask(`${s.ws}/platforms/${id}/credentials`, { method: 'PUT', body: { values } })
    if (set.status !== 200) throw new Error(`credentials of ${id} were answered ${set.status}: ${set.text}`)
  }
}
/** What the networks that sign their challenge really send, and where their answers are. */
const challenges: Record<string, string> = {
  crc_token: 'YTZmMzQ0NzgtZDIyMS00NzE2',
  challengeCode: '890e4665-4dfe-4ab1-b689-ed553bceeed0',
}

const handshakes = group('A1', {
  'a network’s own challenge is answered': async (s) => {
    await withApps(s)
    const silent: string[] = []
    for (const [name, value] of Object.entries(challenges)) {
      const told = await Promise.all(
        s.webhooks.map(async ({ path }) => (await s.ask(`${path}?${name}=${value}`, { as: 'nobody' })).status),
      )
      if (!told.includes(200)) silent.push(name)
    }
    return silent.length === 0 ? null : `nobody answers ${silent.join(', ')}: the cases below would hold for nothing`
  },
  'no network signs a delivery that is sent as its challenge': async (s) => {
    await withApps(s)
    return only(
      await each(s.webhooks, async ({ platform, path }) => {
        const told: [string, number][] = []
        for (const d of deliveries)
          for (const query of [
            { crc_token: d },
            { challengeCode: d },
            { 'hub.mode': 'subscribe', 'hub.challenge': d, 'hub.topic': d, 'hub.verify_token': '' },
          ] as Record<string, string>[]) {
            const r = await s.ask(`${path}?${new URLSearchParams(query)}`, { as: 'nobody' })
            told.push([`${platform} ${Object.keys(query)[0]} ${d.slice(0, 30)}`, r.status])
          }
        return told
      }),
      403,
      404,
    )
  },
  'nobody subscribes our addresses for themselves': async (s) =>
    only(
      await each(s.webhooks, async ({ platform, path }) => {
        const query = new URLSearchParams({
          'hub.mode': 'subscribe',
          'hub.topic': 'https://www.youtube.com/xml/feeds/videos.xml?channel_id=UCxxxx',
          'hub.challenge': 'mine',
          'hub.lease_seconds': '1',
        })
        return [[platform, (await s.ask(`${path}?${query}`, { as: 'nobody' })).status]]
      }),
      403,
      404,
    ),
  'a delivery that nobody signed is refused': async (s) =>
    only(
      await each(s.webhooks, async ({ platform, path }) =>
        Promise.all(
          deliveries.map(async (body): Promise<[string, number]> => {
            const r = await s.ask(path, { as: 'nobody', method: 'POST', body, headers: { 'x-hub-signature-256': 'x' } })
            return [`${platform} ${body.slice(0, 20)}`, r.status]
          }),
        ),
      ),
      403,
    ),
})

const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })
const addresses = (s: Stand): string[] => {
  const { port } = new URL(s.inside.origin)
  return [
    `${s.inside.origin}/a`,
    `https://127.0.0.2:${port}/a`,
    `http://localhost:${port}/a`,
    `http://2130706434:${port}/a`,
    `http://[::ffff:127.0.0.2]:${port}/a`,
    // Our own address, beyond the doors that anybody may use.
    `${s.url}/metrics`,
    `${s.url}/media/../metrics`,
  ]
}
/** Runs it for every address; nobody may have come through. */
const closed = async (s: Stand, way: (address: string) => Promise<unknown>): Promise<string | null> => {
  // A way that leads nowhere would hold for nothing: the address that is allowed must be reached through it.
  s.allowed.hits.length = 0
  for (const scheme of ['http', 'https']) await way(`${s.allowed.origin.replace('http', scheme)}/a`)
  for (let n = 0; n < 50 && s.allowed.hits.length === 0; n++) await new Promise((r) => setTimeout(r, 100))
  if (s.allowed.hits.length === 0) return 'not even the address that is allowed is fetched this way'
  s.inside.hits.length = 0
  const leaks: string[] = []
  for (const address of addresses(s)) {
    const said = JSON.stringify((await way(address)) ?? '')
    if (/a secret of this machine|clarion_http_request/.test(said)) leaks.push(address)
  }
  await new Promise((r) => setTimeout(r, 400))
  const through = [...leaks, ...s.inside.hits]
  return through.length === 0 ? null : through.join(', ')
}

const backPaths = group('A2', {
  'a file by address in a chat': (s) =>
    closed(s, async (document) => {
      const { credentials, tokens } = await s.tokens(s.at('api.telegram.org'))
      const bot = `/sandbox/api.telegram.org/bot${credentials.botToken}`
      const sent = await s.ask(`${bot}/sendDocument`, form({ chat_id: String(tokens.chat_id), document }))
      return sent.text
    }),
  'a photo by address on a page': (s) =>
    closed(s, async (url) => {
      const { tokens } = await s.tokens(s.at('graph.facebook.com'))
      const r = await s.ask(`/sandbox/graph.facebook.com/v25.0/${tokens.page_id}/photos`, {
        ...form({ url, published: 'false' }),
        headers: { authorization: `Bearer ${tokens.page_access_token}` },
      })
      return r.text
    }),
  'the callback of a hub': (s) =>
    closed(s, async (callback) =>
      s.ask(
        '/sandbox/pubsubhubbub.appspot.com/subscribe',
        form({
          'hub.mode': 'subscribe',
          'hub.topic': 'https://www.youtube.com/xml/feeds/videos.xml?channel_id=UCxxxx',
          'hub.callback': callback,
        }),
      ),
    ),
  'the webhook address of every network on the desk': (s) =>
    closed(s, async (url) => {
      for (const platform of s.platforms) {
        await s.ask(`/sandbox/_desk/${platform}/webhook`, { body: { url } })
        await s.ask(`/sandbox/_desk/${platform}/revoke`, { body: { account: 'nobody' } })
      }
    }),
  'the document of an OAuth client': (s) =>
    closed(s, async (client) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const part = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url')
      const push = (nonce: string) => {
        const head = part({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })
        const iat = Math.floor(Date.now() / 1000)
        const htu = 'https://bsky.social/oauth/par'
        const body = part({ htm: 'POST', htu, iat, jti: crypto.randomUUID(), nonce })
        const mac = sign('sha256', Buffer.from(`${head}.${body}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })
        return s.ask('/sandbox/bsky.social/oauth/par', {
          ...form({
            client_id: client,
            redirect_uri: 'https://x.example/cb',
            response_type: 'code',
            code_challenge_method: 'S256',
            code_challenge: createHash('sha256').update(crypto.randomUUID()).digest('base64url'),
            scope: 'atproto',
            state: 's',
          }),
          headers: { dpop: `${head}.${body}.${mac.toString('base64url')}` },
        })
      }
      const first = await push('')
      return (await push(first.headers.get('dpop-nonce') ?? '')).text
    }),
  'an import of media': (s) => closed(s, async (url) => (await s.ask(`${s.ws}/media/import`, { body: { url } })).text),
})

const cross = { 'sec-fetch-site': 'cross-site' }
const pages: Record<string, Record<string, string>> = {
  picture: { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
  script: { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
  frame: { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  fetch: { origin: 'https://evil.example', ...cross },
  sandboxed: { origin: 'null' },
}
const filesIn = async (path: string): Promise<string[]> => {
  const s = await stat(path)
  const inner = s.isDirectory() ? await readdir(path) : []
  const open = (s.mode & 0o077) !== 0 ? [`${path.split('/').at(-1)} ${(s.mode & 0o777).toString(8)}`] : []
  return [...open, ...(await Promise.all(inner.map((x) => filesIn(join(path, x))))).flat()]
}

const sandbox = group('A6', {
  'secrets that are the same everywhere sign nothing': async (s) =>
    only(
      await each(s.webhooks, async ({ platform, path }) => {
        const told: [string, number][] = []
        for (const old of ['sandbox-x-secret-4mVq8Zt1LwPz7RkD2nHy', 'sandbox-facebook-app-secret-5b1f', ''])
          for (const body of deliveries)
            told.push([
              `${platform} ${old}`,
              (await s.ask(path, { as: 'nobody', method: 'POST', body, headers: signedWith(old, body) })).status,
            ])
        return told
      }),
      403,
    ),
  'not even its own secrets speak for the sandbox from outside': async (s) =>
    only(
      await each(s.webhooks, async ({ platform, path }) => {
        const { credentials } = await s.tokens(platform)
        const told: [string, number][] = []
        for (const secret of Object.values(credentials).filter((c) => c.length > 12))
          for (const body of deliveries)
            told.push([
              `${platform}`,
              (await s.ask(path, { as: 'nobody', method: 'POST', body, headers: signedWith(secret, body) })).status,
            ])
        return told
      }),
      403,
    ),
  'a page of another site makes nobody call it': async (s) => {
    const told: Record<string, number> = {}
    for (const [how, headers] of Object.entries(pages))
      for (const [method, path] of [
        ['GET', '/sandbox/api.telegram.org/bot1:x/getMe'],
        ['GET', '/sandbox/_desk/requests'],
        ['POST', '/sandbox/_desk/reset'],
      ] as const)
        told[`${how} ${method} ${path}`] = (
          await s.ask(path, { method, headers: { ...headers, cookie: s.cookie }, as: 'nobody' })
        ).status
    // A frame loads, it does not post.
    delete told['frame POST /sandbox/_desk/reset']
    return only(told, 403)
  },
  'a link makes a browser write nothing': async (s) => {
    const { credentials } = await s.tokens(s.at('api.telegram.org'))
    const r = await s.ask(`/sandbox/api.telegram.org/bot${credentials.botToken}/sendMessage?chat_id=1&text=x`, {
      as: 'nobody',
      headers: { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    })
    return only({ link: r.status }, 403)
  },
  'strangers, through a proxy or under a name made to point here': async (s) =>
    only(
      {
        proxy: (await s.ask('/sandbox/_desk/requests', { as: 'nobody', headers: { 'x-forwarded-for': '9.9.9.9' } }))
          .status,
        forwarded: (await s.ask('/sandbox/', { as: 'nobody', headers: { forwarded: 'for=9.9.9.9' } })).status,
      },
      401,
    ),
  'client libraries and curl still get their tokens': async (s) => {
    const told: Record<string, number> = {}
    for (const platform of s.platforms)
      told[platform] = (await s.ask(`/sandbox/_desk/${platform}/tokens`, { method: 'POST', as: 'nobody' })).status
    return only(told, 200)
  },
  'its files are read by nobody else': async (s) => {
    await new Promise((r) => setTimeout(r, 300))
    const open = await filesIn(join(s.dataDir, 'sandbox'))
    return open.length === 0 ? null : open.slice(0, 5).join(', ')
  },
})

const addressesThere = group('A10', {
  'redirects, client documents, webhooks, documents: nothing leads nowhere': async (s) => {
    const told: Record<string, number> = {}
    for (const p of s.platforms)
      told[`/oauth/${p}/callback`] = (await s.ask(`/oauth/${p}/callback?state=x&error=y`, { as: 'nobody' })).status
    for (const path of ['/oauth/bluesky/client-metadata.json', '/openapi.json', '/docs/', '/docs/problems', '/'])
      told[path] = (await s.ask(path, { as: 'nobody' })).status
    return only(told, 200, 302, 422)
  },
  'unknown roots answer with a problem, not with a page': async (s) => {
    const told: Record<string, string> = {}
    for (const path of ['/mcp', '/v1/posts', '/api/v2/posts', '/graphql', '/.well-known/openid-configuration']) {
      const r = await s.ask(path, { as: 'nobody', headers: { accept: 'application/json' } })
      if (r.status !== 404 || r.json.code !== 'not-found') told[path] = `${r.status} ${r.headers.get('content-type')}`
    }
    return Object.keys(told).length === 0 ? null : JSON.stringify(told)
  },
})

export const doors: readonly Case[] = [...handshakes, ...backPaths, ...sandbox, ...addressesThere]
