/**
 * The sandbox on its own: `node src/sandbox/main.ts --port 0 [--state file.json] [--seed word] [--scale rate@origin]`.
 * Prints one JSON line `{"url":"http://127.0.0.1:<port>"}` when it is ready. Listens on loopback only.
 * `--allow 127.0.0.1:4400,localhost` names hosts it may fetch media from and send webhooks to although they are private.
 * `--scale 20@1795341600000` runs its clock 20 times faster from that instant (epoch ms), for the crash matrix.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { type Clock, scaledClock, systemClock } from '#infra/clock.ts'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import { createSandbox } from './host.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    state: { type: 'string' },
    seed: { type: 'string' },
    scale: { type: 'string' },
    allow: { type: 'string', default: '' },
  },
})

const clockOf = (scale: string | undefined): Clock => {
  if (scale === undefined) return systemClock
  const [rate, origin] = scale.split('@').map(Number)
  if (!rate || !origin) throw new Error('--scale takes rate@origin, as in 20@1795341600000')
  return scaledClock(origin, rate)
}

let url = ''
const sandbox = createSandbox({
  imitations,
  clock: clockOf(values.scale),
  url: () => url,
  stateFile: values.state,
  seed: values.seed,
  reach: { allowPrivate: values.allow.toLowerCase().split(',').filter(Boolean) },
  log: (message, details) => console.error(JSON.stringify({ message, ...details })),
})
const server = createServer(sandbox.handle)
server.listen(Number(values.port), '127.0.0.1', () => {
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  console.log(JSON.stringify({ url }))
})

const stop = () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
  void sandbox.close()
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
