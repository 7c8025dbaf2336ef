/** The storage on a real S3 server (Ceph's): what every make keeps, and what only this one can get wrong. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { CannotStart } from './cannot-start.ts'
import { holding } from './hold.ts'
import { assertUsable, connectS3, type S3, type S3Settings, whyNot } from './s3-client.ts'
import { copyObject } from './s3-upload.ts'
import { FileChanged, StorageAway } from './storage.ts'
import { openCache } from './storage-cache.ts'
import { s3Storage } from './storage-s3.ts'
import { type TestS3, testS3 } from './testing/radosgw.ts'
import { storageSuite } from './testing/storage-suite.ts'

let server: TestS3
const undo: (() => Promise<unknown> | unknown)[] = []
beforeAll(async () => {
  server = await testS3()
})
afterAll(() => server?.stop())
const tidy = async () => {
  for (const f of undo.splice(0).reverse()) await f()
}
afterEach(tidy)

const settingsOf = async (o: Partial<S3Settings> = {}): Promise<S3Settings> => ({
  endpoint: server.endpoint,
  region: 'auto',
  bucket: o.bucket ?? (await server.bucket()),
  accessKeyId: server.accessKeyId,
  secretAccessKey: server.secretAccessKey,
  pathStyle: true,
  prefix: '',
  ...o,
})

/** A storage with a cache of its own. */
const open = async (o: Partial<S3Settings> = {}, cacheBytes = 2 ** 30, cdnUrl?: string) => {
  const settings = await settingsOf(o)
  const dir = await mkdtemp(join(tmpdir(), 'clarion-cache-'))
  const s3: S3 = await connectS3(settings)
  const cache = await openCache({ dir, maxBytes: cacheBytes, now: Date.now })
  const storage = s3Storage({ s3, cache, now: Date.now, links: { cdnUrl, reachable: true } })
  const keys = async (Prefix = '') =>
    ((await server.client.send(new ListObjectsV2Command({ Bucket: settings.bucket, Prefix }))).Contents ?? []).map(
      (c) => c.Key!,
    )
  const parts = async () =>
    ((await server.client.send(new ListMultipartUploadsCommand({ Bucket: settings.bucket }))).Uploads ?? []).map(
      (u) => u.Key!,
    )
  const close = async () => {
    s3.client.destroy()
    await rm(dir, { recursive: true, force: true })
  }
  return { storage, settings, s3, dir, keys, parts, close }
}
const opened = async (...o: Parameters<typeof open>) => {
  const it = await open(...o)
  undo.push(it.close)
  return it
}

for (const prefix of ['', 'clarion/files/'])
  storageSuite(`in a bucket${prefix ? ' below a prefix' : ''}`, async () => {
    const it = await open({ prefix })
    return {
      storage: it.storage,
      // Unfinished parts and what lies outside the prefix would be litter too.
      all: async () => [...(await it.keys()).map((k) => k.slice(prefix.length)), ...(await it.parts())],
      close: it.close,
    }
  })

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
const big = Buffer.alloc(20_000_001, 'clarion-')

test('the hash is kept with the file, and a copy that is not what was stored is not used', async () => {
  const { storage, settings } = await opened()
  const source = (async function* () {
    for (let at = 0; at < big.length; at += 1_000_000) yield big.subarray(at, at + 1_000_000)
  })()
  const written = await storage.putStream('incoming/a', source, { maxBytes: 2 ** 30 })
  expect(written.sha256.equals(sha256(big))).toBe(true)
  await storage.move('incoming/a', 'media/aa/a', { mime: 'video/mp4', sha256: written.sha256 })
  const at = { Bucket: settings.bucket, Key: 'media/aa/a' }
  const head = await server.client.send(new HeadObjectCommand(at))
  expect([head.ContentType, head.Metadata?.sha256]).toEqual(['video/mp4', sha256(big).toString('hex')])
  // The same server, another machine.
  const other = await opened(settings)
  await holding(async (hold) =>
    expect((await readFile(await other.storage.local('media/aa/a', hold))).equals(big)).toBe(true),
  )
  // Somebody changes the bytes below the hash.
  await server.client.send(new PutObjectCommand({ ...at, Body: 'other bytes', Metadata: head.Metadata }))
  const third = await opened(settings)
  await expect(holding((hold) => third.storage.local('media/aa/a', hold))).rejects.toThrow(FileChanged)
  expect(await readdir(third.dir)).toEqual([])
})

