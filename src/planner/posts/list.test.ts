import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { contentTypes, type PostState, type PublicationState, publicationStates } from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import { manualClock } from '#infra/clock.ts'
import { type TestDatabase, testDatabase } from '#infra/testing/db.ts'
import { readCursor, writeCursor } from '../paging/cursor.ts'
import { postState } from '../publishing/rules.ts'
import { listPosts } from './list.ts'
import { createPosts, type PostQuery, type Posts } from './service.ts'
import { contentTypeOf } from './store.ts'
import { input, seeder, toyNetworks } from './testing.ts'

const start = Date.UTC(2027, 2, 1, 12, 0, 0)
const hour = 3_600_000
const clock = manualClock(start)
let t: TestDatabase
let posts: Posts
let seed: ReturnType<typeof seeder>
let ws: { id: string; timeZone: string }
let author: string

beforeAll(async () => {
  t = await testDatabase()
  seed = seeder(t.db, clock)
  author = await seed.user()
  posts = createPosts({ db: t.db, clock, platforms: toyNetworks().platforms })
})
beforeEach(async () => {
  clock.set(start)
  ws = await seed.workspace()
})
afterAll(() => t.drop())

const write = (text: string, channelIds: string[] = [], tags: string[] = []) =>
  posts.create(ws, author, input(text, channelIds, { tags }))
const textsOf = async (query: Partial<PostQuery>) =>
  (await posts.list(ws, { limit: 100, ...query })).items.map((p) => p.content.segments[0]!.text)
const iso = (ms: number) => new Date(start + ms).toISOString()
/** Walks every page. */
const walk = async (query: Partial<PostQuery>, limit: number) => {
  const ids: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await posts.list(ws, { limit, ...query, cursor })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    ids.push(...page.items.map((p) => p.id))
    cursor = page.nextCursor
  }
  return ids
}

