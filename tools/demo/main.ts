/**
 * `npm run demo`: the main job, once, in a terminal. A Clarion of its own on loopback, one sandbox channel on every
 * platform through the real connect flows, one post with a picture, due in a few seconds; then each network is asked
 * how many copies it holds.
 *
 *   --json   one last line with the counts
 *   --keep   keeps the data folder (its path is printed)
 *
 * Exits 0 only when every network holds exactly one copy.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import type { Channel } from '#contract/channels.ts'
import type { Media } from '#contract/media.ts'
import type { Me } from '#contract/people.ts'
import type { Post, PublicationDetail } from '#contract/posts.ts'
import { freePort, type Started, startClarion } from './clarion.ts'
import { createClient } from './client.ts'
import { createScreen } from './screen.ts'

const { values: args } = parseArgs({
  options: { json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
})
const dueInMs = 4_000
const patienceMs = 60_000
const settled = new Set(['published', 'failed', 'unconfirmed', 'held', 'missed', 'cancelled'])

const poster = (text: string) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="1080" height="1080"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#1f6feb"/><stop offset="1" stop-color="#8b5cf6"/></linearGradient></defs><rect width="1080" height="1080" fill="url(#g)"/><circle cx="540" cy="470" r="210" fill="none" stroke="#fff" stroke-width="28"/><path d="M440 470l70 75 140-150" fill="none" stroke="#fff" stroke-width="36" stroke-linecap="round" stroke-linejoin="round"/><text x="540" y="830" font-family="sans-serif" font-size="72" fill="#fff" text-anchor="middle">${text}</text></svg>`,
    ),
  )
    .jpeg({ quality: 88 })
    .toBuffer()

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

const show = async (): Promise<boolean> => {
  screen.say('Starting a Clarion of its own (database, engine, sandbox networks) …')
  clarion = await startClarion({ dataDir, port: await freePort(), onProgress: screen.progress })
  const { url } = clarion
  const { call, upload } = createClient(url)
  const password = crypto.randomUUID()
  await call('POST', '/api/v1/setup', {
    name: 'Demo Owner',
    email: 'demo@clarion.local',
    password,
    workspaceName: 'Demo',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  })
  const me = await call<Me>('GET', '/api/v1/me')
  const ws = `/api/v1/workspaces/${me.workspaces[0]!.id}`

  screen.say('Connecting one sandbox channel on every platform, through each real connect flow …')
  const { items: channels } = await call<{ items: Channel[] }>('POST', `${ws}/sandbox/connect-all`)
  for (const c of channels) screen.say(`  ${c.platform.padEnd(16)} ${c.handle}`)

  const mark = `demo ${crypto.randomUUID().slice(0, 8)}`
  const media = await upload<Media>(
    `${ws}/media`,
    new Blob([new Uint8Array(await poster('exactly once'))], { type: 'image/jpeg' }),
    'poster.jpg',
    'A white tick in a circle on blue and violet',
  )
  const post = await call<Post>('POST', `${ws}/posts`, {
    content: {
      segments: [
        { text: `A post goes out exactly once, on time, or a person is told why. (${mark})`, mediaIds: [media.id] },
      ],
    },
    publications: channels.map((c) => ({ channelId: c.id })),
  })
  const due = new Date(Date.now() + dueInMs)
  await call('POST', `${ws}/posts/${post.id}/schedule`, { at: due.toISOString() })
  screen.say(`Scheduled for ${due.toISOString()} on ${channels.length} channels.\n`)

  const names = new Map(channels.map((c) => [c.id, c.platform]))
  const read = () =>
    Promise.all(post.publications.map((p) => call<PublicationDetail>('GET', `${ws}/publications/${p.id}`)))
  let all = await read()
  const end = due.getTime() + patienceMs
  while (all.some((p) => !settled.has(p.state)) && Date.now() < end) {
    screen.table(
      all.map((p) => ({ platform: names.get(p.channelId)!, publication: p })),
      due.getTime() - Date.now(),
    )
    await new Promise((r) => setTimeout(r, 120))
    all = await read()
  }
  screen.table(
    all.map((p) => ({ platform: names.get(p.channelId)!, publication: p })),
    0,
    true,
  )

  const copies = await Promise.all(
    channels.map(async (c) => {
      const posts = (await (await fetch(`${url}/sandbox/_desk/${c.platform}/posts`)).json()) as {
        text: string
        deleted?: boolean
      }[]
      return posts.filter((p) => p.text.includes(mark) && !p.deleted).length
    }),
  )
  const lateness = all.flatMap((p) => (p.latenessMs === null ? [] : [p.latenessMs])).sort((a, b) => a - b)
  const published = all.filter((p) => p.state === 'published').length
  const duplicates = copies.reduce((n, c) => n + Math.max(0, c - 1), 0)
  // Lost: neither on the network nor told to a person.
  const told = (state: string) => state !== 'published' && settled.has(state)
  const lost = all.filter((p, i) => !told(p.state) && copies[i] === 0).length
  const line = {
    platforms: channels.length,
    publications: all.length,
    published,
    duplicates,
    lost,
    lateness_ms: { p50: percentile(lateness, 50), p99: percentile(lateness, 99) },
  }
  const good = published === all.length && copies.every((n) => n === 1)

  screen.say('\nAsked each network itself:')
  for (const [i, c] of channels.entries())
    screen.say(
      `  ${c.platform.padEnd(16)} ${copies[i]} ${copies[i] === 1 ? 'copy  ' : 'copies'}  ${url}/sandbox/_feed/${c.platform}`,
    )
  screen.say(
    good
      ? `\nPublished once on every network; p99 ${line.lateness_ms.p99} ms late.`
      : '\nNot every network holds exactly one copy.',
  )
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
