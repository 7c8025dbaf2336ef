/**
 * People at work while everything breaks: posts are written, scheduled, moved, edited and cancelled through the API, by a
 * seeded client that sends a request again (with its Idempotency-Key) until somebody answers, and writes down what was
 * confirmed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Channel } from '#contract/channels.ts'
import type { Media } from '#contract/media.ts'
import type { Me } from '#contract/people.ts'
import type { Content, Post } from '#contract/posts.ts'
import { newId } from '#infra/ids.ts'
import type { Sample } from '#kit/facts/samples.ts'
import { png } from '#kit/testing/media.ts'
import { type Client, createClient } from '../../tools/demo/client.ts'
import { makeContent } from '../crash/content.ts'
import type { Cluster } from './cluster.ts'
import { markerOf, type Planned, wordOf } from './plan.ts'

/** How long one request is sent again and again (ms). */
const patienceMs = 90_000
/** One try (ms): a process that sleeps does not answer, another does. */
const tryMs = 10_000

export type Counts = { calls: number; sentAgain: number; gaveUp: number; refused: number }

/** A request nobody answered for good: whether it was done is not known. */
class Unknown extends Error {}

/** A `fetch` that does not give up because a process died. Keeps the ETags it was given. */
const stubborn = (counts: Counts, etags: Map<string, string>, doubts: Set<string>): typeof fetch => {
  const again = async (res: Response): Promise<boolean> => {
    if (res.status === 429 || res.status === 502 || res.status === 503 || res.status === 500) return true
    return res.status === 409 && (await res.clone().text()).includes('idempotency-running')
  }
  return async (input, init) => {
    const end = Date.now() + patienceMs
    const url = String(input)
    counts.calls++
    for (let n = 0; ; n++) {
      if (n > 0) counts.sentAgain++
      const res = await fetch(input, { ...init, signal: AbortSignal.timeout(tryMs) }).catch(() => null)
      if (res && !(await again(res))) {
        const etag = res.headers.get('etag')
        if (etag) etags.set(url, etag)
        // Sent more than once: a refusal may be the answer to the second, the first was done.
        if (n > 0 && !res.ok) doubts.add(url)
        else doubts.delete(url)
        return res
      }
      if (Date.now() > end) {
        counts.gaveUp++
        throw new Unknown(`${init?.method ?? 'GET'} ${url}: ${res ? `${res.status} ${await res.text()}` : 'no answer'}`)
      }
      await pause(100 + Math.min(1_000, 100 * n))
    }
  }
}

/** What one channel publishes: made once, with `marker` where the word of each post goes. */
type Template = {
  channelId: string
  platform: string
  content: Content
  settings: Record<string, unknown>
  entries: number
  /** Its files by id: each gives the id of a new one with the same bytes. */
  files: ReadonlyMap<string, () => Promise<string>>
}
/** How many of the posts with files bring new ones. */
const freshFiles = 0.3
const placeholder = 'THEMARKER'

const filled = (content: Content, word: string): Content =>
  JSON.parse(JSON.stringify(content).replaceAll(placeholder, word))

/** A sample chaos can publish by the thousand: words in every part, a picture at most. */
const plain = (s: Sample): boolean =>
  !s.channel &&
  s.posts === undefined &&
  s.segments.every(
    (x) => x.text !== null && (x.media ?? []).length <= 1 && (x.media ?? []).every((m) => m.kind === 'image'),
  )

/** Three at a time, as three people would. */
const eachOf = async <T>(list: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> => {
  const left = [...list]
  const person = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await act(one)
  }
  await Promise.all([person(), person(), person()])
}

export type Office = Awaited<ReturnType<typeof openOffice>>

