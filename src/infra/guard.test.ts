import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AddressRefused,
  assertPublicUrl,
  type FetchPublicOptions,
  guardedFetch,
  isPublicAddress,
  openPublic,
} from './guard.ts'

/** An answer with its whole body. */
const fetchPublic = async (address: string, o: FetchPublicOptions) => {
  const { body, ...answer } = await openPublic(address, o)
  return { ...answer, bytes: Buffer.concat(await body.toArray()) }
}

const reason = (run: Promise<unknown>) =>
  run.then(
    () => 'allowed',
    (e: unknown) => (e instanceof AddressRefused ? e.reason : e),
  )
const names = (table: Record<string, string[]>) => async (host: string) => {
  const found = table[host]
  if (!found) throw new Error('ENOTFOUND')
  return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
}

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.9.9.9',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '2001:db8::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2002:c0a8:101::1',
    '2001::1',
    '',
    'localhost',
    '999.1.1.1',
  ])('%s is not public', (ip) => expect(isPublicAddress(ip)).toBe(false))

  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '172.15.255.255',
    '100.128.0.1',
    '192.167.255.255',
    '2606:4700::1111',
    '2a00:1450:4001:830::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '2002:808:808::1',
  ])('%s is public', (ip) => expect(isPublicAddress(ip)).toBe(true))

  test('an IPv6 that wraps an IPv4 is judged as that IPv4', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => isPublicAddress(`::ffff:${ip}`) === isPublicAddress(ip)))
  })
})

describe('URLs', () => {
  const look = (url: string, o = {}) =>
    reason(
      assertPublicUrl(new URL(url), {
        resolve: names({ 'good.example': ['93.184.216.34', '2606:2800:220:1::1'] }),
        ...o,
      }),
    )

  test('a public https address may be fetched', async () => {
    expect(await look('https://good.example/a.jpg')).toBe('allowed')
    expect(
      await assertPublicUrl(new URL('https://good.example./'), {
        resolve: names({ 'good.example': ['93.184.216.34'] }),
      }),
    ).toEqual({ address: '93.184.216.34', family: 4, all: [{ address: '93.184.216.34', family: 4 }] })
  })

  test('schemes other than https, and passwords, are refused', async () => {
    for (const url of ['http://good.example/', 'ftp://good.example/', 'file:///etc/passwd', 'data:text/plain,x'])
      expect(await look(url)).toBe('scheme')
    expect(await look('https://me:pw@good.example/')).toBe('credentials')
  })

  test('every way to write 127.0.0.1 is refused', async () => {
    for (const host of [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[0:0:0:0:0:ffff:7f00:1]',
      '127.0.0.1.',
      '①②⑦.0.0.1',
    ])
      expect(await look(`https://${host}/`), host).toBe('private')
  })

  test('a name is as private as any address it has', async () => {
    const resolve = names({
      'rebind.example': ['93.184.216.34', '10.0.0.1'],
      'meta.example': ['169.254.169.254'],
      'v6.example': ['fd00::1'],
    })
    for (const host of ['rebind.example', 'meta.example', 'v6.example'])
      expect(await look(`https://${host}/`, { resolve })).toBe('private')
    expect(await look('https://nowhere.example/', { resolve })).toBe('unknown-host')
    expect(await reason(assertPublicUrl(new URL('https://localhost/')))).toBe('private')
  })

  test('only named hosts may be private', async () => {
    const o = { resolve: names({ 'nas.local': ['192.168.1.9'] }), allowPrivate: ['nas.local', '127.0.0.1:9000'] }
    expect(await look('http://nas.local/x', o)).toBe('allowed')
    expect(await look('https://127.0.0.1:9000/', o)).toBe('allowed')
    expect(await look('https://127.0.0.1:9001/', o)).toBe('private')
  })
})

