/**
 * `npm run demo`: the main job, once, in a terminal. A Clarion of its own on loopback, one sandbox channel on every
 * platform through the real connect flows, one post made for each of them, due in a few seconds; then each network is
 * asked what it holds.
 *
 *   --json        one last line with the counts
 *   --all-types   one post of every content type of every platform
 *   --keep        keeps the data folder (its path is printed)
 *
 * Exits 0 only when every network holds exactly what it should.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { Channel } from '#contract/channels.ts'
import type { Me } from '#contract/people.ts'
import type { Post, PublicationDetail } from '#contract/posts.ts'
import { sandboxClient } from '#contract/sandbox-client.ts'
import { freePort } from '#infra/testing/free-port.ts'
import { samples } from '#platforms/registry/samples.gen.ts'
import { type Started, startClarion } from './clarion.ts'
import { createClient } from './client.ts'
import { writePosts } from './plan.ts'
import { createScreen } from './screen.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    'all-types': { type: 'boolean', default: false },
  },
})
/** Time for preparing: networks work on videos for seconds, and one post of every type is a lot at once. */
const dueInMs = args['all-types'] ? 60_000 : 8_000
/**
 * With --all-types every publication is due alone, network after network: so a channel's are further apart than a network
 * checks a post, and TikTok's than the six a minute it takes of an account.
 */
const apartMs = 1_000
/** A post this late through Clarion is named (ms). */
const oursFromMs = 1_000
const patienceMs = 180_000
const settled = new Set(['published', 'failed', 'unconfirmed', 'held', 'missed', 'cancelled'])

const percentile = (sorted: number[], p: number) =>
  sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)] ?? 0

const dataDir = await mkdtemp(join(tmpdir(), 'clarion-demo-'))
await chmod(dataDir, 0o755)
const screen = createScreen({ plain: args.json || !process.stdout.isTTY })
let clarion: Started | undefined
const cleanUp = async () => {
  await clarion?.stop()
  if (!args.keep) await rm(dataDir, { recursive: true, force: true })
}
process.once('SIGINT', () => void cleanUp().finally(() => process.exit(130)))

/** Ids of what each network holds. */
const holdings = async (url: string, channels: readonly Channel[]) => {
  const out = new Map<string, Set<string>>()
  for (const platform of new Set(channels.map((c) => c.platform))) {
    const res = await fetch(`${url}/sandbox/_desk/${platform}/posts`)
    const posts = (await res.json()) as { id: string; deleted?: boolean }[]
    out.set(platform, new Set(posts.filter((p) => !p.deleted).map((p) => p.id)))
  }
  return out
}

type Notice = { platform: string; call: string; kind: string; what: string }
/** What the networks had to ignore in Clarion's own calls: nothing, or Clarion sends what they do not document. */
const ownNotices = async (url: string): Promise<Notice[]> => {
  const res = await fetch(`${url}/sandbox/_desk/notices?client=${sandboxClient.name}`)
  if (!res.ok) throw new Error(`the desk gave no notices: ${res.status}`)
  return (await res.json()) as Notice[]
}