test('a long file is copied in parts', async () => {
  const { storage, s3 } = await opened()
  await storage.put('media/aa/long', big)
  const limits = { wholeCopy: 5_000_000, copyPart: 6_000_000 }
  await copyObject(s3, 'media/aa/long', { key: 'media/bb/long', mime: 'video/mp4' }, big.length, limits)
  expect((await storage.read('media/bb/long')).equals(big)).toBe(true)
})

test('an upload that a process left half-way is ended by the sweep, and nothing of others', async () => {
  const { storage, settings, parts } = await opened()
  const begin = async (Key: string) => {
    const at = { Bucket: settings.bucket, Key }
    const { UploadId } = await server.client.send(new CreateMultipartUploadCommand(at))
    const Body = Buffer.alloc(6_000_000)
    await server.client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body }))
  }
  await begin('incoming/dead')
  await begin('somebody/elses')
  expect(await storage.sweep('incoming', 3_600_000)).toBe(0)
  expect((await parts()).sort()).toEqual(['incoming/dead', 'somebody/elses'])
  for (let gone = 0; gone < 1; ) gone += await storage.sweep('incoming', 0)
  expect(await parts()).toEqual(['somebody/elses'])
})

test('a signed address hands out the file with its type; tampered with, or of a file that is gone, it does not', async () => {
  const { storage } = await opened()
  await storage.put('media/aa/pic', Buffer.from('bytes'))
  const link = (await storage.link('media/aa/pic', { mime: 'image/png', forMs: 3_600_000 }))!
  expect(await storage.link('media/aa/pic', { mime: 'image/png', forMs: 3_600_000 })).toBe(link)
  const r = await fetch(link, { headers: { range: 'bytes=1-2' } })
  expect([r.status, r.headers.get('content-type'), await r.text()]).toEqual([206, 'image/png', 'yt'])
  const signature = /X-Amz-Signature=(.)/
  const tampered = [
    link.replace(signature, (_, c) => `X-Amz-Signature=${c === '0' ? '1' : '0'}`),
    link.replace('image%2Fpng', 'text%2Fhtml'),
    link.replace('media/aa/pic', 'media/aa/other'),
    link.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=600000'),
  ]
  for (const bad of tampered) {
    expect(bad).not.toBe(link)
    expect((await fetch(bad)).status).toBe(403)
  }
  await storage.remove('media/aa/pic')
  expect((await fetch(link)).status).toBe(404)
})

test('a signed address ends when it says', async () => {
  const { settings, s3, dir } = await opened()
  // Signed two hours ago for half an hour, rounded up by one.
  const cache = await openCache({ dir, maxBytes: 1, now: Date.now })
  const old = s3Storage({
    s3,
    cache,
    now: () => Date.now() - 2 * 3_600_000,
    links: { cdnUrl: undefined, reachable: true },
  })
  await old.put('media/aa/pic', Buffer.from('bytes'))
  const r = await fetch((await old.link('media/aa/pic', { mime: 'image/png', forMs: 1_800_000 }))!)
  expect([r.status, await r.text()]).toEqual([403, expect.stringMatching(/AccessDenied|expired/i)])
  expect(settings.bucket).not.toBe('')
})

test('with a CDN the address is its own, and the bucket is its root', async () => {
  const { storage, settings } = await opened({ prefix: 'c/' }, 2 ** 20, 'https://cdn.example')
  const link = new URL((await storage.link('media/aa/pic', { mime: 'image/png', forMs: 1000 }))!)
  expect([link.origin, link.pathname]).toEqual(['https://cdn.example', '/c/media/aa/pic'])
  // What a CDN does: the same path below the bucket, the query as it came.
  await storage.put('media/aa/pic', Buffer.from('bytes'))
  const behind = `${server.endpoint}/${settings.bucket}${link.pathname}${link.search}`
  expect(await (await fetch(behind)).text()).toBe('bytes')
})

