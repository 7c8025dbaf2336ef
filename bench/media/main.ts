/**
 * Is memory flat while a large file comes and goes? Starts a whole Clarion as a process of its own, sends it a video over
 * HTTP, fetches it back, publishes it on a sandbox network in another process, and tells how far its memory rose above
 * where it was before. Once with the files on the disk and, where Ceph's radosgw is installed, once with them in a bucket.
 *
 *   --json            one line
 *   --mb <n>          size of the file, default 1024
 *   --platform <id>   publish there (may be given again); default: the network that takes the largest videos
 *   --hostile         instead: the attacks on memory and time of bench/attack/memory.ts
 *
 * Exit code 1 when it rose by 64 MB or more; with --hostile when something gave way or the process reached 600 MB.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { freePort } from '#infra/testing/free-port.ts'
import { samples } from '#platforms/registry/samples.gen.ts'
import { platforms } from '#platforms/registry/server.gen.ts'
import { type Started, startClarion } from '../../tools/demo/clarion.ts'
import { type Client, createClient } from '../../tools/demo/client.ts'
import { memoryCases } from '../attack/memory.ts'
import { startSandboxProcess } from '../stand/sandbox.ts'
import { settle, watch, watchChildren } from './memory.ts'
import { phasesFor, type Stand } from './phases.ts'

const { values: args } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    mb: { type: 'string', default: '1024' },
    platform: { type: 'string', multiple: true, default: [] },
    hostile: { type: 'boolean', default: false },
  },
})
const mb = Number(args.mb)
const limitMb = 64
/** What the attacked process is given as CLARION_BODY_MS. */
const bodyMs = 2_000
const say = (line: string) => process.stderr.write(`${line}\n`)
const round = (n: number) => Number(n.toFixed(1))
const inMb = (bytes: number) => round(bytes / 1024 / 1024)

/** Is memory flat? Gives what it reached. */
const flat = async (stand: Stand, client: Client, pid: number) => {
  // Chosen by the large file, also for the small one.
  const steps = phasesFor(platforms, samples, { bytes: mb * 1024 * 1024, only: args.platform })
  await client.call('POST', `${stand.ws}/sandbox/connect-all`)
  // The same with a small file first: code that is loaded and compiled on first use has nothing to do with sizes.
  const small = { ...stand, bytes: 1024 * 1024 }
  for (const phase of steps) await phase.run(small)
  await settle(pid)

  const first = await watch(pid)
  await first.peak()
  const told: Record<string, { peakMb: number; overIdleMb: number; seconds: number }> = {}
  for (const phase of steps) {
    const watching = await watch(pid)
    const begun = performance.now()
    await phase.run(stand)
    const seconds = (performance.now() - begun) / 1000
    const peak = await watching.peak()
    // Above the first idle, not above what the phase before left behind.
    told[phase.name] = { peakMb: inMb(peak), overIdleMb: inMb(peak - first.idle), seconds: round(seconds) }
    say(`${phase.name}: ${round(seconds)} s, at most ${inMb(peak)} MB, ${inMb(peak - first.idle)} MB above idle`)
  }
  const over = Math.max(...Object.values(told).map((p) => p.overIdleMb))
  if (over >= limitMb) {
    say(`Too much: ${over} MB above idle, the limit is ${limitMb} MB.`)
    process.exitCode = 1
  }
  return { rss_over_idle_mb: over, rss_idle_mb: inMb(first.idle), phases: told }
}