const show = async (): Promise<boolean> => {
  screen.say('Starting a Clarion of its own (database, engine, sandbox networks) …')
  clarion = await startClarion({ dataDir, port: await freePort(), onProgress: screen.progress })
  const { url } = clarion
  const client = createClient(url)
  const password = crypto.randomUUID()
  await client.call('POST', '/api/v1/setup', {
    name: 'Demo Owner',
    email: 'demo@clarion.local',
    password,
    workspaceName: 'Demo',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  })
  const me = await client.call<Me>('GET', '/api/v1/me')
  const ws = `/api/v1/workspaces/${me.workspaces[0]!.id}`

  screen.say('Connecting one sandbox channel on every platform, through each real connect flow …')
  const { items: channels } = await client.call<{ items: Channel[] }>('POST', `${ws}/sandbox/connect-all`)
  for (const c of channels) screen.say(`  ${c.platform.padEnd(16)} ${c.handle}`)

  const mark = `demo ${crypto.randomUUID().slice(0, 8)}`
  screen.say(args['all-types'] ? 'Writing one post of every content type …' : 'Writing the post …')
  const planned = await writePosts(client, ws, channels, samples, { allTypes: args['all-types'], mark })
  const before = await holdings(url, channels)
  const due = Date.now() + dueInMs
  const networksInTurn = [...new Set(channels.map((c) => c.platform))]
  const roundMs = networksInTurn.length * apartMs
  for (const [i, { post, parts: p }] of planned.entries()) {
    const at = (turn: number) => ({ at: new Date(due + i * roundMs + turn * apartMs).toISOString() })
    await client.call('POST', `${ws}/posts/${post.id}/schedule`, at(0))
    if (args['all-types'])
      for (const [n, { id }] of post.publications.entries())
        await client.call(
          'POST',
          `${ws}/publications/${id}/reschedule`,
          at(networksInTurn.indexOf(p[n]!.channel.platform)),
        )
  }
  const parts = planned.flatMap(({ post, parts: p }) =>
    post.publications.map((x, i) => ({ ...p[i]!, id: x.id, name: `${p[i]!.channel.platform} ${p[i]!.type}` })),
  )
  screen.say(`Scheduled from ${new Date(due).toISOString()} on: ${parts.length} publications.\n`)

  const details = new Map<string, PublicationDetail>()
  /** The posts tell what has changed; only that is read in full, for the API takes 600 requests a minute. */
  const look = async () => {
    for (const { post } of planned) {
      const { publications } = await client.call<Post>('GET', `${ws}/posts/${post.id}`)
      for (const { id, state } of publications)
        if (details.get(id)?.state !== state)
          details.set(id, await client.call<PublicationDetail>('GET', `${ws}/publications/${id}`))
    }
    return parts.map((p) => ({ platform: p.name, publication: details.get(p.id)! }))
  }
  let rows = await look()
  const end = due + planned.length * roundMs + patienceMs
  while (rows.some((r) => !settled.has(r.publication.state)) && Date.now() < end) {
    screen.table(rows, due - Date.now())
    await new Promise((r) => setTimeout(r, 150 * planned.length))
    rows = await look()
  }
  screen.table(rows, 0, true)

  const all = rows.map((r) => r.publication)
  const after = await holdings(url, channels)
  const networks = [...after].map(([platform, ids]) => {
    const mine = parts.filter((p) => p.channel.platform === platform)
    const told = mine.filter((p) => details.get(p.id)!.state !== 'published' && settled.has(details.get(p.id)!.state))
    const there = [...ids].filter((id) => !before.get(platform)!.has(id)).length
    const sum = (list: typeof mine) => list.reduce((n, p) => n + p.expected, 0)
    return { platform, there, expected: sum(mine), due: sum(mine) - sum(told) }
  })
  const measured = all.flatMap(({ latenessMs, sentAt, dueAt, preparedAt }, i) =>
    latenessMs === null || sentAt === null || dueAt === null
      ? []
      : [{ name: rows[i]!.platform, total: latenessMs, ours: Date.parse(sentAt) - Date.parse(dueAt), preparedAt }],
  )
  const percentiles = (list: number[]) => {
    const sorted = list.sort((x, y) => x - y)
    return { p50: percentile(sorted, 50), p99: percentile(sorted, 99), max: sorted.at(-1) ?? 0 }
  }
  const published = all.filter((p) => p.state === 'published').length
  const notices = await ownNotices(url)
  const line = {
    platforms: networks.length,
    publications: all.length,
    published,
    duplicates: networks.reduce((n, x) => n + Math.max(0, x.there - x.expected), 0),
    // Lost: neither on the network nor told to a person.
    lost: networks.reduce((n, x) => n + Math.max(0, x.due - x.there), 0),
    notices: notices.length,
    prepared: measured.filter((m) => m.preparedAt !== null).length,
    lateness_ms: {
      ...percentiles(measured.map((m) => m.total)),
      // Until the request of the create left, and from there until the network had it out.
      ours: percentiles(measured.map((m) => m.ours)),
      network: percentiles(measured.map((m) => m.total - m.ours)),
    },
  }
  const good = published === all.length && networks.every((x) => x.there === x.expected) && notices.length === 0

  screen.say('\nAsked each network itself:')
  for (const x of networks)
    screen.say(`  ${x.platform.padEnd(16)} ${x.there} of ${x.expected} posts  ${url}/sandbox/_feed/${x.platform}`)
  screen.say(
    good
      ? `\nPublished once on every network; p99 ${line.lateness_ms.p99} ms late, ${line.lateness_ms.ours.p99} ms of it Clarion's.`
      : '\nNot every network holds exactly what it should.',
  )
  for (const x of notices)
    screen.say(`  ${x.platform}: ${x.call} was sent what the network ignores (${x.kind}): ${x.what}`)
  for (const r of rows)
    if (r.publication.state !== 'published')
      screen.say(`  ${r.platform}: ${r.publication.state} ${r.publication.reason ?? ''} ${r.publication.message ?? ''}`)
  for (const m of measured)
    if (m.ours >= oursFromMs) screen.say(`  ${m.name}: Clarion sent it ${m.ours} ms after its time`)
  if (args.keep) screen.say(`Kept: npm start -- --data ${dataDir}`)
  if (!args.json && process.stdin.isTTY && process.stdout.isTTY) {
    screen.say('The feed pages above stay open until you press Enter.')
    await new Promise((r) => process.stdin.once('data', r))
  }
  if (args.json) console.log(JSON.stringify(line))
  return good
}

try {
  process.exitCode = (await show()) ? 0 : 1
} catch (error) {
  console.error(`\nThe demo broke: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await cleanUp()
}
process.exit()
