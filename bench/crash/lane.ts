/**
 * One lane of the crash matrix: a database, a sandbox and worker processes of its own, and cases one after another.
 * Time is steered: whenever everybody waits, the clocks of the sandbox and of all workers jump to the next due instant.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sandboxClient } from '#contract/sandbox-client.ts'
import { steerableClock } from '#infra/clock.ts'
import { openDatabase } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import type { Platform } from '#kit/client/platform.ts'
import { imitations } from '#platforms/registry/sandbox.gen.ts'
import { createChannelHttp } from '../../src/planner/channels/http.ts'
import { createSandbox } from '../../src/sandbox/host.ts'
import { openHouse } from '../../src/server/house.ts'
import { type Boundary, type Case, hash } from './cases.ts'
import { makeContent, type Sample } from './content.ts'
import { serveMedia, uploadMedia } from './media.ts'
import { endWorker, startWorker, type Worker } from './processes.ts'
import type { Trap } from './protocol.ts'

export type Result = 'published_once' | 'unconfirmed' | 'reconnect' | 'failed_honestly' | 'duplicate' | 'lost'
export type Report = {
  id: string
  result: Result
  state: string
  copies: number
  expected: number
  ms: number
  why?: string
}

const leaseMs = 60_000
const timeoutMs = 300
/**
 * A case that has not settled after this many real ms counts as lost. On a machine with load 30 one takes 20 s; what comes out
 * after it was given up would be counted to the next case.
 */
const patienceMs = 120_000
/** What is open is read this often (ms). */
const turnMs = 4
/** How far ahead what is prepared is due (ms). */
const aheadMs = 10 * 60_000
/** A trap that was not met after this many real ms is given up: its call does not happen in this life of the publication. */
const trapMs = 20_000