test('the cache keeps within its bound, whoever reads; what is held stays', async () => {
  const { storage, dir } = await opened({}, 3_500_000)
  const held = async () => (await readdir(dir)).length
  const keys = Array.from({ length: 8 }, (_, i) => `media/aa/k${i}`)
  await Promise.all(keys.map((key, i) => storage.put(key, Buffer.alloc(1_000_000, String(i)))))
  await Promise.all(
    keys.flatMap((key, i) =>
      [0, 1, 2].map(() =>
        holding(async (hold) => {
          const bytes = await readFile(await storage.local(key, hold))
          expect([bytes.length, bytes[5]]).toEqual([1_000_000, 48 + i])
        }),
      ),
    ),
  )
  await expect.poll(held).toBe(3)
  await holding(async (hold) => {
    const paths = await Promise.all(keys.map((key) => storage.local(key, hold)))
    for (const [i, path] of paths.entries()) expect((await readFile(path))[0]).toBe(48 + i)
    // Replaced while somebody reads the older one.
    await storage.put(keys[0]!, Buffer.from('new'))
    expect((await readFile(paths[0]!)).length).toBe(1_000_000)
    await holding(async (inner) => expect(await readFile(await storage.local(keys[0]!, inner), 'utf8')).toBe('new'))
  })
  await storage.remove(keys[7]!)
  await holding((hold) => storage.local(keys[0]!, hold))
  await expect.poll(held).toBeLessThanOrEqual(4)
})

test('what a process left in its cache is found again by the next one, its drafts are not', async () => {
  const first = await opened()
  await first.storage.put('media/aa/a', Buffer.from('one'))
  await holding((hold) => first.storage.local('media/aa/a', hold))
  await writeFile(join(first.dir, 'draft-dead'), 'x')
  const cache = await openCache({ dir: first.dir, maxBytes: 1000, now: Date.now })
  expect((await readdir(first.dir)).some((f) => f.startsWith('draft'))).toBe(false)
  await holding(async (hold) => {
    const path = await cache.find('media/aa/a', hold)
    expect(await readFile(path!, 'utf8')).toBe('one')
  })
})

test('a wrong setting is told in a sentence, with what to do', async () => {
  const right = await settingsOf()
  const wrong: [Partial<S3Settings>, RegExp, RegExp][] = [
    [{ bucket: 'no-such-bucket' }, /bucket no-such-bucket at http.* there is no such bucket/, /S3_BUCKET/],
    [{ accessKeyId: 'nobody' }, /does not know the access key/, /S3_ACCESS_KEY_ID/],
    [{ secretAccessKey: 'wrong-secret' }, /refuses the signature/, /S3_SECRET_ACCESS_KEY/],
  ]
  for (const [o, says, fix] of wrong) {
    const s3 = await connectS3({ ...right, ...o })
    const error = await assertUsable(s3).then(
      () => undefined,
      (e: CannotStart) => e,
    )
    s3.client.destroy()
    expect(error).toBeInstanceOf(CannotStart)
    expect([error?.message, error?.fix]).toEqual([expect.stringMatching(says), expect.stringMatching(fix)])
    expect(JSON.stringify([error?.message, error?.fix])).not.toContain('wrong-secret')
  }
  const s3 = await connectS3(right)
  expect(await assertUsable(s3)).toBeNull()
  s3.client.destroy()
})

/** A server that gives every request the same answer. */
const parrot = async (status: number, type: string, body: string) => {
  const it = createServer((req, res) => {
    req.resume()
    res.writeHead(status, { 'content-type': type }).end(body)
  })
  await new Promise<void>((r) => it.listen(0, '127.0.0.1', r))
  undo.push(() => {
    it.closeAllConnections()
    return new Promise((r) => it.close(r))
  })
  return `http://127.0.0.1:${(it.address() as AddressInfo).port}`
}
const refusal = (code: string) => `<Error><Code>${code}</Code><Message>no</Message></Error>`

