import { openAsBlob } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createHttp } from '#kit/client/http.ts'
import { failures } from './failures.ts'
import { sendFile } from './upload.ts'

const size = 120_000_000

/** The collector by hand: what is still there afterwards is really kept, however busy the machine is. */
const collect = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

const lease = {
  args: {
    action: '//reddit-uploaded-video.s3-accelerate.amazonaws.com',
    fields: [
      { name: 'acl', value: 'private' },
      { name: 'key', value: 'abc123' },
    ],
  },
  asset: { asset_id: 'abc123' },
}

/** Reddit's lease and S3 as far as they matter here: counts what comes and says 201. */
const sink = async () => {
  const seen = { bytes: 0, length: '', chunked: false, authorization: false }
  const server = createServer((req, res) => {
    if (req.url!.includes('/api/media/asset.json')) {
      req.resume()
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(lease))
      return
    }
    seen.length = req.headers['content-length'] ?? ''
    seen.chunked = req.headers['transfer-encoding'] !== undefined
    seen.authorization = req.headers.authorization !== undefined
    req.on('data', (part: Buffer) => {
      seen.bytes += part.length
    })
    req.on('end', () => res.writeHead(201).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox`
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { seen, url, close }
}

test('a film goes to S3 from the disk: its length is told, no token is sent, and memory stays flat', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clarion-film-'))
  const s3 = await sink()
  try {
    const path = join(folder, 'film.mp4')
    const file = await open(path, 'w')
    await file.truncate(size)
    await file.close()
    const http = createHttp({ realm: 'sandbox', sandboxUrl: s3.url, failures, now: () => 0 })
    const film = {
      id: 'm',
      kind: 'video' as const,
      mime: 'video/mp4',
      bytes: size,
      width: 1280,
      height: 720,
      durationMs: 60_000,
      alt: '',
      blob: () => openAsBlob(path),
      url: async () => '',
    }
    const idle = process.memoryUsage().arrayBuffers
    let peak = idle
    const gc = collect()
    const watch = setInterval(() => {
      gc()
      peak = Math.max(peak, process.memoryUsage().arrayBuffers)
    }, 150)
    const asset = await sendFile({ http, access: 'secret', userAgent: 'web:test:v1 (by /u/test)' }, film)
    clearInterval(watch)
    expect(asset).toEqual({
      assetId: 'abc123',
      url: 'https://reddit-uploaded-video.s3-accelerate.amazonaws.com/abc123',
    })
    expect(s3.seen).toEqual({
      bytes: Number(s3.seen.length),
      length: expect.stringMatching(/^12000\d{4}$/),
      chunked: false,
      authorization: false,
    })
    // A kept copy would be the whole file.
    expect(peak - idle).toBeLessThan(64_000_000)
  } finally {
    s3.close()
    await rm(folder, { recursive: true, force: true })
  }
})