export const openLane = async (o: {
  name: string
  databaseUrl: string
  platforms: readonly Platform[]
  /** Null: each worker carries by itself. */
  redisUrl: string | null
}) => {
  const clock = steerableClock()
  const dir = await mkdtemp(join(tmpdir(), 'clarion-crash-'))
  /** The sandbox, and our own signed media for the networks that pull. */
  const server = createServer((req, res) => {
    if (req.url?.startsWith('/media/')) void serveMedia(house.media, req, res)
    else sandbox.handle(req, res)
  })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  const sandboxUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sandbox = createSandbox({
    imitations,
    clock,
    url: sandboxUrl,
    reach: { allowPrivate: ['127.0.0.1', 'localhost'] },
  })
  const database = openDatabase(o.databaseUrl, { poolSize: 3 })
  const { db } = database
  const keys = `k1:${randomBytes(32).toString('base64')}`
  const silent = { info: () => {}, warn: () => {}, error: () => {} }
  const house = await openHouse({
    database,
    clock,
    keys: keyRingFrom(keys),
    platforms: o.platforms,
    mediaDir: join(dir, 'media'),
    sandboxUrl,
    publicUrl: sandboxUrl,
    log: silent,
    worker: 'harness',
  })

  const [ws, userId] = [newId(clock.now()), 'harness']
  const now = new Date(clock.now())
  await db.insertInto('auth_users').values({ id: userId, name: 'Harness', email: 'harness@clarion.local' }).execute()
  const policy = JSON.stringify({ maxLateMs: 30 * 86_400_000, otherwise: 'publish' })
  await db
    .insertInto('workspaces')
    .values({ id: ws, name: 'Crash', time_zone: 'UTC', late_policy: policy, created_at: now })
    .execute()
  await db.insertInto('members').values({ workspace_id: ws, user_id: userId, role: 'owner', created_at: now }).execute()

  const author = userId
  let ahead = 0
  const workers = new Set<Worker>()
  const advance = (ms: number) => {
    ahead += ms
    clock.advance(ms)
    for (const w of workers) w.say({ say: 'advance', ms })
  }
  let count = 0
  const hire = async (): Promise<Worker> => {
    const before = ahead
    const w = await startWorker({
      databaseUrl: o.databaseUrl,
      redisUrl: o.redisUrl,
      keys,
      mediaDir: join(dir, 'media'),
      sandboxUrl,
      offset: ahead,
      name: `${o.name}-${++count}`,
      leaseMs,
      timeoutMs,
    })
    if (ahead > before) w.say({ say: 'advance', ms: ahead - before })
    workers.add(w)
    void w.gone.then(() => workers.delete(w))
    return w
  }
  /** Takes over after every death; claims only when told to. */
  let rescuer = await hire()
  /** Started ahead of the next case that kills one. */
  let spare: Promise<Worker> | undefined

  const desk = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const res = await fetch(`${sandboxUrl}/_desk${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (!res.ok) throw new Error(`desk ${method} ${path}: ${res.status} ${await res.text()}`)
    return res.json()
  }
  type Entry = { id: string; text: string; kind?: string; media: unknown[]; deleted?: boolean }
  const entries = async (platform: string): Promise<Entry[]> => (await desk('GET', `/${platform}/posts`)) as Entry[]
  const idsOf = async (platform: string) => new Set((await entries(platform)).map((p) => p.id))
  /**
   * What the network has got since `before`: kind, text without the marker, number of files. Two of one part do not make
   * up for a missing one. By what is new and not by the marker, for there are posts without a text (stories).
   */
  const ledger = async (platform: string, marker: string, before: ReadonlySet<string>): Promise<string[]> =>
    (await entries(platform))
      .filter((p) => !p.deleted && !before.has(p.id))
      .map((p) => `${p.kind ?? 'post'} ${p.text.replaceAll(marker, '')} ${p.media.length}`)
  /**
   * A quarter of an hour in which only the networks do something: what they took and still work on comes out in the case
   * it belongs to, a duplicate above all, and their rate limits stay out of the next one.
   */
  const aftermath = async () => {
    advance(16 * 60_000)
    await sandbox.desk.tickAll()
  }
  const connect = async () => {
    await house.connectSandbox({ ws, userId })
    return (await house.channels.list(ws)).filter((c) => c.state === 'ok')
  }
  /** A network's own guard against repeating oneself would hide a blind repetition, so it is taken away where there is one. */
  const unguard = async () => {
    for (const p of o.platforms) {
      const knobs = (await desk('GET', `/${p.spec.id}/knobs`)) as Record<string, number>
      if (knobs.duplicateGuard !== undefined) await desk('POST', `/${p.spec.id}/knobs`, { duplicateGuard: 0 })
    }
  }
  /** What the networks had to ignore in Clarion's own calls. A reset of the desk forgets it, so it is written down before. */
  const notices = new Set<string>()
  const readNotices = () => {
    for (const n of sandbox.desk.notices({ client: sandboxClient.name }))
      notices.add(`${n.platform}: ${n.call} (${n.kind}): ${n.what}`)
    return notices
  }
  await unguard()
  let channels = await connect()
  let last = ''

  const network = createChannelHttp({ platforms: house.platforms, sandboxUrl, clock })
  const channelFor = (platform: string, sample: Sample) => {
    const c = channels.find((x) => x.platform === platform && (!sample.channel || x.kind === sample.channel))
    if (!c) throw new Error(`${platform} has no channel for ${sample.type}`)
    return c
  }
  const owner = { id: ws, timeZone: 'UTC' }
  /** `dueIn`: ms ahead; 0 = now. */
  const schedule = async (platform: string, sample: Sample, marker: string, dueIn = 0): Promise<string> => {
    const channel = channelFor(platform, sample)
    const { content, settings } = await makeContent(
      sample,
      marker,
      ({ bytes, mime, name }, alt) => uploadMedia(house.media, { ws, userId, bytes, mime, name, alt }),
      async (list, params = {}) => {
        const face = house.platforms.get(platform)!
        const { grant, credentials } = await house.keeper.grant(channel.id)
        const http = network({ platform: face, realm: 'sandbox', secrets: [] })
        const items = await face.options![list]!({ http, grant, credentials, channel, now: clock.now }, params)
        return items[0]!.value
      },
    )
    const post = await house.posts.create({ id: ws, timeZone: 'UTC' }, author, {
      content,
      publications: [{ channelId: channel.id, content: null, settings }],
      tags: [],
      latePolicy: null,
    })
    const when = dueIn ? { at: new Date(clock.now() + dueIn).toISOString() } : ({ now: true } as const)
    await house.posts.schedule(owner, post.id, when, null)
    return post.publications[0]!.id
  }
  /** A person changes the words; where there are none, the time. What was prepared before is of no more use. */
  const edit = async (id: string, marker: string, instead: string): Promise<void> => {
    const { postId } = await house.posts.publication(owner, id)
    const post = await house.posts.get(owner, postId)
    const content = JSON.parse(JSON.stringify(post.content).replaceAll(marker, instead)) as typeof post.content
    if (JSON.stringify(content) === JSON.stringify(post.content)) {
      const at = new Date(clock.now() + 3 * 3_600_000).toISOString()
      await house.posts.reschedule(owner, id, { at })
      return
    }
    const publications = post.publications.map(({ channelId, settings }) => ({ channelId, content: null, settings }))
    const input = { content, publications, tags: post.tags, latePolicy: post.latePolicy }
    await house.posts.replace(owner, postId, input, post.version)
  }
  const read = (id: string) =>
    db
      .selectFrom('publications')
      .select(['state', 'reason', 'message', 'next_at', 'lease_until', 'worker', 'prepare_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  const over = new Set(['published', 'failed', 'unconfirmed', 'held', 'missed', 'cancelled'])

  /**
   * Lets time pass until the publication settles, or `until.met` says that there is nothing more to wait for. `victim`:
   * the worker that died or sleeps; its lease may run out at once. What is to be prepared is prepared before its time comes.
   */
  type Now = Awaited<ReturnType<typeof read>>
  const nextTime = (p: Now, victim: string | undefined): Date | null => {
    const ahead = p.state === 'scheduled' && p.prepare_at !== null
    if (p.state === 'publishing' || (ahead && p.lease_until)) return p.worker === victim ? p.lease_until : null
    return ahead ? p.prepare_at : p.next_at
  }
  const settle = async (id: string, victim?: string, until?: { ms: number; met: (p: Now) => boolean }) => {
    let calm = 0
    // Counted by turns of its own: a machine that stood still says nothing about the publication.
    for (let left = (until?.ms ?? patienceMs) / turnMs; ; left--) {
      const p = await read(id)
      if (over.has(p.state) || until?.met(p) || left <= 0) return p
      const at = nextTime(p, victim)
      const ms = at ? at.getTime() - clock.now() : 0
      // What a caller gave up on may still be carried out: on a busy machine time must not jump past it, or the network
      // would need half a minute for a call it needs half a second for. Twice, as a request may just have arrived.
      calm = sandbox.working() === 0 ? calm + 1 : 0
      if (ms > 0 && calm > 1) advance(ms + 5)
      await new Promise((r) => setTimeout(r, turnMs))
    }
  }
  const halt = async (w: Worker) => {
    const heard = w.hear('halted')
    w.say({ say: 'halt' })
    return (await heard).calls
  }

  /** A publication without faults: its calls, and how many ledger entries it makes. */
  const rehearse = async (
    platform: string,
    sample: Sample,
  ): Promise<{ boundaries: Boundary[]; expected: string[] }> => {
    const marker = `calm ${newId(clock.now()).slice(-8)}`
    const old = await idsOf(platform)
    const id = await schedule(platform, sample, marker)
    const before = (await desk('GET', '/requests')) as { n: number }[]
    const from = Math.max(0, ...before.map((r) => r.n))
    rescuer.say({ say: 'go', trap: null, seed: 1 })
    const p = await settle(id)
    const calls = await halt(rescuer)
    if (p.state !== 'published')
      throw new Error(`${platform}/${sample.type} does not publish without faults: ${p.state} ${p.reason} ${p.message}`)
    type Request = { n: number; client: string; route: string | null; writes: boolean }
    const requests = (await desk('GET', '/requests')) as Request[]
    const mine = requests.filter((r) => r.n > from).sort((a, b) => a.n - b.n)
    // Were Clarion not known by its calls, no notice could ever be its own.
    const stranger = mine.find((r) => r.client !== sandboxClient.name)
    if (stranger) throw new Error(`${platform}/${sample.type}: a call of the worker is taken for ${stranger.client}`)
    if (mine.length !== calls.length)
      throw new Error(
        `${platform}/${sample.type}: the worker made ${calls.length} calls, the sandbox saw ${mine.length}`,
      )
    const boundaries = mine.map(
      (r, i): Boundary => ({
        route: r.route ?? 'none',
        nth: mine.slice(0, i + 1).filter((x) => x.route === r.route).length,
        writes: r.writes,
      }),
    )
    return { boundaries, expected: await ledger(platform, marker, old) }
  }

  const networkFaults: Partial<Record<Case['fault'], object>> = {
    'answer-dropped': { do: 'drop-after' },
    '500-though-done': { do: 'answer-after', status: 500 },
    '400-though-done': { do: 'answer-after', status: 400 },
    '429': { do: 'answer-before', status: 429 },
    timeout: { do: 'hang-after' },
    'token-revoked': { do: 'revoke' },
  }

  const trapOf = (c: Case): Trap | null => {
    if (c.fault.startsWith('kill-before')) return { at: c.at, do: 'kill-before' }
    if (c.fault.startsWith('kill-after') || c.fault === 'edited-ahead') return { at: c.at, do: 'kill-after' }
    if (c.fault === 'lease-lost') return { at: c.at, do: c.seed % 2 ? 'stall-after' : 'stall-before' }
    return null
  }

  const run = async (c: Case, sample: Sample, expected: string[], seedFault?: object): Promise<Report> => {
    const t0 = performance.now()
    const marker = `m${hash(c.id).toString(36)}${newId(clock.now()).slice(-6)}`
    await desk('DELETE', '/faults')
    const old = await idsOf(c.platform)
    const id = await schedule(c.platform, sample, marker, c.fault.endsWith('-ahead') ? aheadMs : 0)
    last = id
    const edits = c.fault === 'edited-ahead'
    const prepared = (p: Now) => p.state === 'scheduled' && p.prepare_at === null
    const fault = networkFaults[c.fault]
    if (fault)
      await desk('POST', '/faults', {
        platform: c.platform,
        route: c.boundary.route,
        nth: c.boundary.nth,
        ...(c.seed % 2 === 0 && c.fault === 'timeout' ? { do: 'hang-before' } : fault),
      })
    if (seedFault) await desk('POST', '/faults', { platform: c.platform, ...seedFault })
    const trap = trapOf(c)
    const seed = hash(c.id)
    let stalled: Worker | undefined
    let victim: string | undefined
    if (trap) {
      const w = await (spare ?? hire())
      spare = undefined
      victim = w.name
      let asleep = false
      if (trap.do.startsWith('stall'))
        void w.hear('stalled').then(
          () => {
            asleep = true
          },
          () => undefined,
        )
      w.say({ say: 'go', trap, seed })
      // The call may come after a wait, so time must pass; or never, and then the publication settles without it.
      await settle(id, undefined, { ms: trapMs, met: (p) => asleep || !w.alive() || (edits && prepared(p)) })
      if (asleep) {
        w.signal('SIGSTOP')
        stalled = w
      } else await endWorker(w)
      spare = hire()
    }
    if (edits) await edit(id, marker, `${marker}b`)
    rescuer.say({ say: 'go', trap: null, seed })
    let p = await settle(id, victim)
    if (stalled) {
      // The sleeper wakes after its lease went to another: whatever it still does must change nothing.
      stalled.signal('SIGCONT')
      stalled.say({ say: 'resume' })
      await new Promise((r) => setTimeout(r, 60))
      await endWorker(stalled)
    }
    const first = p.state
    if (p.state === 'held' && p.reason === 'reconnect') {
      channels = await connect()
      p = await settle(id)
    }
    await halt(rescuer)
    await aftermath()
    const there = await ledger(
      c.platform,
      edits && sample.segments.some((s) => s.text !== null) ? `${marker}b` : marker,
      old,
    )
    const verdict = judge(first, p, there, expected, c)
    const counts = { copies: there.length, expected: expected.length }
    return { id: c.id, state: p.state, ...counts, ms: Math.round(performance.now() - t0), ...verdict }
  }

  const judge = (
    first: string,
    p: Awaited<ReturnType<typeof read>>,
    there: readonly string[],
    expected: readonly string[],
    c: Case,
  ): { result: Result; why?: string } => {
    const copies = there.length
    const count = (list: readonly string[], text: string) => list.filter((x) => x === text).length
    const twice = there.find((text) => count(there, text) > count(expected, text))
    const said = `${p.reason ?? ''} ${p.message ?? ''}`.trim()
    if (twice !== undefined) return { result: 'duplicate', why: `"${twice}" too often: ${said}` }
    if (p.state === 'published')
      return copies === expected.length
        ? { result: first === 'held' ? 'reconnect' : 'published_once' }
        : { result: 'lost', why: `published, but ${copies} of ${expected.length} there` }
    if (p.state === 'unconfirmed') {
      const { can, why, unknowable = [] } = house.platforms.get(c.platform)!.spec
      const reason = can.readBack ? unknowable.find((u) => u.types.includes(c.content))?.why : why?.readBack
      return reason
        ? { result: 'unconfirmed', why: reason }
        : { result: 'lost', why: `unconfirmed although the network can be looked at: ${said}` }
    }
    if (p.state === 'failed')
      // A thread that ends in the middle is told as such: how much of it is out, and why the rest is not.
      return copies === 0 || said.includes(`${copies} of ${expected.length} posts are out`)
        ? { result: 'failed_honestly', why: said }
        : { result: 'lost', why: `failed, but ${copies} there: ${said}` }
    return { result: 'lost', why: `never settled: ${p.state} ${said}` }
  }

  return {
    rehearse,
    run,
    notices: () => [...readNotices()],
    /** The journal of the last publication, a line each, for a case that is looked at alone. */
    story: async (): Promise<string[]> => {
      const rows = await db.selectFrom('journal').selectAll().where('publication_id', '=', last).orderBy('id').execute()
      const failures = await db
        .selectFrom('attempts')
        .selectAll()
        .where('publication_id', '=', last)
        .orderBy('number')
        .execute()
      return [
        ...rows.map(
          (j) =>
            `${j.at.toISOString()} #${j.attempt ?? '-'} ${j.event} ${j.step ?? ''} ${j.message ?? ''} ${JSON.stringify(j.data)}`,
        ),
        ...failures.map((a) => `attempt ${a.number} ${a.verdict} ${JSON.stringify(a.failure)}`),
      ]
    },
    /** Fresh networks and fresh channels; a rescuer that was lost is replaced. */
    refresh: async () => {
      // A new day: budgets Clarion keeps itself (YouTube's uploads) are full again.
      advance(24 * 3_600_000)
      readNotices()
      await desk('POST', '/reset')
      await unguard()
      if (!rescuer.alive()) rescuer = await hire()
      channels = await connect()
    },
    close: async () => {
      await spare?.catch(() => undefined)
      for (const w of [...workers]) await endWorker(w)
      await sandbox.close()
      server.closeAllConnections()
      await new Promise((r) => server.close(r))
      await database.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