/** Attacks: what the process and its picture workers reached (bytes) while each ran. */
const hostile = async (stand: Stand, pid: number): Promise<void> => {
  const attacked = { ...stand, bodyMs, importsHere: true }
  const told: { name: string; gaveWay: string | null; peakMb: number; workersMb: number; seconds: number }[] = []
  for (const { name, run } of memoryCases) {
    const watching = await watch(pid)
    const workers = watchChildren(pid)
    const begun = performance.now()
    const gaveWay = await run(attacked).catch((error: Error) => error.message)
    const seconds = round((performance.now() - begun) / 1000)
    const [peakMb, workersMb] = [inMb(await watching.peak()), inMb(workers.peak())]
    told.push({ name, gaveWay, peakMb, workersMb, seconds })
    say(
      `${gaveWay ? 'GAVE WAY' : 'held'}: ${name}: ${seconds} s, ${peakMb} MB, workers ${workersMb} MB ${gaveWay ?? ''}`,
    )
  }
  const result = {
    cases: told.length,
    held: told.filter((t) => !t.gaveWay).length,
    peak_rss_mb: Math.max(...told.map((t) => t.peakMb)),
    peak_workers_mb: Math.max(...told.map((t) => t.workersMb)),
  }
  if (args.json) console.log(JSON.stringify(result))
  if (result.held < result.cases || result.peak_rss_mb >= 600) process.exitCode = 1
}

const signIn = async (url: string, email: string, password: string): Promise<string> => {
  const res = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password }),
  })
  if (!res.ok) throw new Error(`signing in answered ${res.status}`)
  return res.headers
    .getSetCookie()
    .map((c) => c.split(';')[0]!)
    .join('; ')
}

/** Runs `work` in front of a Clarion of its own, with these settings. */
const withClarion = async <T>(
  env: Record<string, string>,
  work: (stand: Stand, client: Client, pid: number) => Promise<T>,
): Promise<T> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'clarion-media-'))
  await chmod(dataDir, 0o755)
  let clarion: Started | undefined
  let networks: Awaited<ReturnType<typeof startSandboxProcess>> | undefined
  try {
    if (!args.hostile)
      networks = await startSandboxProcess({
        stateFile: join(dataDir, 'sandbox.json'),
        allow: ['127.0.0.1', 'localhost'],
      })
    const networksEnv: Record<string, string> = networks ? { CLARION_SANDBOX_URL: networks.url } : {}
    clarion = await startClarion({ dataDir, port: await freePort(), env: { ...networksEnv, ...env } })
    const { url, pid } = clarion
    const client = createClient(url)
    const who = { email: 'bench@clarion.local', password: crypto.randomUUID() }
    await client.call('POST', '/api/v1/setup', { ...who, name: 'Bench', workspaceName: 'Bench', timeZone: 'UTC' })
    const me = await client.call<{ workspaces: { id: string }[] }>('GET', '/api/v1/me')
    const stand: Stand = {
      url,
      ws: `/api/v1/workspaces/${me.workspaces[0]!.id}`,
      client,
      cookie: await signIn(url, who.email, who.password),
      bytes: mb * 1024 * 1024,
    }
    return await work(stand, client, pid)
  } finally {
    await clarion?.stop()
    await networks?.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** The same with the files in a bucket. A cache smaller than the file: what is read comes from the server. */
const inBucket = async () => {
  if (!existsSync('/usr/bin/radosgw')) {
    say('Not measured with files in a bucket: radosgw is not installed (apt-get install ceph-mon ceph-osd radosgw).')
    return null
  }
  const { testS3 } = await import('#infra/testing/radosgw.ts')
  const s3 = await testS3()
  try {
    say('With the files in a bucket:')
    return await withClarion({ ...(await s3.env()), S3_CACHE_MB: '64' }, flat)
  } finally {
    await s3.stop()
  }
}

say(`Starting a Clarion of its own; the file has ${mb} MB.`)
if (args.hostile)
  await withClarion({ CLARION_BODY_MS: String(bodyMs), CLARION_ALLOW_PRIVATE_HOSTS: '127.0.0.1' }, (stand, _, pid) =>
    hostile(stand, pid),
  )
else {
  const disk = await withClarion({}, flat)
  const s3 = await inBucket()
  if (args.json) console.log(JSON.stringify({ upload_mb: mb, ...disk, s3 }))
}