describe('the list', () => {
  test('is newest first, and its pages hold everything once, though many were written at one instant', async () => {
    const made: string[] = []
    for (let i = 0; i < 9; i++) {
      clock.set(start + Math.floor(i / 3) * 1000)
      made.push((await write(`${i}`)).id)
    }
    const whole = (await posts.list(ws, { limit: 100 })).items
    expect(whole.map((p) => p.createdAt)).toEqual(
      whole
        .map((p) => p.createdAt)
        .sort()
        .reverse(),
    )
    expect([...whole.map((p) => p.id)].sort()).toEqual([...made].sort())
    for (const limit of [1, 2, 4, 9]) expect(await walk({}, limit)).toEqual(whole.map((p) => p.id))
  })

  test('stays in place when a post is written between two pages', async () => {
    for (let i = 0; i < 4; i++) {
      clock.set(start + i)
      await write(`${i}`)
    }
    const first = await posts.list(ws, { limit: 2 })
    clock.set(start + 100)
    await write('new')
    expect(await textsOf({ cursor: first.nextCursor! })).toEqual(['1', '0'])
  })

  test('finds words in texts, channel texts and tags, taking signs of LIKE as they are', async () => {
    const a = await seed.channel(ws.id)
    await write('Grand OPENING of 100% café')
    await write('plain_text')
    await write('tagged', [], ['Spring sale'])
    const own = { segments: [{ text: 'only on one network', mediaIds: [] }] }
    await posts.create(ws, author, input('base', [], { publications: [{ channelId: a, content: own, settings: {} }] }))
    expect(await textsOf({ q: 'opening' })).toEqual(['Grand OPENING of 100% café'])
    expect(await textsOf({ q: '0% c' })).toHaveLength(1)
    expect(await textsOf({ q: '%' })).toHaveLength(1)
    expect(await textsOf({ q: 'n_t' })).toEqual(['plain_text'])
    expect(await textsOf({ q: 'spring' })).toEqual(['tagged'])
    expect(await textsOf({ q: 'one network' })).toEqual(['base'])
    expect(await textsOf({ q: 'mediaIds' })).toEqual([])
    expect(await textsOf({ q: '\\' })).toEqual([])
    expect(await textsOf({ q: '   ' })).toHaveLength(4)
  })

  test('is filtered by channel and by state, together with the rest', async () => {
    const [a, b] = [await seed.channel(ws.id), await seed.channel(ws.id)]
    const p = await write('on a', [a])
    await write('on both', [a, b])
    await write('on none')
    await posts.schedule(ws, p.id, { at: iso(hour) }, null)
    expect((await textsOf({ channelId: a })).sort()).toEqual(['on a', 'on both'])
    expect(await textsOf({ channelId: b })).toEqual(['on both'])
    expect(await textsOf({ state: 'scheduled' })).toEqual(['on a'])
    expect(await textsOf({ state: 'draft', channelId: a })).toEqual(['on both'])
    expect(await textsOf({ state: 'awaiting_approval' })).toEqual([])
  })

  test('knows what each publication is made of, and filters by it on one network', async () => {
    const [plain, board] = [await seed.channel(ws.id), await seed.channel(ws.id, 'board')]
    const [a, b] = [await seed.media(ws.id), await seed.media(ws.id)]
    const [v, w, pdf] = [await seed.media(ws.id), await seed.media(ws.id), await seed.media(ws.id)]
    await t.db.updateTable('media').set({ kind: 'video' }).where('id', 'in', [v, w]).execute()
    await t.db.updateTable('media').set({ kind: 'document' }).where('id', '=', pdf).execute()
    const of = (segments: string[][]) => ({ segments: segments.map((mediaIds) => ({ text: 'x', mediaIds })) })
    const made = async (segments: string[][]) => {
      const post = await posts.create(ws, author, { ...input('x', [plain]), content: of(segments) })
      return post.publications[0]!.contentType
    }
    expect([await made([[]]), await made([[a]]), await made([[a, b]]), await made([[v]])]).toEqual([
      'text',
      'image',
      'images',
      'video',
    ])
    expect([await made([[a, v]]), await made([[v, w]]), await made([[pdf]]), await made([[a], []])]).toEqual([
      'mixed',
      'mixed',
      'document',
      'thread',
    ])
    // Words of its own on one channel: a picture there, text on the other.
    const both = await posts.create(ws, author, {
      ...input('both', [plain]),
      publications: [
        { channelId: plain, content: null, settings: {} },
        { channelId: board, content: of([[a]]), settings: { board: 'b' } },
      ],
    })
    expect(both.publications.map((p) => p.contentType).sort()).toEqual(['image', 'text'])
    expect(await textsOf({ contentType: 'image', platform: 'board' })).toEqual(['both'])
    expect(await textsOf({ contentType: 'text', platform: 'board' })).toEqual([])
    expect(await textsOf({ platform: 'board' })).toEqual(['both'])
    // A typo is no empty list.
    await expect(textsOf({ platform: 'bored' })).rejects.toMatchObject({
      code: 'validation',
      extra: { errors: [{ path: 'query.platform', message: expect.stringContaining('known: ') }] },
    })
    expect(await walk({ contentType: 'text' }, 100)).toHaveLength(2)
    expect(await walk({ contentType: 'image', channelId: plain }, 100)).toHaveLength(1)
  })

  test('a kind of content leads to its posts, whatever else is asked, and follows each change of a text', async () => {
    const [a, b] = [await seed.channel(ws.id), await seed.channel(ws.id)]
    const picture = await seed.media(ws.id)
    const of = (mediaIds: string[]) => ({ segments: [{ text: 'x', mediaIds }] })
    const own = (text: string) => ({ segments: [{ text, mediaIds: [picture] }] })
    const kinds = async (id: string) =>
      (await t.db.selectFrom('post_kinds').select('kind').where('post_id', '=', id).orderBy('kind').execute()).map(
        (r) => r.kind,
      )
    const made: string[] = []
    for (let i = 0; i < 4; i++) {
      clock.set(start + i * 1000)
      const post = { ...input('x', [a]), content: of(i % 2 ? [picture] : []) }
      made.push((await posts.create(ws, author, post)).id)
    }
    clock.set(start + 4000)
    const both = await posts.create(ws, author, {
      ...input('words', [a, b]),
      publications: [
        { channelId: a, content: null, settings: {} },
        { channelId: b, content: own('shown'), settings: {} },
      ],
    })
    expect(await kinds(both.id)).toEqual(['image', 'text'])
    const images = [both.id, made[3], made[1]]
    expect(await walk({ contentType: 'image' }, 1)).toEqual(images)
    expect(await walk({ contentType: 'image', state: 'draft' }, 1)).toEqual(images)
    expect(await walk({ contentType: 'image', channelId: a }, 1)).toEqual([made[3], made[1]])
    expect(await walk({ contentType: 'image', q: 'shown' }, 1)).toEqual([both.id])
    await posts.replace(ws, both.id, input('words', [a]), both.version)
    expect(await kinds(both.id)).toEqual(['text'])
    expect(await walk({ contentType: 'image' }, 1)).toEqual([made[3], made[1]])
    await posts.replace(ws, both.id, { ...input('x', [a]), content: of([picture]) }, both.version + 1)
    expect(await kinds(both.id)).toEqual(['image'])
    expect(await walk({ contentType: 'image' }, 1)).toEqual(images)
    await t.db.deleteFrom('posts').where('id', '=', both.id).execute()
    expect(await kinds(both.id)).toEqual([])
  })

  test('the database calls a kind of content what the list calls it', async () => {
    const [image, other] = [await seed.media(ws.id), await seed.media(ws.id)]
    const [video, pdf] = [await seed.media(ws.id), await seed.media(ws.id)]
    await t.db.updateTable('media').set({ kind: 'video' }).where('id', '=', video).execute()
    await t.db.updateTable('media').set({ kind: 'document' }).where('id', '=', pdf).execute()
    const nobody = '00000000-0000-7000-8000-000000000000'
    const channel = await seed.channel(ws.id)
    const { publications } = await write('any', [channel])
    const found = new Set<string>()
    const some = fc.uniqueArray(fc.constantFrom(image, other, video, pdf, nobody), { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 2 }), async (files) => {
        const content = JSON.stringify({ segments: files.map((mediaIds) => ({ text: 'x', mediaIds })) })
        await sql`update publications set content = ${content}::jsonb where id = ${publications[0]!.id}`.execute(t.db)
        const { rows } = await sql<{ listed: string; kept: string }>`
          select ${contentTypeOf('x')} as listed, kind_of_content(x.content) as kept from publications x
          where x.id = ${publications[0]!.id}`.execute(t.db)
        expect(rows[0]!.kept).toBe(rows[0]!.listed)
        found.add(rows[0]!.kept)
      }),
      { numRuns: 200 },
    )
    expect([...found].sort()).toEqual([...contentTypes].sort())
  })

  test('a search finds one character, two and three, what few say and what many say, newest first', async () => {
    const made: string[] = []
    for (let i = 0; i < 40; i++) {
      clock.set(start + i * 1000)
      made.push((await write(i % 20 === 0 ? `at the UK fair ~ ${i}` : `often ${i}`)).id)
    }
    const rare = [made[20], made[0]]
    for (const q of ['~', 'uk', 'UK', 'k ', ' uk f', 'at the uk']) expect(await walk({ q }, 1), q).toEqual(rare)
    expect(await walk({ q: 'of' }, 7)).toEqual([...made].reverse().filter((id) => !rare.includes(id)))
    for (const q of ['zq', '§', 'ukx']) expect(await walk({ q }, 1), q).toEqual([])
    // Edited away.
    await posts.replace(ws, made[20]!, input('gone'), 1)
    expect(await walk({ q: 'uk' }, 1)).toEqual([made[0]])
  })

  test('a page that looked at much and found little tells where to go on; all pages together hold everything', async () => {
    const channels = [await seed.channel(ws.id, 'board')]
    const made: string[] = []
    for (let i = 0; i < 12; i++) {
      clock.set(start + i * 1000)
      made.push((await write(`${i}`, i % 6 === 5 ? channels : [])).id)
    }
    const pages: string[][] = []
    for (let after: { at: Date; id: string } | null | undefined; after !== null; ) {
      const o = { ws: ws.id, now: new Date(clock.now()), limit: 1, range: null, reads: 2 } as const
      const { rows, next } = await listPosts(t.db, { ...o, state: 'draft', platform: 'board', after: after ?? null })
      pages.push(rows.map((r) => r.id))
      after = next
    }
    expect(pages.flat()).toEqual([made[11], made[5]])
    // Eight are read at once here, of twelve.
    expect(pages.length).toBeGreaterThan(1)
  })

  test('shows nothing of another workspace', async () => {
    await write('mine')
    const other = await seed.workspace()
    expect((await posts.list(other, { limit: 10 })).items).toEqual([])
  })

  test('knows the state of a post in SQL as the rules do, for every mix of three publications', async () => {
    const ids = await Promise.all([seed.channel(ws.id), seed.channel(ws.id), seed.channel(ws.id)])
    const mixes: PublicationState[][] = [
      [],
      ...publicationStates.flatMap((x) => publicationStates.flatMap((y) => publicationStates.map((z) => [x, y, z]))),
    ]
    const gone = new Date(clock.now())
    const sample = mixes.filter((m) =>
      m.every((s, i) => i === 0 || publicationStates.indexOf(s) >= publicationStates.indexOf(m[i - 1]!)),
    )
    // Which of them are taken down besides: every mix meets each of these.
    const downs = [[], [1, 1, 1], [1], [0, 1, 1]]
    const want = new Map<PostState, string[]>()
    const onChannel = ids.map(() => new Set<string>())
    for (const [i, states] of sample.flatMap((m) => downs.map(() => m)).entries()) {
      const p = await write(`${i}`, ids.slice(0, states.length))
      for (const k of states.keys()) onChannel[k]!.add(p.id)
      const stand = states.map((state, k) => ({ state, due_at: gone, removed_at: downs[i % 4]![k] ? gone : null }))
      for (const [k, values] of stand.entries())
        await t.db.updateTable('publications').set(values).where('id', '=', p.publications[k]!.id).execute()
      const state = postState(stand)
      want.set(state, [...(want.get(state) ?? []), p.id])
    }
    for (const [state, expected] of want)
      expect([state, (await walk({ state }, 100)).sort()]).toEqual([state, expected.sort()])
    for (const [state, expected] of want)
      for (const [k, channelId] of ids.entries()) {
        const here = expected.filter((p) => onChannel[k]!.has(p))
        expect([state, (await walk({ state, channelId }, 100)).sort()]).toEqual([state, here])
      }
    expect(sample).toHaveLength(221)
  })
})

