/**
 * Runs a real Bluesky server (@atproto/pds) with an in-memory directory of identities (@did-plc/server), both on
 * loopback only. Creates one account with one app password, prints ONE line of JSON on stdout, then serves until
 * SIGTERM or SIGINT, or until the process that started it is gone; then removes its data.
 *   node tools/pds/run.mjs
 * Prints { url, did, handle, password, appPassword, adminPassword, pid }.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pdsFolder } from './install.mjs'

const loopback = '127.0.0.1'

// Neither server takes an address to bind: every listener of this process is put on loopback.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  // A busy machine answers late: a connection that is kept must not be closed while the next request is on its way
  // ("fetch failed").
  if ('keepAliveTimeout' in this) this.keepAliveTimeout = 600_000
  if (typeof first === 'number')
    return listen.call(this, { port: first, host: loopback }, ...rest.filter((arg) => typeof arg === 'function'))
  if (first && typeof first === 'object' && !first.path) return listen.call(this, { ...first, host: loopback }, ...rest)
  return listen.call(this, first, ...rest)
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = net.createServer().on('error', reject)
    server.listen(0, () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const require = createRequire(join(pdsFolder(), 'package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)).href)
const { PlcServer, Database } = await load('@did-plc/server')
const { PDS } = await load('@atproto/pds')
const { Secp256k1Keypair } = await load('@atproto/crypto')

/** Between looking for a free port and taking it, another process may be faster: then the next one. */
const onFreePort = async (start) => {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return { port, server: await start(port) }
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || tries === 5) throw error
      console.error(`port ${port} was taken in the meantime`)
    }
  }
}

const { port: plcPort, server: plc } = await onFreePort(async (port) => {
  const server = PlcServer.create({ db: Database.mock(), port })
  await server.start()
  return server
})

const dir = mkdtempSync(join(tmpdir(), 'clarion-pds-'))
mkdirSync(join(dir, 'data'))
const adminPassword = randomBytes(12).toString('hex')
const { port, server: pds } = await onFreePort(async (port) => {
  const server = await PDS.fromEnv({
    // Makes the public URL plain http://localhost:PORT.
    devMode: true,
    port,
    hostname: 'localhost',
    dataDirectory: join(dir, 'data'),
    blobstoreDiskLocation: join(dir, 'blobs'),
    blobUploadLimit: 5 * 1024 * 1024,
    didPlcUrl: `http://${loopback}:${plcPort}`,
    recoveryDidKey: (await Secp256k1Keypair.create()).did(),
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    adminPassword,
    jwtSecret: randomBytes(16).toString('hex'),
    dpopSecret: randomBytes(32).toString('hex'),
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    disableSsrfProtection: true,
    rateLimitsEnabled: false,
    // There is no app view here: reads of `app.bsky.*` answer 502, as with a server whose app view is down.
    bskyAppViewUrl: 'https://appview.invalid',
    bskyAppViewDid: 'did:example:invalid',
    bskyAppViewCdnUrlPattern: 'http://cdn.invalid/%s/%s/%s',
    modServiceUrl: 'https://mod.invalid',
    modServiceDid: 'did:example:invalid',
    crawlers: [],
  })
  await server.start()
  return server
})

const call = async (nsid, body, token) => {
  const reply = await fetch(`http://${loopback}:${port}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  })
  const answer = await reply.text()
  if (!reply.ok) throw new Error(`${nsid} ${reply.status} ${answer}`)
  return JSON.parse(answer)
}
const password = randomBytes(9).toString('hex')
const account = await call('com.atproto.server.createAccount', {
  handle: 'alice.test',
  email: 'alice@mail.test',
  password,
})
const app = await call('com.atproto.server.createAppPassword', { name: 'clarion' }, account.accessJwt)

let stopping = false
const stop = async () => {
  if (stopping) return
  stopping = true
  await pds.destroy().catch((error) => console.error(error))
  await plc.destroy().catch((error) => console.error(error))
  rmSync(dir, { recursive: true, force: true })
  process.exit(0)
}
process.on('SIGTERM', stop).on('SIGINT', stop)
// A killed test run leaves no server behind: its end of our stdin closes with it.
process.stdin.on('end', stop).on('close', stop).resume()

console.log(
  JSON.stringify({
    pid: process.pid,
    url: `http://localhost:${port}`,
    did: account.did,
    handle: account.handle,
    password,
    appPassword: app.password,
    adminPassword,
  }),
)