test.each<[string, () => Promise<Partial<S3Settings>>, RegExp, RegExp, 'stops' | 'waits']>([
  [
    'a web page',
    async () => ({ endpoint: await parrot(200, 'text/html', '<p>Hi') }),
    /give back/,
    /S3_ENDPOINT/,
    'stops',
  ],
  [
    'R2, key unknown',
    async () => ({ endpoint: await parrot(401, 'application/xml', refusal('Unauthorized')) }),
    /access key/,
    /S3_SECRET/,
    'stops',
  ],
  [
    'R2, key of another length',
    async () => ({ endpoint: await parrot(400, 'application/xml', refusal('InvalidArgument')) }),
    /malformed/,
    /32 characters/,
    'stops',
  ],
  [
    'R2, region of Amazon',
    async () => ({ endpoint: await parrot(400, 'application/xml', refusal('InvalidRegionName')) }),
    /no such region/,
    /leave it out/,
    'stops',
  ],
  ['a name no bucket has', async () => ({ bucket: 'No_Such/x' }), /no bucket can/, /S3_BUCKET/, 'stops'],
  [
    'nobody listens',
    async () => ({ endpoint: 'http://127.0.0.1:9' }),
    /not answer \(ECONNREFUSED\)/,
    /Start that/,
    'waits',
  ],
  [
    'no such host',
    async () => ({ endpoint: 'http://s3.invalid' }),
    /no host of that name|not answer/,
    /S3_ENDPOINT/,
    'waits',
  ],
  [
    'TLS where there is none',
    async () => ({ endpoint: server.endpoint.replace('http:', 'https:') }),
    /no TLS/,
    /http:\/\//,
    'waits',
  ],
])('what answers there is told: %s', async (_, wrong, says, fix, start) => {
  const s3 = await connectS3(await settingsOf(await wrong()))
  const told = await assertUsable(s3).catch((e: CannotStart) => e)
  s3.client.destroy()
  expect(told instanceof CannotStart ? 'stops' : 'waits').toBe(start)
  const words = told instanceof CannotStart ? `${told.message} ${told.fix}` : String(told)
  expect(words).toMatch(says)
  expect(words).toMatch(fix)
})

test('a server that answers 200 to everything has taken nothing', async () => {
  const { storage } = await opened({ endpoint: await parrot(200, 'text/html', '<p>Hi') })
  await expect(storage.put('media/aa/a', Buffer.from('bytes'))).rejects.toThrow(StorageAway)
  const sender = async function* () {
    yield Buffer.from('bytes')
  }
  await expect(storage.putStream('incoming/a', sender(), { maxBytes: 10 })).rejects.toThrow(StorageAway)
  await expect(storage.read('media/aa/a')).rejects.toThrow(StorageAway)
  await expect(storage.size('media/aa/a')).rejects.toThrow(StorageAway)
})

test('the path at a CDN begins below the bucket, wherever addresses name it', async () => {
  const linked = async (o: Partial<S3Settings>) => {
    const { storage } = await opened({ bucket: 'files', ...o }, 2 ** 20, 'https://cdn.example')
    return new URL((await storage.link('media/aa/pic', { mime: 'image/png', forMs: 1000 }))!).pathname
  }
  expect(await linked({ endpoint: 'https://s3.example', pathStyle: false })).toBe('/media/aa/pic')
  expect(await linked({ endpoint: 'https://s3.example', pathStyle: true })).toBe('/media/aa/pic')
  // Neither numbers nor names with dots under TLS can have a bucket before them.
  expect(await linked({ endpoint: 'http://127.0.0.1:9', pathStyle: false })).toBe('/media/aa/pic')
  expect(await linked({ endpoint: 'https://s3.example', pathStyle: false, bucket: 'my.files' })).toBe('/media/aa/pic')
})