/** Sets the first person up, makes the workspaces, connects their channels and prepares what each publishes. */
export const openOffice = async (o: {
  cluster: Cluster
  samples: Readonly<Record<string, readonly Sample[]>>
  workspaces: number
  seed: number
  random: () => number
  say: (line: string) => void
}) => {
  const { cluster, random } = o
  const { clock, database } = cluster
  const counts: Counts = { calls: 0, sentAgain: 0, gaveUp: 0, refused: 0 }
  const etags = new Map<string, string>()
  const doubts = new Set<string>()
  const client: Client = createClient(cluster.url, stubborn(counts, etags, doubts))
  await client.call('POST', '/api/v1/setup', {
    name: 'Chaos',
    email: 'chaos@clarion.local',
    password: crypto.randomUUID(),
    workspaceName: 'Chaos',
    timeZone: 'UTC',
  })
  const me = await client.call<Me>('GET', '/api/v1/me')
  const userId = (await database.db.selectFrom('auth_users').select('id').executeTakeFirstOrThrow()).id
  const first = me.workspaces[0]!.id
  const now = new Date(clock.now())
  const others = Array.from({ length: o.workspaces - 1 }, () => newId(clock.now()))
  if (others.length > 0) {
    await database.db
      .insertInto('workspaces')
      .values(others.map((id) => ({ id, name: 'Chaos', time_zone: 'UTC', late_policy: '{}', created_at: now })))
      .execute()
    await database.db
      .insertInto('members')
      .values(others.map((id) => ({ workspace_id: id, user_id: userId, role: 'owner' as const, created_at: now })))
      .execute()
  }
  const workspaces = [first, ...others]
  // However late: what was not published must be for a reason, not for a policy.
  await database.db
    .updateTable('workspaces')
    .set({ late_policy: JSON.stringify({ maxLateMs: 30 * 86_400_000, otherwise: 'publish' }) })
    .execute()

  const connect = async (ws: string) =>
    (await client.call<{ items: Channel[] }>('POST', `/api/v1/workspaces/${ws}/sandbox/connect-all`)).items

  const templates = new Map<string, Template[]>()
  const furnish = async (ws: string): Promise<void> => {
    const base = `/api/v1/workspaces/${ws}`
    const channels = await connect(ws)
    const files = new Map<string, Promise<string>>()
    const anew = new Map<string, () => Promise<string>>()
    const list: Template[] = []
    for (const channel of channels) {
      const usable = (o.samples[channel.platform] ?? []).filter(plain)
      // Two kinds of every network: words alone and a picture, where it has both.
      for (const sample of usable.slice(0, 2)) {
        const made = await makeContent(
          sample,
          placeholder,
          async ({ bytes, mime, name }, alt) => {
            const upload = async () => {
              const file = new Blob([new Uint8Array(bytes)], { type: mime })
              return (await client.upload<Media>(`${base}/media`, file, name, alt)).id
            }
            const what = `${name} ${bytes.length} ${alt}`
            const put = files.get(what) ?? upload()
            files.set(what, put)
            const id = await put
            anew.set(id, upload)
            return id
          },
          async (choices, params = {}) => {
            const { items } = await client.call<{ items: { value: string }[] }>(
              'GET',
              `${base}/channels/${channel.id}/options/${choices}?${new URLSearchParams(params)}`,
            )
            return items[0]!.value
          },
        )
        list.push({
          ...made,
          channelId: channel.id,
          platform: channel.platform,
          entries: sample.segments.length + (sample.firstComment ? 1 : 0),
          files: anew,
        })
      }
    }
    templates.set(ws, list)
    o.say(
      `workspace ${templates.size} of ${workspaces.length}: ${channels.length} channels, ${list.length} kinds of post`,
    )
  }
  await eachOf(workspaces, furnish)

  const plan: Planned[] = []
  let made = 0
  const problems = new Map<string, number>()
  const refused = (error: unknown, path: string) => {
    counts.refused++
    const what = `${path} ${(error as Error).message.slice(0, 200)}`
    problems.set(what, (problems.get(what) ?? 0) + 1)
  }
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!

  type Written = {
    base: string
    post: Post
    parts: Template[]
    planned: Planned[]
    version: number
    words: (part: number, version: number) => string
  }

  /** Somebody who has another picture: uploaded while everything breaks. */
  const withFreshFiles = async (t: Template): Promise<Template> => {
    let text = JSON.stringify(t.content)
    const used = [...t.files.keys()].filter((id) => text.includes(id))
    if (used.length === 0 || random() >= freshFiles) return t
    for (const id of used) text = text.replaceAll(id, await t.files.get(id)!())
    return { ...t, content: JSON.parse(text) as Content }
  }

  /** Writes a post for one kind of every channel of a workspace and schedules it `inMs` from now. */
  const write = async (inMs: number, most: number): Promise<Written | null> => {
    const ws = pick(workspaces)
    const base = `/api/v1/workspaces/${ws}`
    const kinds = Map.groupBy(templates.get(ws)!, (t) => t.channelId)
    const parts = await Promise.all([...kinds.values()].map(pick).slice(0, most).map(withFreshFiles))
    const n = ++made
    const marker = (part: number) => markerOf(o.seed, n, part)
    const words = (part: number, version: number) => wordOf(marker(part), version)
    const post = await client.call<Post>('POST', `${base}/posts`, {
      content: { segments: [{ text: words(parts.length, 0) }] },
      publications: parts.map((t, i) => ({
        channelId: t.channelId,
        content: filled(t.content, words(i, 0)),
        settings: t.settings,
      })),
    })
    const at = clock.now() + inMs
    // From here on it counts: whether it was scheduled or not, somebody has to say.
    const planned = parts.map((t, i): Planned => {
      const own = post.publications.find((p) => p.channelId === t.channelId)!
      return {
        id: own.id,
        platform: t.platform,
        marker: marker(i),
        entries: t.entries,
        versions: new Set([0]),
        notBefore: at,
        scheduled: 'yes',
        cancelled: 'no',
      }
    })
    const path = `${base}/posts/${post.id}/schedule`
    for (let n = 1; ; n++)
      try {
        await client.call('POST', path, { at: new Date(Math.max(at, clock.now() + inMs)).toISOString() })
        for (const p of planned) p.scheduled = 'yes'
        break
      } catch (error) {
        if (!(error instanceof Unknown) && !doubts.has(cluster.url + path)) throw error
        // Perhaps it was done. A person looks at a clock that has moved on, and chooses another time.
        for (const p of planned) p.scheduled = 'maybe'
        if (n === 5) break
      }
    plan.push(...planned)
    return { base, post, parts, planned, version: 0, words }
  }

  const move = async (w: Written) => {
    const p = pick(w.planned)
    const at = clock.now() + 20_000 + random() * 120_000
    const path = `${w.base}/publications/${p.id}/reschedule`
    const before = p.notBefore
    p.notBefore = Math.min(before, at)
    try {
      await client.call('POST', path, { at: new Date(at).toISOString() })
      p.notBefore = at
    } catch (error) {
      if (!(error instanceof Unknown) && !doubts.has(cluster.url + path)) p.notBefore = before
      refused(error, 'reschedule')
    }
  }

  const edit = async (w: Written) => {
    const path = `${w.base}/posts/${w.post.id}`
    const next = w.version + 1
    for (const p of w.planned) p.versions.add(next)
    try {
      await client.call<Post>('GET', path)
      await client.call<Post>(
        'PUT',
        path,
        {
          content: { segments: [{ text: w.words(w.parts.length, next) }] },
          publications: w.parts.map((t, i) => ({
            channelId: t.channelId,
            content: filled(t.content, w.words(i, next)),
            settings: t.settings,
          })),
        },
        { 'if-match': etags.get(cluster.url + path) ?? '*' },
      )
      for (const p of w.planned) p.versions = new Set([next])
    } catch (error) {
      if (!(error instanceof Unknown) && !doubts.has(cluster.url + path))
        for (const p of w.planned) p.versions.delete(next)
      refused(error, 'edit')
    } finally {
      w.version = next
    }
  }

  const cancel = async (w: Written) => {
    const p = pick(w.planned)
    const path = `${w.base}/publications/${p.id}/cancel`
    if (p.cancelled === 'yes') return
    p.cancelled = 'maybe'
    try {
      await client.call('POST', path)
      p.cancelled = 'yes'
    } catch (error) {
      if (!(error instanceof Unknown) && !doubts.has(cluster.url + path)) p.cancelled = 'no'
      refused(error, 'cancel')
    }
  }

  /**
   * One post and what people do to it afterwards, around its due time. `asked`: hears at once how many publications it has;
   * none where it was refused, which a person mends (a channel to be connected again) and writes another one.
   */
  const onePost = async (most: number, asked: (publications: number) => void) => {
    const inMs = 60_000 + random() * 120_000
    const written = await write(inMs, most).catch((error: unknown) => {
      refused(error, 'write')
      return null
    })
    asked(written?.planned.length ?? 0)
    if (!written) return
    const changes = [move, edit, cancel].filter(() => random() < 0.25)
    for (const change of changes) {
      // At any moment from now until a little after it is due.
      await clock.sleep((random() * (inMs + 5_000)) / changes.length)
      await change(written)
    }
  }

  return {
    client,
    counts,
    plan,
    problems,
    workspaces,
    /** Publications one post can have. */
    width: Math.max(...[...templates.values()].map((list) => new Set(list.map((t) => t.channelId)).size)),
    platforms: [...new Set([...templates.values()].flat().map((t) => t.platform))].sort(),
    onePost,
    /** What people do who find channels disconnected, each in their workspace. Gives how many workspaces were seen to. */
    reconnect: async (): Promise<number> => {
      const rows = await database.db
        .selectFrom('channels')
        .select('workspace_id')
        .distinct()
        .where('state', '=', 'reconnect')
        .where('removed_at', 'is', null)
        .execute()
      await eachOf(
        rows.map((r) => r.workspace_id),
        // It may not work while everything breaks; the next look finds it again.
        (ws) => connect(ws).catch((error: Error) => o.say(`reconnecting: ${error.message.slice(0, 200)}`)),
      )
      return rows.length
    },
    /** Uploads a file of a megabyte; sent again until it is stored. */
    store: async (): Promise<void> => {
      const shade = Math.floor(random() * 250)
      const bytes = png({ width: 64, height: 64, bytes: 1_000_000 + Math.floor(random() * 1_000), shade })
      const file = new Blob([new Uint8Array(bytes)], { type: 'image/png' })
      await client.upload(`/api/v1/workspaces/${first}/media`, file, 'large.png', '')
    },
  }
}
