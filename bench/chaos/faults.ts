/** What chaos does to the cluster: every kind in turn, in an order and on targets that follow from the seed. */
import { rm, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { faultKinds } from '../../src/sandbox/faults.ts'
import type { Cluster, Member } from './cluster.ts'

/** Lease of a claim (ms of the cluster's clock), as the engine has it. */
const leaseMs = 30_000
/** How long the cluster may take to stand again before the next fault comes all the same (ms of the wall). */
const recoverMs = 120_000

/** Faults that wait for a call of one network. */
const mostWaiting = 3

export type Kind =
  | 'kill worker'
  | 'kill api'
  | 'stop worker'
  | 'stop api'
  | 'postgres restart'
  | 'redis flush'
  | 'redis restart'
  | 'redis full'
  | 's3 kill'
  | 's3 stop'
  | 's3 unreachable'
  | 'clock jump'
  | 'slow network'
  | 'cut network'
  | 'disk full'

export type Chaos = {
  /** Ends when told to, with everything as it was. */
  run: (signal: AbortSignal) => Promise<void>
  /** How often each was done. */
  counts: () => Record<string, number>
  /** Faults that could not be made, or that Clarion did not answer as it should. */
  broken: readonly string[]
}

type Deps = {
  cluster: Cluster
  platforms: readonly string[]
  random: () => number
  /** Uploads a file until it is stored. */
  store: () => Promise<void>
  /** ms of the wall from one fault of the cluster to the next, and of the networks. */
  everyMs: { cluster: number; network: number }
  /** Of the faults that revoke a network's tokens, how many are made (0-1). */
  revokes: number
  /** Kinds of the desk that are left out. */
  without: ReadonlySet<string>
  say: (line: string) => void
}

export const createChaos = (d: Deps): Chaos => {
  const { cluster, random } = d
  const counts = new Map<string, number>()
  const count = (what: string, n = 1) => counts.set(what, (counts.get(what) ?? 0) + n)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const between = (a: number, b: number) => a + random() * (b - a)
  const up = (role: Member['role']) => {
    const list = cluster.members.filter((m) => m.role === role && m.pid() !== null && !sleeping.has(m))
    return list.length > 0 ? pick(list) : undefined
  }
  const wall = (ms: number) => ms / cluster.rate

  const asleep = async (m: Member | undefined) => {
    if (!m) return
    d.say(`${m.name} sleeps`)
    sleeping.add(m)
    m.signal('SIGSTOP')
    await pause(wall(leaseMs * between(1.2, 2)))
    m.signal('SIGCONT')
    sleeping.delete(m)
  }
  const { redis, disk, s3 } = cluster
  /** The sentence for the person, when the disk is full; anything else is a fault of ours. */
  const noRoom = (error: Error) => {
    if (!/no room left/i.test(error.message)) throw error
    count('uploads refused for want of room')
    return 'no room' as const
  }
  /** A file is stored in the end; the disk may be full (again) meanwhile. */
  const store = async () => {
    for (let n = 0; (await d.store().catch(noRoom)) === 'no room'; n++) {
      if (n > 20) throw new Error('there was no room for a file for long')
      await pause(500)
    }
  }
  /** Somebody uploads meanwhile. */
  const withoutFiles = (away: () => Promise<unknown>) => async () => {
    await Promise.all([away(), pause(100).then(store)])
    count('files stored while S3 was away')
  }
  let closing = Promise.resolve()
  /** One door: it is taken away by one at a time. */
  const inTurn = (act: () => Promise<unknown>) => () => {
    closing = closing.then(act, act).then(() => undefined)
    return closing
  }
  /** Asks Redis as soon as it is there: it may be restarting. */
  const there = async (ask: () => Promise<unknown>) => {
    for (let n = 0; ; n++)
      try {
        return await ask()
      } catch (error) {
        if (n > 50) throw error
        await pause(200)
      }
  }

  const acts: Record<Kind, (() => Promise<unknown>) | null> = {
    'kill worker': async () => up('worker')?.kill(),
    'kill api': async () => up('api')?.kill(),
    'stop worker': () => asleep(up('worker')),
    'stop api': () => asleep(up('api')),
    // Immediate: no checkpoint, connections broken, recovery from the log at the next start, which the supervisor makes.
    'postgres restart': async () => process.kill(cluster.postgres.pid(), 'SIGQUIT'),
    'redis flush': redis && (() => there(() => redis.ask('flushall'))),
    'redis restart':
      redis &&
      (async () => {
        await redis.kill()
        await pause(between(200, 2_000))
        await redis.start()
      }),
    'redis full':
      redis &&
      (async () => {
        await there(() => redis.ask('config', 'set', 'maxmemory', '1mb'))
        await pause(between(1_000, 4_000))
        await there(() => redis.ask('config', 'set', 'maxmemory', '0'))
      }),
    's3 kill':
      s3 &&
      withoutFiles(
        inTurn(async () => {
          await s3.close()
          await pause(between(200, 2_000))
          await s3.open()
        }),
      ),
    's3 stop':
      s3 &&
      withoutFiles(
        inTurn(async () => {
          s3.signal('SIGSTOP')
          await pause(between(1_000, 4_000))
          s3.signal('SIGCONT')
        }),
      ),
    's3 unreachable':
      s3 &&
      withoutFiles(async () => {
        cluster.proxies.s3!.away(true)
        await pause(between(1_000, 5_000))
        cluster.proxies.s3!.away(false)
      }),
    // Less than a lease: workers of one database have to agree on the time that well (docs: NTP).
    'clock jump': async () => {
      const m = up('worker')
      const by = between(-1, 1) * jumpMs
      d.say(`${m?.name} is ${Math.round(by / 1000)} s ahead`)
      await m?.wrong(wall(by))
      await pause(between(1_000, 4_000))
      await m?.wrong(0)
    },
    'slow network': async () => {
      const name = pick(Object.keys(cluster.proxies))
      cluster.proxies[name]!.slow(between(20, 250))
      await pause(between(1_000, 4_000))
      cluster.proxies[name]!.slow(0)
    },
    'cut network': async () => {
      const used = Object.values(cluster.proxies).filter((p) => p.open() > 0)
      if (used.length > 0) count('connections cut', pick(used).cut())
    },
    'disk full':
      disk &&
      (async () => {
        await writeFile(disk.filler, Buffer.alloc(disk.mb * 2 ** 20)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOSPC') throw error
        })
        try {
          await d.store().catch(noRoom)
        } finally {
          await rm(disk.filler, { force: true })
        }
        await store()
        count('files stored when there was room again')
      }),
  }
  const broken: string[] = []
  const kinds = (Object.keys(acts) as Kind[]).filter((kind) => acts[kind] !== null)
  const shuffled = (): Kind[] => {
    const list = [...kinds]
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      ;[list[i], list[j]] = [list[j]!, list[i]!]
    }
    return list
  }

  const sleeping = new Set<Member>()
  /**
   * The next fault comes when the cluster stands again: of either kind a process that answers, and a database that does.
   * A cluster that is wholly down proves nothing.
   */
  const standing = async () => {
    const end = Date.now() + recoverMs
    const stands = async (role: Member['role']) => {
      const alive = cluster.members.filter((m) => m.role === role && !sleeping.has(m))
      const answers = await Promise.all(alive.map((m) => m.ready()))
      return answers.filter(Boolean).length > (role === 'api' ? 0 : 1)
    }
    while (Date.now() < end && !((await stands('api')) && (await stands('worker')))) await pause(200)
  }

  /**
   * A fault of a network: any of the desk's kinds, on whatever call comes next there. Where nobody calls they would gather,
   * and nothing would ever work again there.
   */
  const network = async () => {
    const kind = pick(faultKinds.filter((k) => !d.without.has(k)))
    const platform = pick(d.platforms)
    // Everybody of a network has to connect again: now and then is enough. A hanging call takes its half minute.
    if (random() > (kind === 'revoke' ? d.revokes : kind.startsWith('hang') ? 0.3 : 1)) return
    const waiting = (await cluster.desk.faults()).filter((f) => f.platform === platform)
    if (waiting.length >= mostWaiting) return
    const status = { 'answer-before': pick([429, 500, 503]), 'answer-after': pick([400, 500, 503]) }
    await cluster.desk.fault({
      platform,
      do: kind,
      nth: 1 + Math.floor(random() * 3),
      ...(kind in status ? { status: status[kind as keyof typeof status] } : {}),
      ...(kind === 'slow' ? { ms: Math.round(between(500, 15_000)) } : {}),
    })
    count(`network: ${kind}`)
  }

  return {
    broken,
    counts: () => Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b))),
    run: async (signal) => {
      const rest = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined)
      const networks = async () => {
        while (!signal.aborted) {
          await network()
          await rest(d.everyMs.network * between(0.5, 1.5))
        }
      }
      const clusters = async () => {
        const begun = new Set<Promise<void>>()
        for (let round = 1; !signal.aborted || round === 1; round++)
          for (const kind of shuffled()) {
            // Each kind once, however soon the writing was over.
            if (signal.aborted && round > 1) break
            await standing()
            d.say(kind)
            count(kind)
            const act = acts[kind]!()
              .catch((error: unknown) => {
                broken.push(`${kind}: ${(error as Error).message}`)
                d.say(broken.at(-1)!)
              })
              .then(() => void begun.delete(act))
            begun.add(act)
            await rest(d.everyMs.cluster * between(0.5, 1.5))
          }
        await Promise.all(begun)
        d.say('every fault is over')
      }
      await Promise.all([networks(), clusters()])
      // As it was: nothing asleep, nothing wrong, nothing slow.
      for (const m of cluster.members) {
        m.signal('SIGCONT')
        await m.wrong(0)
      }
      for (const p of Object.values(cluster.proxies)) {
        p.slow(0)
        p.away(false)
      }
      await cluster.desk.clearFaults()
    },
  }
}

/** The most a clock is wrong by (ms of the cluster's clock). */
export const jumpMs = 25_000
