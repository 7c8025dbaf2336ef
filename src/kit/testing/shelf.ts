/** A little server of the bench: networks pull test files from it, and send it their webhooks. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export type CaughtHook = { headers: Record<string, string>; body: Buffer }

/** Starts on first use, on a free loopback port. */
export const createShelf = () => {
  const files = new Map<string, { bytes: Uint8Array; mime: string }>()
  const hooks: CaughtHook[] = []
  let server: Server | undefined
  let opening: Promise<string> | undefined

  const open = (): Promise<string> => {
    opening ??= new Promise((resolve) => {
      server = createServer((req, res) => {
        if (req.method === 'POST') {
          const parts: Buffer[] = []
          req.on('data', (part: Buffer) => parts.push(part))
          req.on('end', () => {
            const headers = Object.fromEntries(
              Object.entries(req.headers).flatMap(([k, v]) => (v === undefined ? [] : [[k, String(v)]])),
            )
            hooks.push({ headers, body: Buffer.concat(parts) })
            res.writeHead(200).end('ok')
          })
          return
        }
        const file = files.get(decodeURIComponent((req.url ?? '/').slice(1)))
        if (!file) return void res.writeHead(404).end()
        const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '')
        const from = range ? Number(range[1]) : 0
        const to = range?.[2] ? Math.min(Number(range[2]), file.bytes.length - 1) : file.bytes.length - 1
        res.writeHead(range ? 206 : 200, {
          'content-type': file.mime,
          'content-length': to - from + 1,
          'accept-ranges': 'bytes',
          ...(range ? { 'content-range': `bytes ${from}-${to}/${file.bytes.length}` } : {}),
        })
        res.end(req.method === 'HEAD' ? undefined : file.bytes.subarray(from, to + 1))
      }).listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server!.address() as AddressInfo).port}`))
    })
    return opening
  }

  return {
    publish: async (id: string, bytes: Uint8Array<ArrayBuffer>, mime: string): Promise<string> => {
      files.set(id, { bytes, mime })
      return `${await open()}/${encodeURIComponent(id)}`
    },
    /** Where webhooks may be sent. */
    hookUrl: async () => `${await open()}/hook`,
    hooks,
    close: async () => {
      if (!server) return
      server.closeAllConnections()
      await new Promise((resolve) => server!.close(resolve))
    },
  }
}
