/**
 * `npm run attack`: does Clarion hold? Starts one of its own, with the sandbox, and goes at it over HTTP with the cases of
 * the security issue and their siblings: one row a case. Everything stays on loopback and is bounded.
 *
 *   --json            one last line `{"cases":n,"held":n,"peak_rss_mb":n}`
 *   --only <text>     cases whose name holds this
 *
 * Exit code 1 when something gave way, or when the process reached 600 MB.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { freePort } from '#infra/testing/free-port.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import { watch } from '../media/memory.ts'
import { api } from './api.ts'
import { doors } from './doors.ts'
import { limits } from './limits.ts'
import { memoryCases } from './memory.ts'
import { passwords } from './passwords.ts'
import { asker, type Case, cookieOf, inTurn, listening, type Stand, signIn } from './stand.ts'
import { text } from './text.ts'

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})
const mostMb = 600
const bodyMs = 2_000
const say = (line: string) => process.stderr.write(`${line}\n`)
/** What spends the limits on refused requests and on signing in comes last, so that it keeps nobody waiting. */
const cases: readonly Case[] = [
  ...doors,
  ...passwords,
  ...api,
  ...text,
  ...memoryCases.map((c) => ({ ...c, name: `A7 ${c.name}` })),
  ...limits,
].filter((c) => c.name.includes(args.only))

const open = async (
  url: string,
  dataDir: string,
  { inside, allowed }: Pick<Stand, 'inside' | 'allowed'>,
): Promise<Stand> => {
  const password = `owner ${crypto.randomUUID()}`
  const made = await asker(url, '')('/api/v1/setup', {
    as: 'nobody',
    body: { email: 'owner@clarion.local', password, name: 'Olga', workspaceName: 'Attacked', timeZone: 'UTC' },
  })
  if (made.status !== 201) throw new Error(`setting up answered ${made.status}: ${made.text}`)
  const cookie = cookieOf(made.headers)
  const ask = asker(url, cookie)
  const me = (await ask('/api/v1/me')).json as { workspaces: { id: string }[] }
  const ws = `/api/v1/workspaces/${me.workspaces[0]!.id}`
  const connected = await ask(`${ws}/sandbox/connect-all`, { method: 'POST' })
  if (connected.status >= 300) throw new Error(`connecting answered ${connected.status}: ${connected.text}`)
  const { items = [] } = (await ask(`${ws}/channels`)).json as { items?: Stand['channels'] }
  if (items.length < platforms.length) throw new Error(`only ${items.length} channels were connected`)
  const listed = (await ask(`${ws}/platforms`)).json as { items: { id: string; webhookUrl: string | null }[] }
  return {
    url,
    ws,
    cookie,
    bodyMs,
    importsHere: true,
    dataDir,
    ask,
    inside,
    allowed,
    channels: items,
    platforms: listed.items.map((p) => p.id),
    at: (host) => platforms.find((p) => p.spec.hosts.includes(host))!.spec.id,
    webhooks: listed.items.flatMap((p) =>
      p.webhookUrl ? [{ platform: p.id, path: new URL(p.webhookUrl).pathname }] : [],
    ),
    key: async (scopes) => {
      const key = await ask(`${ws}/api-keys`, { body: { name: scopes.join(' '), scopes } })
      if (key.status !== 201) throw new Error(`making a key answered ${key.status}: ${key.text}`)
      return key.json.key as string
    },
    person: async (role) => {
      const who = { email: `${role}.${crypto.randomUUID()}@example.test`, password: `first ${crypto.randomUUID()}` }
      const added = await ask(`${ws}/members`, { body: { ...who, role, name: role } })
      if (added.status !== 201) throw new Error(`adding ${role} answered ${added.status}: ${added.text}`)
      const cookie = await signIn(ask, who)
      // The first password was the owner's choice; the person takes one of their own.
      const password = `own ${crypto.randomUUID()}`
      const body = { currentPassword: who.password, newPassword: password }
      const changed = await inTurn(() => ask('/api/v1/me/password', { as: { cookie }, body }))
      if (changed.status !== 200) throw new Error(`a new password was answered ${changed.status}: ${changed.text}`)
      // The change ends every session, this one too, and gives a new one.
      const own = cookieOf(changed.headers)
      return { email: who.email, password, userId: added.json.userId as string, cookie: own }
    },
    tokens: async (platform) =>
      (await ask(`/sandbox/_desk/${platform}/tokens`, { method: 'POST' })).json as Awaited<ReturnType<Stand['tokens']>>,
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'clarion-attack-'))
await chmod(dataDir, 0o755)
// Another loopback address than the one imports are allowed from, and that one.
const inside = await listening('127.0.0.2')
const allowed = await listening('127.0.0.1')
let clarion: Started | undefined
try {
  say(`Starting a Clarion of its own for ${cases.length} cases.`)
  clarion = await startClarion({
    dataDir,
    port: await freePort(),
    // Imports of the memory cases come from 127.0.0.1; the address that must stay closed is another.
    env: { CLARION_BODY_MS: String(bodyMs), CLARION_ALLOW_PRIVATE_HOSTS: '127.0.0.1' },
  })
  const stand = await open(clarion.url, dataDir, { inside, allowed })
  let held = 0
  let peak = 0
  for (const { name, run } of cases) {
    const begun = performance.now()
    const watching = await watch(clarion.pid)
    const gaveWay = await run(stand).catch((error: Error) => `the case broke: ${error.message}`)
    if (!gaveWay) held++
    const mb = Math.round((await watching.peak()) / 1024 / 1024)
    peak = Math.max(peak, mb)
    const seconds = ((performance.now() - begun) / 1000).toFixed(1)
    say(
      `${gaveWay ? 'GAVE WAY' : 'held    '}  ${seconds.padStart(6)} s  ${String(mb).padStart(4)} MB  ${name}${gaveWay ? `\n            ${gaveWay}` : ''}`,
    )
  }
  say(`${held} of ${cases.length} held; the process reached ${peak} MB.`)
  if (args.json) console.log(JSON.stringify({ cases: cases.length, held, peak_rss_mb: peak }))
  if (held < cases.length || peak >= mostMb) process.exitCode = 1
} finally {
  inside.close()
  allowed.close()
  await clarion?.stop()
  await rm(dataDir, { recursive: true, force: true })
}
