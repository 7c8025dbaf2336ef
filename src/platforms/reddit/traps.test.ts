/** What only Reddit does wrong, or differently: no id for files, errors inside 200, breaks, communities with rules. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { preflight } from '#kit/facts/preflight.ts'
import { type Bench, openBench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import imitation from './sandbox/index.ts'
import { base, bread, film, pictures, said } from './testing.ts'
import { storeOf } from './upload.ts'

let sandbox: TestSandbox
let b: Bench
beforeAll(async () => {
  sandbox = await startSandbox([imitation])
  b = openBench(platform, sandbox)
})
beforeEach(() => sandbox.desk.reset())
afterEach(() => expect(sandbox.trouble.splice(0)).toEqual([]))
afterAll(async () => {
  await b.shelf.close()
  await sandbox.close()
})

const knobs = (values: Record<string, number>) => sandbox.desk.setKnobs('reddit', values)
const submits = () => sandbox.desk.requests({ route: 'create' }).length
const failureOf = async (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: { failure: { kind: string; code: string; message: string } }) => error.failure,
  )

describe('a lost answer', () => {
  test('two identical posts in a row are two posts, each with its own id', async () => {
    const c = await b.connect()
    for (const n of [1, 2]) {
      b.fault({ route: 'create', do: 'drop-after' })
      const run = await b.publish(c, said('Twice'))
      expect(run.failure).toBeUndefined()
      expect(b.ledger()).toHaveLength(n)
      expect(createdOf(run)[0]!.id).toBe(b.ledger().at(-1)!.id)
      b.pass(10_000)
    }
  })
  test('a twin from before, of our own or by hand, is not taken for this post', async () => {
    const c = await b.connect()
    sandbox.desk.act('reddit', { do: 'post', title: base.title, text: 'Twin' })
    b.pass(5000)
    await b.publish(c, said('Twin'))
    b.pass(5000)
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, said('Twin'))
    expect(run.state).toBe('published')
    expect(run.tries.get('create')).toBe(2)
    expect(b.ledger()).toHaveLength(3)
    expect(createdOf(run)[0]!.id).toBe(b.ledger().at(-1)!.id)
  })
  test('a post that says something else under the same title is for a person to judge', async () => {
    const c = await b.connect()
    b.fault({ route: 'create', do: 'drop-before' })
    const run = await b.publish(c, said('Nearly'), {
      pass: (ms) => {
        sandbox.desk.act('reddit', { do: 'post', title: base.title, text: 'Nearly, but not' })
        b.pass(ms)
      },
    })
    expect(run.state).toBe('unconfirmed')
    expect(submits()).toBe(1)
  })
  test('of a picture is settled by its asset id, even when Reddit takes minutes over it', async () => {
    const c = await b.connect()
    knobs({ processingMs: 400_000 })
    b.fault({ route: 'create', do: 'drop-after' })
    const run = await b.publish(c, pictures(1))
    expect(run.failure).toBeUndefined()
    expect(submits()).toBe(1)
    expect(b.ledger()).toHaveLength(1)
    expect(createdOf(run)[0]!.id).toBe(b.ledger()[0]!.id)
  })
  test('of a gallery or a film is settled the same way, whatever else has the same title', async () => {
    const c = await b.connect()
    for (const content of [pictures(3), film('Film')]) {
      b.fault({ route: 'create', do: 'answer-after', status: 400 })
      expect((await b.publish(c, content)).failure).toBeUndefined()
    }
    expect(b.ledger().map((p) => p.kind)).toEqual(['gallery', 'video'])
    expect(submits()).toBe(2)
  })
  test('of a comment leads to one comment', async () => {
    const c = await b.connect()
    for (const fault of ['drop-after', 'drop-before'] as const) {
      b.fault({ route: 'comment', do: fault })
      const run = await b.publish(c, { ...said(`With a comment, ${fault}`), firstComment: 'First & <only>' })
      expect(run.failure).toBeUndefined()
      b.pass(5000)
    }
    expect(b.ledger().filter((p) => p.kind === 'comment')).toHaveLength(2)
  })
  test('whatever breaks at whatever call, there is never a second post, and "published" is never said of none', async () => {
    const faults = [
      { do: 'drop-before' },
      { do: 'drop-after' },
      { do: 'answer-before', status: 400 },
      { do: 'answer-after', status: 400 },
      { do: 'answer-before', status: 500 },
      { do: 'answer-after', status: 500 },
      { do: 'answer-after', status: 502, times: 2 },
    ] as const
    const kinds = [said, (text: string) => pictures(1, base, text), (text: string) => pictures(2, base, text), film]
    let c = await b.connect()
    let n = 0
    for (const route of ['submitted', 'upload-lease', 'upload-file', 'create', 'info'])
      for (const fault of faults) {
        const text = `Broken ${++n}`
        if (n % 5 === 0) c = await b.connect()
        sandbox.desk.clearFaults()
        b.fault({ route, ...fault })
        const run = await b.publish(c, kinds[route.startsWith('upload') ? 1 + (n % 3) : n % 4]!(text))
        b.pass(60_000)
        const there = b.ledger().filter((p) => p.text === text)
        const what = `${route} ${JSON.stringify(fault)}`
        expect(run.state, what).not.toBe('unconfirmed')
        expect(there, what).toHaveLength(run.state === 'published' ? 1 : 0)
        // Only a look that failed before anything was sent may end here; the engine comes back to it.
        if (run.state !== 'published') expect(route, what).toBe('submitted')
      }
  })
})

describe('files', () => {
  test('an answer without an id is waited for and submitted once', async () => {
    const c = await b.connect()
    knobs({ processingMs: 90_000 })
    const run = await b.publish(c, film('Long'))
    expect(run.state).toBe('published')
    expect(submits()).toBe(1)
    expect(createdOf(run)[0]).toMatchObject({ id: b.ledger()[0]!.id, kind: 'video', url: b.ledger()[0]!.url })
  })
  test('one Reddit cannot read makes no post, and is said to be at fault', async () => {
    const c = await b.connect()
    const run = await b.publish(c, film('Endless', {}, { ms: 901_000 }))
    expect(run).toMatchObject({ state: 'failed', failure: { kind: 'refused-media', code: 'reddit.processing' } })
    expect(submits()).toBe(1)
  })
  test('go to Amazon and nowhere else', () => {
    expect(storeOf('//reddit-uploaded-media.s3-accelerate.amazonaws.com')).toBe(
      'https://reddit-uploaded-media.s3-accelerate.amazonaws.com',
    )
    for (const action of [
      '//evil.example',
      '//amazonaws.com.evil.example',
      '//evilamazonaws.com',
      'http://x.amazonaws.com',
      '//u@x.amazonaws.com',
      '//x.amazonaws.com:8080',
      '//evil.example/x.amazonaws.com',
    ])
      expect(() => storeOf(action), action).toThrow('upload-host')
  })
})

describe('who calls', () => {
  test('a generic user agent is turned away at the edge', async () => {
    const issued = sandbox.desk.tokens('reddit')
    const t = b.context({ ...issued.credentials, userAgent: 'python-requests/2' })
    const begun = await platform.connect.begin(t, {})
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const answer = await b.consent(begun.url, { decision: 'allow' })
    expect(await failureOf(platform.connect.finish(t, answer, begun.keep))).toMatchObject({ code: 'reddit.edge' })
  })
  test('a code that was traded already is said to be one', async () => {
    const t = b.context(sandbox.desk.tokens('reddit').credentials)
    const begun = await platform.connect.begin(t, {})
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const answer = await b.consent(begun.url, { decision: 'allow' })
    await platform.connect.finish(t, answer, begun.keep)
    expect(await failureOf(platform.connect.finish(t, answer, begun.keep))).toMatchObject({
      kind: 'not-permitted',
      code: 'reddit.code-refused',
    })
  })
  test('a wrong app secret is said to be one, at connecting and at refreshing', async () => {
    const c = await b.connect()
    const wrong = { ...c.credentials, clientSecret: 'wrong' }
    const t = b.context(wrong)
    const begun = await platform.connect.begin(t, {})
    if (begun.kind !== 'redirect') throw new Error('not a redirect')
    const answer = await b.consent(begun.url, { decision: 'allow' })
    const expected = { kind: 'not-permitted', code: 'reddit.app-refused' }
    expect(await failureOf(platform.connect.finish(t, answer, begun.keep))).toMatchObject(expected)
    expect(
      await failureOf(platform.connect.refresh!(b.tokenContext({ ...c, credentials: wrong }), c.grant)),
    ).toMatchObject(expected)
  })
  test('the refresh token stays the same, and one Reddit never gave is over', async () => {
    const c = await b.connect()
    const t = b.tokenContext(c)
    const next = await platform.connect.refresh!(t, c.grant)
    expect(next.refresh).toBe(c.grant.refresh)
    expect(next.access).not.toBe(c.grant.access)
    expect(await failureOf(platform.connect.refresh!(t, { ...c.grant, refresh: '1-x' }))).toMatchObject({
      kind: 'reconnect',
    })
  })
  test('revoking gives all access back, and doing it again is no error', async () => {
    const c = await b.connect()
    await platform.connect.revoke!(b.tokenContext(c), c.grant)
    await platform.connect.revoke!(b.tokenContext(c), c.grant)
    expect(await b.publish(c, said('Over'))).toMatchObject({ state: 'failed', failure: { kind: 'reconnect' } })
  })
  test('an account with little karma is told when it may post again', async () => {
    const c = await b.connect({ account: '9z8y7x' })
    expect(preflight(platform, b.draft(c, said('Young'))).map((f) => f.kind)).toContain('account.karma')
    expect((await b.publish(c, said('Young'))).state).toBe('published')
    b.pass(61_000)
    const { failure } = await b.publish(c, said('Too soon'))
    expect(failure).toMatchObject({ kind: 'too-fast', code: 'reddit.break' })
    expect(Date.parse(failure!.until!) - b.now()).toBe(540_000)
    b.pass(540_000)
    expect((await b.publish(c, said('In time'))).state).toBe('published')
  })
  test('a 429 waits for the end of the window; usage is read from every answer', async () => {
    const c = await b.connect()
    b.fault({ route: 'create', do: 'answer-before', status: 429 })
    const { failure } = await b.publish(c, said('Fast'))
    expect(Date.parse(failure!.until!) - b.now()).toBe(42_000)
    const headers = { 'x-ratelimit-used': '9', 'x-ratelimit-remaining': '991.0', 'x-ratelimit-reset': '372' }
    expect(platform.usage!({ status: 200, headers }, b.now())).toMatchObject([
      { used: 9, cap: 1000, resetsAt: new Date(b.now() + 372_000).toISOString() },
    ])
    expect(platform.usage!({ status: 200, headers: {} }, b.now())).toEqual([])
  })
})

describe('communities', () => {
  const list = async (name: string, params: Record<string, string> = {}) =>
    platform.options![name]!(b.channelContext(await b.connect()), params)
  test('moderated ones come first, the own profile last, private ones not at all; a search finds others', async () => {
    const all = await list('subreddits')
    expect(all[0]).toMatchObject({ value: bread, label: `r/${bread}`, hint: expect.stringContaining('moderator') })
    expect(all.at(-1)).toMatchObject({ value: 'u_rosehill_bakery', label: 'u/rosehill_bakery' })
    expect(all.map((o) => o.value)).not.toContain('secretoven')
    expect((await list('subreddits', { q: 'crumb' })).map((o) => o.value)).toEqual(['crumbshots'])
  })
  test('where there are no flairs, or none may be chosen, there is nothing to choose', async () => {
    expect(await list('flairs', { subreddit: 'crumbshots' })).toEqual([])
    expect(await list('flairs', { subreddit: 'not a name' })).toEqual([])
    expect((await list('flairs', { subreddit: 'r/askbakers' })).map((f) => f.label)).toEqual(['Sourdough', 'Yeast'])
  })
  test('one that does not exist, or is private, says so', async () => {
    expect(await failureOf(list('community', { subreddit: 'nobodyhere' }))).toMatchObject({
      code: 'reddit.no-community',
    })
    expect(await failureOf(list('community', { subreddit: 'secretoven' }))).toMatchObject({
      code: 'reddit.not-allowed-there',
    })
  })
  test('what a community asks for is refused by preflight and by Reddit alike', async () => {
    const c = await b.connect()
    const asked = new Map<string, unknown>()
    const rulesOf = async (subreddit: string) => {
      if (!asked.has(subreddit)) {
        const [option] = await platform.options!.community!(b.channelContext(c), { subreddit })
        asked.set(subreddit, (option!.data as { community: unknown }).community)
      }
      return asked.get(subreddit)
    }
    const flairId = '0f1a1e00-c1b0-11e7-b30b-0eb8423d5e04'
    const good = { subreddit: 'askbakers', title: 'Why is my rye so flat?', flairId }
    const text = 'It was warm in the kitchen.'
    const cases: [string, ReturnType<typeof said>][] = [
      ['flair', said(text, { ...good, flairId: undefined })],
      ['title-short', said(text, { ...good, title: 'Why so flat?' })],
      ['title-long', said(text, { ...good, title: `${'a'.repeat(120)}?` })],
      ['title-needs', said(text, { ...good, title: 'My rye is so flat' })],
      ['title-bans', said(text, { ...good, title: 'Urgent: why is it so flat?' })],
      ['body-required', said('', good)],
      ['body-short', said('It was warm.', good)],
      ['body-long', said('a'.repeat(501), good)],
      ['body-bans', said(`${text} Buy now!`, good)],
      ['kind', said('', { ...good, link: 'https://example.com' })],
      ['domain', said('', { subreddit: 'breadlinks', title: 'x', link: 'https://other.example' })],
      ['body-not-allowed', said('Text', { subreddit: 'breadlinks', title: 'x', link: 'https://example.com' })],
      ['kind', said('', { subreddit: 'breadlinks', title: 'x' })],
      ['captions', pictures(3, { subreddit: 'crumbshots', title: 'x' })],
      ['gallery', pictures(2, { subreddit: 'crumbshots', title: 'x', slides: [{ caption: 'a' }, { caption: 'b' }] })],
      ['domain', said('', { subreddit: 'crumbshots', title: 'x', link: 'https://www.shop.example/1' })],
      ['kind', film('x', { subreddit: 'crumbshots' })],
      ['kind', pictures(2, { subreddit: 'justpictures', title: 'x' })],
      ['banned', said('x', { subreddit: 'strictbakers', title: 'x' })],
    ]
    const fine = said(text, good)
    const known = async (content: ReturnType<typeof said>) => ({
      ...content,
      settings: { ...content.settings, community: await rulesOf(String(content.settings!.subreddit)) },
    })
    expect(preflight(platform, b.draft(c, await known(fine))).filter((f) => f.level === 'error')).toEqual([])
    expect((await b.publish(c, await known(fine))).state).toBe('published')
    for (const [kind, content] of cases) {
      const full = await known(content)
      const found = preflight(platform, b.draft(c, full)).filter((f) => f.level === 'error')
      expect(
        found.map((f) => f.kind),
        kind,
      ).toContain(`community.${kind}`)
      expect(await b.publish(c, full), kind).toMatchObject({ state: 'failed', failure: { kind: 'refused-content' } })
    }
    expect(b.ledger()).toHaveLength(1)
  })
  test('one that takes a link once takes it again when the person says so', async () => {
    const c = await b.connect()
    const link = { subreddit: 'breadlinks', title: 'x', link: 'https://example.com/1' }
    await b.publish(c, said('', link))
    b.pass(60_000)
    expect((await b.publish(c, said('', link))).failure).toMatchObject({ kind: 'duplicate' })
    expect((await b.publish(c, said('', { ...link, resubmit: true }))).state).toBe('published')
  })
})

describe('afterwards', () => {
  test('only text can be edited: posts of words and comments', async () => {
    const c = await b.connect()
    const t = b.channelContext(c)
    const [post, comment] = createdOf(await b.publish(c, { ...said('Old'), firstComment: 'Old too' }))
    await platform.edit!(t, post!, 'New', {})
    await platform.edit!(t, comment!, 'New too', {})
    expect(b.ledger().map((p) => p.text)).toEqual(['New', 'New too'])
    const [picture] = createdOf(await b.publish(c, pictures(1)))
    expect(await failureOf(platform.edit!(t, picture!, 'No', {}))).toMatchObject({
      kind: 'refused-content',
      code: 'reddit.not-editable',
    })
  })
  test('post and comment are both taken down', async () => {
    const c = await b.connect()
    const run = await b.publish(c, { ...said('Short-lived'), firstComment: 'This too' })
    for (const created of createdOf(run)) await platform.remove!(b.channelContext(c), created)
    expect(b.ledger()).toEqual([])
    const created = createdOf(run)
    expect(
      await platform.insights!.post!(b.channelContext(c), { created, settings: {}, publishedAt: b.now() }),
    ).toBeNull()
  })
  test('a locked thread takes no comment, and the post stays', async () => {
    const c = await b.connect()
    const run = await b.publish(
      c,
      { ...said('Locked'), firstComment: 'Too late' },
      {
        beforeTry: (key) => {
          if (key === 'comment') sandbox.desk.act('reddit', { do: 'lock', post: b.ledger()[0]!.id })
        },
      },
    )
    expect(run).toMatchObject({ key: 'comment', failure: { kind: 'refused-content', code: 'reddit.closed' } })
    expect(b.ledger()).toHaveLength(1)
  })
  test('numbers tell that a post was taken down; views are never told', async () => {
    const c = await b.connect()
    const publishedAt = b.now()
    const created = createdOf(await b.publish(c, said('Counted')))
    b.pass(20 * 3_600_000)
    const read = async () => platform.insights!.post!(b.channelContext(c), { created, settings: {}, publishedAt })
    const young = await read()
    expect(young!.metrics).toMatchObject({ views: null, impressions: null, saves: null, reach: null })
    expect(young!.metrics.likes).toBeGreaterThan(1)
    expect(young!.raw).toMatchObject({ upvote_ratio: 0.94, removed_by_category: null })
    sandbox.desk.act('reddit', { do: 'remove', post: created[0]!.id!, by: 'moderator' })
    expect((await read())!.raw).toMatchObject({ removed_by_category: 'moderator', is_robot_indexable: false })
  })
  test('the account has followers', async () => {
    const reading = await platform.insights!.account!(b.channelContext(await b.connect()))
    expect(reading).toMatchObject({ metrics: { followers: 212, likes: null }, raw: { total_karma: 4180 } })
  })
})
