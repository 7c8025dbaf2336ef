/** Imitations fetch what callers name: never this machine's own network, beyond what the operator and Clarion's own doors allow. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import { startSandbox, type TestSandbox } from './testing.ts'

/** Something on this machine that no caller of the sandbox may see. */
let inside: Server
let origin: string
const hits: string[] = []
beforeAll(async () => {
  inside = createServer((req, res) => {
    hits.push(`${req.method} ${req.url}`)
    res.end('a secret of this machine')
  })
  await new Promise<void>((r) => inside.listen(0, '127.0.0.1', r))
  origin = `http://127.0.0.1:${(inside.address() as AddressInfo).port}`
})
afterAll(() => {
  inside.closeAllConnections()
  inside.close()
})
let box: TestSandbox
const open = async (reach: Parameters<typeof startSandbox>[1] = {}) => {
  hits.length = 0
  box = await startSandbox(imitations, reach)
}
beforeEach(() => open({ reach: {} }))
afterEach(() => box.close())

const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) })

/** Each network's way of being told an address, at `url`. */
const telegram = async (url: string) => {
  const bot = box.desk.tokens('telegram').credentials.botToken!
  const chat = box.desk.tokens('telegram').tokens.chat_id ?? box.desk.tokens('telegram').tokens.chat
  const call = (method: string, fields: Record<string, string>) =>
    box.call(`https://api.telegram.org/bot${bot}/${method}`, form(fields))
  return (await call('sendDocument', { chat_id: String(chat ?? '-1001'), document: url })).text()
}
const facebook = async (url: string) => {
  const { page_access_token: token, page_id: page } = box.desk.tokens('facebook').tokens as Record<string, string>
  const res = await box.call(`https://graph.facebook.com/v25.0/${page}/photos`, {
    ...form({ url, published: 'false' }),
    headers: { authorization: `Bearer ${token}` },
  })
  return res.text()
}
const hub = async (callback: string) => {
  await box.call(
    'https://pubsubhubbub.appspot.com/subscribe',
    form({
      'hub.mode': 'subscribe',
      'hub.topic': 'https://www.youtube.com/xml/feeds/videos.xml?channel_id=UCxxxx',
      'hub.callback': callback,
    }),
  )
  await box.desk.tickAll()
}
const deskHook = async (url: string) => {
  box.desk.setWebhook('tiktok', url)
  box.desk.tokens('tiktok')
  box.desk.revoke('tiktok')
  await box.desk.tickAll()
}
/** A pushed authorization request, signed as the server wants it, whose client is a document at `url`. */
const client = async (url: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const htu = 'https://bsky.social/oauth/par'
  const send = (nonce?: string) => {
    const part = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url')
    const head = part({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) })
    const iat = Math.floor(Date.parse(box.desk.clock().now) / 1000)
    const body = part({ htm: 'POST', htu, iat, jti: String(Math.random()), nonce })
    const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return box.call(htu, {
      ...form({
        client_id: url,
        redirect_uri: 'https://x.example/cb',
        response_type: 'code',
        code_challenge_method: 'S256',
        code_challenge: createHash('sha256').update(url).digest('base64url'),
        scope: 'atproto',
        state: 's',
      }),
      headers: { dpop: `${head}.${body}.${signature.toString('base64url')}` },
    })
  }
  const first = await send()
  return (await send(first.headers.get('dpop-nonce') ?? '')).text()
}
const ways = { telegram, facebook, hub, deskHook, client }

/** Deliveries leave after the answer; three tries take about a second. */
const calm = () => new Promise((r) => setTimeout(r, 100))

test.each(Object.keys(ways) as (keyof typeof ways)[])('%s: an address of this machine is not fetched', async (name) => {
  for (const path of ['/a', '/media/../a']) await ways[name](origin + path)
  await ways[name](`${origin.replace('http:', 'https:')}/b`)
  await calm()
  expect(hits).toEqual([])
})

test.each(Object.keys(ways) as (keyof typeof ways)[])('%s: it is, where the operator allows it', async (name) => {
  await box.close()
  await open({ reach: { allowPrivate: ['127.0.0.1'] } })
  await ways[name](`${origin}/a`)
  for (let n = 0; n < 50 && hits.length === 0; n++) await calm()
  expect(hits.length).toBeGreaterThan(0)
})

test('our own doors are reached, and nothing else at our address', async () => {
  await box.close()
  await open({ reach: { own: () => ({ origin, paths: ['/media/'] }) } })
  await facebook(`${origin}/metrics`)
  await facebook(`${origin}/media/x`)
  expect(hits).toEqual(['GET /media/x'])
})

test('the desk says why a webhook was not sent', async () => {
  await deskHook(`${origin}/hook`)
  for (let n = 0; n < 50 && !box.desk.hooks('tiktok')[0]?.problem; n++) await calm()
  expect(box.desk.hooks('tiktok')[0]).toMatchObject({ status: null, problem: 'Only https addresses are fetched.' })
})