test('a machine whose clock is wrong is told so, and its signed addresses are good all the same', async () => {
  const settings = await settingsOf()
  const program = `
    const real = Date
    const off = () => real.now() - 3 * 3_600_000
    globalThis.Date = class extends real { constructor(...a) { super(...(a.length ? a : [off()])) } static now() { return off() } }
    const { connectS3, assertUsable } = await import(${JSON.stringify(new URL('./s3-client.ts', import.meta.url).href)})
    const { s3Storage } = await import(${JSON.stringify(new URL('./storage-s3.ts', import.meta.url).href)})
    const { noCache } = await import(${JSON.stringify(new URL('./storage-cache.ts', import.meta.url).href)})
    const s3 = await connectS3(${JSON.stringify(settings)})
    const said = await assertUsable(s3)
    const storage = s3Storage({ s3, cache: noCache, now: () => Date.now(), links: {} })
    await storage.put('media/aa/a', Buffer.from('bytes'))
    console.log(JSON.stringify([said, await storage.link('media/aa/a', { mime: 'image/png', forMs: 1_800_000 })]))
    s3.client.destroy()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  const [said, link] = JSON.parse(stdout) as [string, string]
  expect(said).toMatch(/clock and this machine's are 10[78]\d\d s apart/)
  expect(await (await fetch(link)).text()).toBe('bytes')
})

test('more readers than the cache has room for each get their file', async () => {
  const { storage } = await opened({}, 1_000_000)
  const keys = Array.from({ length: 6 }, (_, i) => `media/aa/k${i}`)
  await Promise.all(keys.map((key, i) => storage.put(key, Buffer.alloc(900_000, String(i)))))
  await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      holding(async (hold) => {
        const bytes = await readFile(await storage.local(keys[n % 6]!, hold))
        expect([bytes.length, bytes[7]]).toEqual([900_000, 48 + (n % 6)])
      }),
    ),
  )
})

/** A door before the server that answers some requests itself: gives the status it says instead, null lets it through. */
const door = async (judge: (method: string, url: URL) => number | null) => {
  const proxy = createServer((req, res) => {
    const status = judge(req.method!, new URL(req.url!, server.endpoint))
    if (status !== null) {
      req.resume()
      return void res
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<Error><Code>${status === 503 ? 'SlowDown' : 'InternalError'}</Code></Error>`)
    }
    const to = { method: req.method, headers: req.headers }
    const behind = httpRequest(server.endpoint + req.url, to, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(res)
    })
    behind.on('error', () => res.destroy())
    req.pipe(behind)
  })
  await new Promise<void>((r) => proxy.listen(0, '127.0.0.1', r))
  undo.push(() => {
    proxy.closeAllConnections()
    return new Promise((r) => proxy.close(r))
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

test('a server that asks to slow down is asked again, and given up in the end', async () => {
  let refuse = 2
  let asked = 0
  const { storage } = await opened({
    endpoint: await door((method) => {
      if (method === 'PUT') asked++
      return method === 'PUT' && refuse-- > 0 ? 503 : null
    }),
  })
  await storage.put('media/aa/a', Buffer.from('bytes'))
  expect([asked, (await storage.read('media/aa/a')).toString()]).toEqual([3, 'bytes'])
  refuse = Number.POSITIVE_INFINITY
  asked = 0
  await expect(storage.put('media/aa/b', Buffer.from('bytes'))).rejects.toThrow(StorageAway)
  expect(asked).toBe(4)
})

test('an upload whose part is refused stops reading its sender, and leaves nothing', async () => {
  const { storage, keys, parts, dir } = await opened({
    endpoint: await door((method, url) =>
      method === 'PUT' && url.searchParams.get('partNumber') === '2' ? 500 : null,
    ),
  })
  let read = 0
  let closed = false
  const sender = async function* () {
    try {
      for (let n = 0; n < 1000; n++) {
        read += 1_000_000
        yield Buffer.alloc(1_000_000)
      }
    } finally {
      closed = true
    }
  }
  await expect(storage.putStream('incoming/long', sender(), { maxBytes: 2 ** 32 })).rejects.toThrow(StorageAway)
  // The part that was refused, and the one that filled meanwhile.
  expect([closed, read < 30_000_000]).toEqual([true, true])
  expect([...(await keys()), ...(await parts()), ...(await readdir(dir))]).toEqual([])
})

test('a server that is away is no missing file, and is used again when it is back', async () => {
  const { storage, s3, dir } = await opened()
  await storage.put('media/aa/a', big)
  const reading = await storage.stream('media/aa/a')
  await server.close()
  await expect(storage.size('media/aa/a')).rejects.toThrow(StorageAway)
  await expect(storage.read('media/aa/a')).rejects.toThrow(StorageAway)
  await expect(holding((hold) => storage.local('media/aa/a', hold))).rejects.toThrow(StorageAway)
  const cut = (async function* () {
    yield big
  })()
  await expect(storage.putStream('incoming/b', cut, { maxBytes: 2 ** 30 })).rejects.toThrow(StorageAway)
  expect(await readdir(dir)).toEqual([])
  expect(await storage.trouble()).toMatch(/^S3: it does not answer/)
  expect(await whyNot(s3)).toMatchObject({ passing: true })
  // A start meets a server that is away: it is told, and waited for.
  expect(await assertUsable(s3)).toMatch(/does not answer/)
  await server.open()
  expect(await storage.trouble()).toBeNull()
  const chunks: Buffer[] = []
  for await (const chunk of await storage.stream('media/aa/a')) chunks.push(chunk as Buffer)
  expect(Buffer.concat(chunks).equals(big)).toBe(true)
  // The one that was cut off goes on where it was, or says that it could not.
  const rest: Buffer[] = []
  const outcome = await (async () => {
    for await (const chunk of reading) rest.push(chunk as Buffer)
    return 'whole'
  })().catch((e: Error) => e)
  if (outcome === 'whole') expect(Buffer.concat(rest).equals(big)).toBe(true)
  else expect(outcome).toBeInstanceOf(StorageAway)
})