describe('the calendar', () => {
  test('is by due time, ascending; `from` included, `to` not; without drafts that have no time', async () => {
    const a = await seed.channel(ws.id)
    for (const h of [3, 1, 2, 4]) await posts.schedule(ws, (await write(`${h}`, [a])).id, { at: iso(h * hour) }, null)
    await write('draft', [a])
    expect(await textsOf({ from: iso(hour), to: iso(4 * hour) })).toEqual(['1', '2', '3'])
    expect(await textsOf({ from: iso(3 * hour) })).toEqual(['3', '4'])
    expect(await textsOf({ to: iso(2 * hour) })).toEqual(['1'])
    expect(await textsOf({})).toContain('draft')
    const range = { from: iso(0), to: iso(9 * hour) }
    expect(await walk(range, 1)).toEqual(await walk(range, 100))
    expect(await walk(range, 3)).toHaveLength(4)
  })

  test('shows a post where any of its channels is due, also when that channel has a time of its own', async () => {
    const [a, b] = [await seed.channel(ws.id), await seed.channel(ws.id)]
    const p = await write('two times', [a, b])
    await posts.schedule(ws, p.id, { at: iso(hour) }, null)
    await posts.reschedule(ws, p.publications[1]!.id, { at: iso(48 * hour) })
    expect(await textsOf({ from: iso(0), to: iso(24 * hour) })).toEqual(['two times'])
    expect(await textsOf({ from: iso(24 * hour), to: iso(72 * hour) })).toEqual(['two times'])
    expect(await textsOf({ from: iso(2 * hour), to: iso(24 * hour) })).toEqual([])
    expect(await textsOf({ from: iso(0) })).toEqual(['two times'])
  })
})

describe('a cursor', () => {
  const cursor = { list: 'newest' as const, at: new Date(start), id: '01938e5e-0000-7000-8000-000000000001' }
  const refuses = (text: string, list: 'newest' | 'calendar' = 'newest') => {
    try {
      readCursor(text, list)
    } catch (error) {
      return error instanceof Problem && error.code === 'bad-cursor'
    }
    return false
  }
  test('comes back as it was, for its own list only', () => {
    expect(readCursor(writeCursor(cursor), 'newest')).toEqual(cursor)
    expect(refuses(writeCursor(cursor), 'calendar')).toBe(true)
  })
  test('that was changed anywhere is refused', () => {
    const good = writeCursor(cursor)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...'Aaz09-_=. é'), (at, ch) => {
        const bad = good.slice(0, at) + ch + good.slice(at + 1)
        expect(bad === good || refuses(bad)).toBe(true)
      }),
    )
    for (const bad of [
      '',
      'x',
      good.slice(1),
      good.slice(0, -1),
      `${good}A`,
      `${good}=`,
      ` ${good}`,
      '\u0000',
      'bmV3ZXN0',
    ])
      expect(refuses(bad)).toBe(true)
  })
  test('that is anything else is refused', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => refuses(text)))
  })
})