describe('fetching', () => {
  let server: Server
  let port: number
  const hosts: (string | undefined)[] = []
  beforeAll(async () => {
    server = createServer((req, res) => {
      hosts.push(req.headers.host)
      if (req.url === '/big') return void res.end(Buffer.alloc(5_000))
      if (req.url === '/endless') return void setInterval(() => res.write('x'.repeat(1000)), 5).unref()
      if (req.url === '/to-private')
        return void res.writeHead(302, { location: 'https://10.0.0.1/latest/meta-data' }).end()
      if (req.url === '/loop') return void res.writeHead(302, { location: '/loop' }).end()
      if (req.url === '/hop') return void res.writeHead(301, { location: '/ok' }).end()
      if (req.url === '/never') return
      if (req.url === '/nothing') return void res.writeHead(204).end()
      if (req.url === '/echo') {
        let text = ''
        req.setEncoding('utf8')
        req.on('data', (part: string) => {
          text += part
        })
        return void req.on('end', () => res.end(`${req.method} ${text}`))
      }
      res.setHeader('content-type', 'image/png').end('ok')
    })
    await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const o = { allowPrivate: ['files.example'], resolve: names({ 'files.example': ['127.0.0.1'] }) }
  const get = (path: string, more = {}) => fetchPublic(`http://files.example:${port}${path}`, { ...o, ...more })

  test('connects to the address that was judged, under the name that was asked', async () => {
    const got = await get('/ok')
    expect([got.status, got.bytes.toString(), got.headers['content-type']]).toEqual([200, 'ok', 'image/png'])
    expect(hosts.at(-1)).toBe(`files.example:${port}`)
    expect((await get('/hop')).url).toBe(`http://files.example:${port}/ok`)
  })

  test('a redirect to a private address is refused, and so is a loop', async () => {
    expect(await reason(get('/to-private'))).toBe('private')
    expect(await reason(get('/loop'))).toBe('redirects')
  })

  test('size and time are bounded, whether the length is told or not', async () => {
    expect(await reason(get('/big', { maxBytes: 4_999 }))).toBe('too-large')
    expect(await reason(get('/endless', { maxBytes: 4_999 }))).toBe('too-large')
    expect(await reason(get('/never', { timeoutMs: 100 }))).toBe('timeout')
  })

  test('what looks like fetch is guarded and pinned, sends a body, and follows nothing', async () => {
    const through = guardedFetch(o)
    const res = await through(`http://files.example:${port}/echo`, {
      method: 'POST',
      body: 'héllo',
      headers: { a: 'b' },
    })
    expect([res.status, await res.text()]).toEqual([200, 'POST héllo'])
    const hop = await through(`http://files.example:${port}/hop`)
    expect([hop.status, hop.headers.get('location')]).toEqual([301, '/ok'])
    expect(await reason(through(`http://files.example:${port}/hop`, { redirect: 'error' }))).toBe('redirects')
    expect((await through(`http://files.example:${port}/nothing`)).status).toBe(204)
    for (const [address, why] of [
      [`http://127.0.0.1:${port}/ok`, 'scheme'],
      [`https://127.0.0.1:${port}/ok`, 'private'],
      ['file:///etc/passwd', 'scheme'],
      ['no address', 'failed'],
      [`http://files.example:${port}/never`, 'timeout'],
    ] as const)
      expect(await reason(through(address, { signal: AbortSignal.timeout(100) })), address).toBe(why)
  })

  test('our own doors are reached wherever they are, and nothing else at the same address', async () => {
    const origin = `http://127.0.0.1:${port}`
    const through = guardedFetch({ own: () => ({ origin, paths: ['/media/', '/webhooks/'] }) })
    expect(await (await through(`${origin}/media/ok`)).text()).toBe('ok')
    for (const path of ['/ok', '/media', '/media/../ok', '/media/%2e%2e/ok', '/mediaX/'])
      expect(await reason(through(origin + path)), path).toBe('scheme')
    for (const other of [`http://127.0.0.1:${port + 1}/media/x`, `http://localhost:${port}/media/x`])
      expect(await reason(through(other)), other).toBe('scheme')
    expect(await reason(through(`http://a:b@127.0.0.1:${port}/media/x`))).toBe('scheme')
  })

  test('a host that is down says so', async () => {
    expect(await reason(fetchPublic('http://files.example:1/', o))).toBe('failed')
  })
})
