/**
 * Attacks on memory and time: files that unpack to a thousand times their size, many of them at once, bodies that never end.
 * Each case is given a running Clarion and somebody who may upload; it says what gave way, or null when everything held.
 */
import { createServer, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { packedPng, png } from '#kit/testing/media.ts'
import { slowestWhile } from './waiting.ts'

export type MemoryStand = {
  url: string
  /** `/api/v1/workspaces/<id>` */
  ws: string
  cookie: string
  /** What the process was given as CLARION_BODY_MS. */
  bodyMs: number
  /** May it import from 127.0.0.1 (CLARION_ALLOW_PRIVATE_HOSTS)? */
  importsHere: boolean
}
export type MemoryCase = { name: string; run: (stand: MemoryStand) => Promise<string | null> }

const boundary = 'clarion-attack'
const wrapped = (bytes: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n`,
    ),
    bytes,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
const headers = ({ url, cookie }: MemoryStand) => ({
  cookie,
  origin: url,
  'content-type': `multipart/form-data; boundary=${boundary}`,
})
const upload = async (stand: MemoryStand, bytes: Uint8Array): Promise<{ status: number; thumbUrl?: string }> => {
  const res = await fetch(`${stand.url}${stand.ws}/media`, {
    method: 'POST',
    headers: headers(stand),
    body: new Blob([new Uint8Array(wrapped(bytes))]),
  })
  return { status: res.status, thumbUrl: ((await res.json()) as { thumbUrl?: string }).thumbUrl }
}
/** An answer that reads a file. */
const page = (stand: MemoryStand) => async () => (await fetch(`${stand.url}/`)).arrayBuffer()
/** Before, one bomb stopped files for 49 s. */
const patienceMs = 10_000

const bombs: MemoryCase = {
  name: 'interlaced PNGs of 16 bits, a dozen at once',
  run: async (stand) => {
    const bomb = packedPng({ width: 7700, height: 7700, bits: 16, interlaced: true })
    const answers: number[] = []
    const all = Promise.all(Array.from({ length: 12 }, async () => answers.push((await upload(stand, bomb)).status)))
    const worst = await slowestWhile(all, page(stand), 100)
    if (answers.some((s) => s !== 422)) return `the bombs were answered ${answers.join(', ')}`
    return worst > patienceMs ? `other answers took ${Math.round(worst)} ms` : null
  },
}

const crowd: MemoryCase = {
  name: 'the largest pictures that are taken, all at once, with their small pictures',
  run: async (stand) => {
    const large = packedPng({ width: 7700, height: 7700, interlaced: true })
    const answers: number[] = []
    const one = async () => {
      const { status, thumbUrl } = await upload(stand, large)
      answers.push(status)
      if (thumbUrl) answers.push((await fetch(`${stand.url}${thumbUrl}`, { headers: { cookie: stand.cookie } })).status)
    }
    const worst = await slowestWhile(Promise.all(Array.from({ length: 6 }, one)), page(stand), 100)
    if (answers.some((s) => s !== 201 && s !== 200)) return `they were answered ${answers.join(', ')}`
    return worst > patienceMs ? `other answers took ${Math.round(worst)} ms` : null
  },
}

const imports: MemoryCase = {
  name: 'imports of the largest size, sixty at once',
  run: async (stand) => {
    if (!stand.importsHere) return null
    const bytes = png({ bytes: 24_000_000 })
    const shop = createServer((_req, res) => void res.writeHead(200, { 'content-type': 'image/png' }).end(bytes))
    await new Promise<void>((r) => shop.listen(0, '127.0.0.1', r))
    const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/a.png`
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const res = await fetch(`${stand.url}${stand.ws}/media/import`, {
          method: 'POST',
          headers: { cookie: stand.cookie, origin: stand.url, 'content-type': 'application/json' },
          body: JSON.stringify({ url }),
        })
        await res.arrayBuffer()
        return res.status
      }),
    )
    shop.closeAllConnections()
    shop.close()
    const odd = answers.filter((s) => s !== 201 && s !== 429)
    return odd.length > 0 || !answers.includes(429) ? `they were answered ${[...new Set(answers)].join(', ')}` : null
  },
}

const hanging: MemoryCase = {
  name: 'sixty uploads that promise much and send little',
  run: async (stand) => {
    const refused: number[] = []
    const open = Array.from({ length: 60 }, () => {
      const req = request(`${stand.url}${stand.ws}/media`, {
        method: 'POST',
        headers: { ...headers(stand), 'content-length': 25_000_000 },
      })
      req.on('error', () => undefined)
      req.on('response', (res) => void refused.push(res.resume().statusCode ?? 0))
      req.write(wrapped(png()).subarray(0, 200))
      return req
    })
    for (let n = 0; n < 100 && refused.length < 20; n++) await new Promise((r) => setTimeout(r, 100))
    for (const req of open) req.destroy()
    if (refused.length !== 20 || refused.some((s) => s !== 429)) return `${refused.length} of 20 were sent away`
    // Their places come back.
    for (let n = 0; n < 50; n++) {
      if ((await upload(stand, png())).status === 201) return null
      await new Promise((r) => setTimeout(r, 100))
    }
    return 'no upload is taken any more'
  },
}

const dribbles: MemoryCase = {
  name: 'bodies that dribble, on every kind of route',
  run: async (stand) => {
    const { hostname, port } = new URL(stand.url)
    const paths = [
      '/api/v1/setup',
      '/api/auth/sign-in/email',
      '/nowhere',
      '/webhooks/x-com',
      `${stand.ws}/media/import`,
    ]
    const left: string[] = []
    for (const path of paths) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined).resume()
      const ended = new Promise<boolean>((r) => socket.once('close', () => r(true)))
      const drops = setInterval(() => socket.write(' '), 200)
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${stand.cookie}\r\norigin: ${stand.url}\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{`,
      )
      const late = new Promise<boolean>((r) => setTimeout(() => r(false), stand.bodyMs + 5_000))
      if (!(await Promise.race([ended, late]))) left.push(path)
      clearInterval(drops)
      socket.destroy()
    }
    return left.length > 0 ? `still open: ${left.join(', ')}` : null
  },
}

const bodies: MemoryCase = {
  name: 'the largest bodies the sandbox takes, a dozen at once',
  run: async (stand) => {
    const body = new Blob([Buffer.alloc(64 * 1024 * 1024)])
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const res = await fetch(`${stand.url}/sandbox/api.x.com/2/media/upload`, {
          method: 'POST',
          headers: { cookie: stand.cookie, origin: stand.url, 'content-type': 'application/octet-stream' },
          body,
        })
        await res.arrayBuffer()
        return res.status
      }),
    )
    return answers.some((s) => s < 400 || s === 500) ? `they were answered ${answers.join(', ')}` : null
  },
}

export const memoryCases: readonly MemoryCase[] = [bombs, crowd, imports, hanging, dribbles, bodies]
