// Over 500 lines: the cases, and what only YouTube does, share one bench and one set of words for a video.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { type Json, plan } from '#kit/client/steps.ts'
import { preflight } from '#kit/facts/preflight.ts'
import type { Bench, Connected, Content } from '#kit/testing/bench.ts'
import type { TestVideo } from '#kit/testing/media.ts'
import { contextOf, createdOf, runPlan } from '#kit/testing/runner.ts'
import { contractSuite, textOf } from '#kit/testing/suite.ts'
import { startSandbox } from '#sandbox/testing.ts'
import platform from './index.ts'
import samples from './samples.ts'
import imitation from './sandbox/index.ts'

const piece = 4 * 1024 * 1024
const brand = 'UCh4rBoR7qWc2EvNfT8yKsLg'
const good = { title: 'A loaf in five seconds', madeForKids: false }

const film = (text: string, settings: Record<string, unknown> = {}, video: TestVideo = {}): Content => ({
  segments: [{ text, videos: [{ width: 1280, height: 720, ...video }] }],
  settings: { ...good, ...settings },
})
const doomed = (reason: string) => async (b: Bench, c: Connected) => {
  b.sandbox.desk.act('youtube', { do: 'doom', reason })
  return b.publish(c, film(`doomed: ${reason}`))
}

/** A public address as Clarion has one: repeats the hub's challenge, and keeps what is sent for the bench. */
const hooks: { server?: Server } = {}
const subscribed = async (b: Bench, c: Connected) => {
  const t = await b.hookContext(c)
  hooks.server ??= createServer((req, res) => {
    const parts: Buffer[] = []
    req.on('data', (p: Buffer) => parts.push(p))
    req.on('end', () => {
      const headers = Object.fromEntries(Object.entries(req.headers).map(([k, v]) => [k, String(v)]))
      const body = Buffer.concat(parts)
      if (req.method === 'POST') {
        b.shelf.hooks.push({ headers, body })
        return void res.writeHead(204).end()
      }
      const query = Object.fromEntries(new URL(req.url ?? '/', 'http://x').searchParams)
      const reply = platform.webhook!.handshake!(t, { method: 'GET', headers, query, body })
      res.writeHead(reply?.status ?? 404).end(reply?.body)
    })
  })
  const { server } = hooks
  if (!server.listening) await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  await platform.webhook!.subscribe!({ ...b.channelContext(c), url, secret: t.secret })
  await b.sandbox.desk.tickAll()
}
afterAll(() => hooks.server?.close())

contractSuite({
  platform,
  imitation,
  start: startSandbox,
  cases: {
    routes: { create: 'create', refresh: 'token' },
    plain: film('Bread at nine & coffee “today” é https://example.com/menu?x=1'),
    said: (text) => film(text),
    samples,
    accessMs: 3_599_000,
    skip: {
      scope: 'the second scope (analytics) may be left out; leaving out the first is tested below',
      thread: 'YouTube has no threads',
      stale: 'WebSub requests carry no time; a repetition is known by its key',
    },
    webhook: {
      provoke: async (b, c) => {
        await subscribed(b, c)
        await b.publish(c, film('News for the feed'))
      },
      event: { account: 'UCkS9bRtQ2mVx7LwZp4HnJdA', does: 'published' },
    },
    posts: [
      {
        name: 'a video with everything a person can set',
        content: {
          ...film('About the loaf.\nhttps://example.com', {
            tags: ['bread', 'home baking'],
            category: '26',
            language: 'en',
            audioLanguage: 'en-GB',
            license: 'creativeCommon',
            embeddable: false,
            statsViewable: false,
            notifySubscribers: false,
            syntheticMedia: true,
            paidPromotion: true,
            privacy: 'unlisted',
          }),
          firstComment: 'First!',
        },
        see: ([video, comment]) => {
          expect(video!.raw).toMatchObject({
            snippet: {
              title: good.title,
              tags: ['bread', 'home baking'],
              categoryId: '26',
              defaultAudioLanguage: 'en-GB',
            },
            status: {
              privacyStatus: 'unlisted',
              selfDeclaredMadeForKids: false,
              license: 'creativeCommon',
              embeddable: false,
              publicStatsViewable: false,
              containsSyntheticMedia: true,
            },
            paidProductPlacementDetails: { hasPaidProductPlacement: true },
          })
          expect(video!.kind).toBe('video')
          expect(comment!.replyTo).toBe(video!.id)
        },
      },
      {
        name: 'a Short, by its shape and length',
        content: film('Upright', {}, { width: 720, height: 1280 }),
        see: ([post], run) => {
          expect(post!.kind).toBe('short')
          expect(createdOf(run)[0]!.url).toBe(`https://www.youtube.com/shorts/${post!.id}`)
        },
      },
      {
        name: 'an upright video of more than three minutes, which is no Short',
        content: film('Upright and long', {}, { width: 720, height: 1280, ms: 180_001 }),
        see: ([post], run) => {
          expect(post!.kind).toBe('video')
          expect(createdOf(run)[0]!.url).toBe(`https://www.youtube.com/watch?v=${post!.id}`)
        },
      },
      { name: 'a video without a description', content: film('') },
    ],
    edges: [
      {
        name: 'the title',
        at: film('t', { title: textOf(100) }),
        above: film('t', { title: textOf(101) }),
        kind: 'refused-content',
      },
      {
        name: 'the tags, quotes and commas counted',
        at: film('t', { tags: ['a b', textOf(494)] }),
        above: film('t', { tags: ['a b', textOf(495)] }),
        kind: 'refused-content',
      },
      {
        name: 'a description of emoji, in bytes',
        at: film('🍞'.repeat(1250)),
        above: film(`${'🍞'.repeat(1250)}a`),
        kind: 'refused-content',
      },
      {
        name: 'the signs < and >',
        at: film('I love bread'),
        above: film('I <3 bread'),
        kind: 'refused-content',
      },
      {
        name: 'a publishing time needs a private video',
        at: film('t', { privacy: 'private', publishAt: '2031-01-01T10:00:00+01:00' }),
        above: film('t', { privacy: 'unlisted', publishAt: '2031-01-01T10:00:00+01:00' }),
        kind: 'refused-content',
      },
    ],
    failures: [
      ...(
        [
          ['duplicate', 'duplicate', 'youtube.rejected-duplicate'],
          ['copyright', 'refused-content', 'youtube.rejected-copyright'],
          ['inappropriate', 'refused-content', 'youtube.rejected-inappropriate'],
          ['uploaderAccountSuspended', 'refused-account', 'youtube.rejected-uploaderAccountSuspended'],
          ['codec', 'refused-media', 'youtube.processing'],
        ] as const
      ).map(([reason, kind, code]) => ({
        name: `processing ends with ${reason}`,
        kind,
        code,
        provoke: doomed(reason),
      })),
      {
        name: 'a category that takes no uploads',
        kind: 'refused-content',
        code: 'youtube.category',
        provoke: (b, c) => b.publish(c, film('t', { category: '18' })),
      },
      {
        name: 'the project has used up its uploads of the day',
        kind: 'too-fast',
        code: 'youtube.quota',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('youtube', { uploadsADay: 1 })
          await b.publish(c, film('One'))
          return b.publish(c, film('One too many'))
        },
      },
      {
        name: 'the channel has used up its uploads of the day',
        kind: 'too-fast',
        code: 'youtube.upload-limit',
        provoke: async (b, c) => {
          b.sandbox.desk.setKnobs('youtube', { channelUploads: 1 })
          await b.publish(c, film('One'))
          return b.publish(c, film('Two'))
        },
      },
      {
        name: 'a thumbnail on a channel without a proved phone number',
        kind: 'not-permitted',
        code: 'youtube.thumbnail-not-allowed',
        provoke: async (b) =>
          b.publish(await b.connect({ account: brand }), {
            ...film('t', { thumbnail: 'cover' }),
            attachments: { cover: { kind: 'image', width: 1280, height: 720 } },
          }),
      },
      {
        name: 'a playlist that is gone',
        kind: 'gone',
        code: 'youtube.playlist-gone',
        provoke: (b, c) => b.publish(c, film('t', { playlists: ['PLnone'] })),
      },
      {
        name: 'a dead token before the last piece',
        kind: 'reconnect',
        code: 'youtube.unauthorized',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 401 })
          return b.publish(c, film('Dead'))
        },
      },
      {
        name: 'three answers of 400 that prove nothing',
        kind: 'unknown-outcome',
        code: 'youtube.unrecognised',
        provoke: async (b, c) => {
          b.fault({ route: 'create', do: 'answer-before', status: 400, times: 3 })
          return b.publish(c, film('Lost thrice'))
        },
      },
      {
        name: 'nobody said whether it is made for kids',
        kind: 'refused-content',
        code: 'youtube.kids-missing',
        provoke: (b, c) => b.publish(c, { ...film('t'), settings: { title: 'No word on kids' } }),
      },
      {
        name: 'no title',
        kind: 'refused-content',
        code: 'youtube.title',
        provoke: (b, c) => b.publish(c, { ...film('t'), settings: { madeForKids: false } }),
      },
    ],
  },
  more: (bench) => {
    const requests = (route: string) => bench().sandbox.desk.requests({ route })
    const rules = (c: Connected, content: Content) =>
      preflight(platform, bench().draft(c, content))
        .filter((f) => f.level === 'error')
        .map((f) => f.rule)
    const long = (text: string) => film(text, {}, { bytes: 2 * piece + 100_000 })

    describe('the upload session', () => {
      test('a large file goes in pieces of whole 256 KiB, the last one in the create step', async () => {
        const b = bench()
        const run = await b.publish(await b.connect(), long('In pieces'))
        expect(run.state).toBe('published')
        expect(requests('upload-init')).toHaveLength(1)
        expect(requests('create').map((r) => r.status)).toEqual([308, 308, 201])
        expect(run.checkpoints.get('upload')).toMatchObject({ from: 2 * piece, total: 2 * piece + 100_000 })
      })
      test('after a break it goes on from the byte the server has', async () => {
        const b = bench()
        b.fault({ route: 'create', nth: 2, do: 'drop-after' })
        expect((await b.publish(await b.connect(), long('Broken once'))).state).toBe('published')
        expect(requests('upload-init')).toHaveLength(1)
        // Piece, lost piece, question, last piece: nothing is sent twice.
        expect(requests('create').map((r) => r.status)).toEqual([308, null, 308, 201])
        expect(b.ledger()).toHaveLength(1)
      })
      test('a server that stores less than it was sent gets the rest again', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('youtube', { storeLess: 3 * 262_144 })
        expect((await b.publish(await b.connect(), long('Half deaf'))).state).toBe('published')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a session forgotten before the last piece is opened anew', async () => {
        const b = bench()
        const run = await b.publish(await b.connect(), film('Forgotten early'), {
          beforeTry: (key) => {
            if (key === 'create') b.sandbox.desk.act('youtube', { do: 'forget-sessions' })
          },
        })
        expect(run.state).toBe('published')
        expect(requests('upload-init')).toHaveLength(2)
        expect(b.ledger()).toHaveLength(1)
      })
      test('a session forgotten after the answer was lost: the list of uploads names the video', async () => {
        const b = bench()
        b.sandbox.desk.setKnobs('youtube', { uploadsLagMs: 60_000 })
        b.fault({ route: 'create', do: 'drop-after' })
        const run = await b.publish(await b.connect(), film('Forgotten late'), {
          beforeTry: (key, nth) => {
            if (key === 'create' && nth === 2) b.sandbox.desk.act('youtube', { do: 'forget-sessions' })
          },
        })
        expect(run.state).toBe('published')
        expect(requests('upload-init')).toHaveLength(1)
        expect(b.ledger().map((p) => p.id)).toEqual([createdOf(run)[0]!.id])
      })
      test('tried again for what comes after, nothing is uploaded a second time', async () => {
        const b = bench()
        const input = b.runInput(await b.connect(), film('Once is enough'))
        const run = await runPlan(input)
        const first = plan(platform.publish, input.view).find((p) => p.step.name === 'upload')!
        expect(await first.step.run(contextOf(input, run, first, new Map()))).toEqual({ done: {} })
        expect(requests('upload-init')).toHaveLength(1)
      })
      test('an older twin is not taken for the lost one', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('youtube', { duplicateGuard: 0 })
        const first = await b.publish(c, film('Twins'))
        b.fault({ route: 'create', do: 'drop-before' })
        const second = await b.publish(c, film('Twins'), {
          beforeTry: (key, nth) => {
            if (key === 'create' && nth === 2) b.sandbox.desk.act('youtube', { do: 'forget-sessions' })
          },
        })
        expect(second.state).toBe('published')
        expect(createdOf(second)[0]!.id).not.toBe(createdOf(first)[0]!.id)
        expect(b.ledger()).toHaveLength(2)
      })
      test('a token about to die is renewed between pieces, not used for the next', async () => {
        const b = bench()
        const c = await b.connect()
        let renewed = 0
        const run = await b.publish(
          { ...c, grant: { ...c.grant, expiresAt: new Date(b.now() + 60_000).toISOString() } },
          long('Slow line'),
          {
            pass: (ms) => {
              renewed++
              b.pass(ms)
            },
          },
        )
        expect(run.state).toBe('published')
        expect(renewed).toBeGreaterThan(0)
        expect(requests('upload-init')).toHaveLength(1)
      })
      test('the same file again is rejected by YouTube as a duplicate, and said so', async () => {
        const b = bench()
        const c = await b.connect()
        const input = b.runInput(c, film('Same file'))
        const again = { ...b.runInput(c, film('Same file')), view: { ...input.view, publicationId: 'another' } }
        expect((await runPlan(input)).state).toBe('published')
        expect((await runPlan(again)).failure?.code).toBe('youtube.rejected-duplicate')
      })
    })

    test('questions about a video that is out, which YouTube does not answer, do not make it a failure', async () => {
      const b = bench()
      const run = await b.publish(await b.connect(), film('Out already'), {
        beforeTry: (key) => {
          if (key === 'process') b.fault({ route: 'videos', do: 'answer-before', status: 500, times: 60 })
        },
      })
      b.sandbox.desk.clearFaults()
      expect(run).toMatchObject({ state: 'published' })
      expect(run.tries.get('process')).toBe(1)
      expect(b.ledger()).toHaveLength(1)
    })

    test('whatever breaks, at whichever call: one video and one comment in the end', async () => {
      const b = bench()
      const content: Content = { ...film('Broken everywhere'), firstComment: 'Still one' }
      await b.publish(await b.connect(), content)
      const calls = b.sandbox.desk.requests().filter((r) => /youtube/.test(r.path) && r.route !== 'channels').length
      expect(calls).toBeGreaterThan(5)
      for (let nth = 1; nth <= calls; nth++)
        for (const kind of ['drop-before', 'drop-after'] as const) {
          b.sandbox.desk.reset()
          const c = await b.connect()
          b.fault({ nth, do: kind })
          const run = await b.publish(c, content)
          b.sandbox.desk.clearFaults()
          expect(`${nth} ${kind}: ${run.state} ${run.key ?? ''}`).toBe(`${nth} ${kind}: published `)
          expect(b.ledger().map((p) => p.kind)).toEqual(['video', 'comment'])
          expect(createdOf(run).map((m) => m.id)).toEqual(b.ledger().map((p) => p.id))
        }
    })

    describe('around the video', () => {
      test('thumbnail, playlists and captions are there once, also after lost answers', async () => {
        const b = bench()
        const c = await b.connect()
        const [list] = await platform.options!.playlists!(b.channelContext(c), {})
        for (const route of ['playlist-add', 'captions']) b.fault({ route, do: 'drop-after' })
        const run = await b.publish(c, {
          ...film('With all extras', {
            thumbnail: 'cover',
            playlists: [list!.value],
            captions: { language: 'en', text: '1\n00:00:00,000 --> 00:00:02,000\nHello.\n' },
          }),
          attachments: { cover: { kind: 'image', width: 1280, height: 720 } },
        })
        expect(run.state).toBe('published')
        expect(run.tries.get('finish')).toBe(3)
        expect(requests('thumbnail')).toHaveLength(1)
        expect(requests('playlist-add')).toHaveLength(1)
        // The second is told that the track exists already.
        expect(requests('captions').map((r) => r.status)).toEqual([null, 409])
        expect((await platform.options!.playlists!(b.channelContext(c), {}))[0]!.hint).toBe('public · 1')
      })
      test('a refused thumbnail does not keep the video out of its playlist', async () => {
        const b = bench()
        const c = await b.connect({ account: brand })
        const [list] = await platform.options!.playlists!(b.channelContext(c), {})
        const run = await b.publish(c, {
          ...film('No phone number', { thumbnail: 'cover', playlists: [list!.value] }),
          attachments: { cover: { kind: 'image', width: 1280, height: 720 } },
        })
        expect(run).toMatchObject({ key: 'finish', failure: { code: 'youtube.thumbnail-not-allowed' } })
        expect((await platform.options!.playlists!(b.channelContext(c), {}))[0]!.hint).toContain('· 1')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a comment whose answer was lost is found, and is there once', async () => {
        const b = bench()
        b.fault({ route: 'comment', do: 'drop-after' })
        const run = await b.publish(await b.connect(), { ...film('Talk'), firstComment: '  First!\r\nSecond line ' })
        expect(run.state).toBe('published')
        expect(b.ledger().map((p) => p.kind)).toEqual(['video', 'comment'])
      })
      test('a video YouTube publishes later becomes public by itself', async () => {
        const b = bench()
        const c = await b.connect()
        const at = new Date(b.now() + 3 * 3_600_000).toISOString()
        const run = await b.publish(c, film('Later', { privacy: 'private', publishAt: at }))
        const { id } = createdOf(run)[0]!
        b.pass(3 * 3_600_000 + 60_000)
        const live = { ...c, grant: await platform.connect.refresh!(b.tokenContext(c), c.grant) }
        b.pass(5 * 86_400_000)
        const late = { ...c, grant: await platform.connect.refresh!(b.tokenContext(c), live.grant) }
        const reading = await platform.insights!.post!(b.channelContext(late), {
          created: [{ id, url: null }],
          settings: {},
          publishedAt: b.now() - 5 * 86_400_000,
        })
        expect(reading!.metrics.views).toBeGreaterThan(0)
        expect(reading!.metrics.watchTimeMs).toBeGreaterThan(0)
      })
      test('categories are those that take uploads; a country without a list gets the American one', async () => {
        const b = bench()
        const t = b.channelContext(await b.connect())
        const values = (await platform.options!.categories!(t, { region: 'XX' })).map((x) => x.value)
        expect(values).toContain('22')
        expect(values).not.toContain('18')
      })
      test('editing keeps the tags and gives the new title', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, film('Before', { tags: ['bread'] }))
        const settings = b.view(c, film('After', { title: 'Another title' })).settings
        await platform.edit!(b.channelContext(c), createdOf(run)[0]!, 'After', settings)
        const res = await b.http()<{ items: { snippet: { title: string; tags: Json } }[] }>({
          method: 'GET',
          url: 'https://www.googleapis.com/youtube/v3/videos',
          query: { part: 'snippet', id: createdOf(run)[0]!.id! },
          headers: { authorization: `Bearer ${c.grant.access}` },
        })
        expect(res.body.items[0]!.snippet).toMatchObject({ title: 'Another title', tags: ['bread'] })
      })
      test('a removed video takes its comment along, and removing the comment first works too', async () => {
        const b = bench()
        const c = await b.connect()
        const run = await b.publish(c, { ...film('Both go'), firstComment: 'Me too' })
        for (const made of createdOf(run).reverse()) await platform.remove!(b.channelContext(c), made)
        expect(b.ledger()).toHaveLength(0)
      })
    })

    describe('connecting', () => {
      const without = (scope: string) => (url: URL) => {
        const all = (url.searchParams.get('scope') ?? '').split(' ')
        url.searchParams.set('scope', all.filter((s) => !s.endsWith(scope)).join(' '))
      }
      test('without the permission to manage videos nothing is connected', async () => {
        const refused = bench().connect({ change: without('force-ssl') })
        await expect(refused).rejects.toMatchObject({ failure: { code: 'youtube.scope-missing' } })
      })
      test('without analytics everything works but watch time', async () => {
        const b = bench()
        const c = await b.connect({ change: without('analytics.readonly') })
        expect(c.offer.facts.analytics).toBe(false)
        expect((await platform.insights!.account!(b.channelContext(c))).metrics).toMatchObject({ watchTimeMs: null })
      })
      test('an account without a channel is told to choose another', async () => {
        const refused = bench().connect({ answer: { decision: 'allow', user: '108234567890123456789' } })
        await expect(refused).rejects.toMatchObject({ failure: { code: 'youtube.no-channel' } })
      })
      test('revoking ends every token, and revoking again is no error', async () => {
        const b = bench()
        const c = await b.connect()
        const t = b.tokenContext(c)
        await platform.connect.revoke!(t, c.grant)
        await platform.connect.revoke!(t, c.grant)
        await expect(platform.connect.refresh!(t, c.grant)).rejects.toMatchObject({ failure: { kind: 'reconnect' } })
      })
    })

    describe('what only YouTube asks', () => {
      test('title and made for kids must be said', async () => {
        const c = await bench().connect()
        expect(rules(c, { ...film('t'), settings: {} })).toEqual(['youtube.title.missing', 'youtube.kids.missing'])
      })
      test('no comments on private videos or on those made for kids', async () => {
        const c = await bench().connect()
        const talk = (s: Record<string, unknown>) => rules(c, { ...film('t', s), firstComment: 'Hi' })
        expect(talk({ madeForKids: true })).toEqual(['youtube.comment.kids'])
        expect(talk({ privacy: 'private' })).toEqual(['youtube.comment.private'])
        expect(talk({})).toEqual([])
      })
      test('pictures, two videos and threads are refused', async () => {
        const c = await bench().connect()
        expect(rules(c, { segments: [{ text: 'p', images: [{}] }], settings: good })).toContain(
          'youtube.image.unsupported',
        )
        expect(rules(c, { segments: [{ text: 'p', videos: [{}, {}] }], settings: good })).toContain(
          'youtube.media.count',
        )
        expect(rules(c, { segments: [{ text: 'words' }], settings: good })).toContain('youtube.media.required')
      })
      test('a channel without a proved phone number uploads 15 minutes, not more; both sides say so', async () => {
        const b = bench()
        const c = await b.connect({ account: brand })
        const lasting = (ms: number) => film(`lasting ${ms}`, {}, { ms })
        expect(rules(c, lasting(900_000))).toEqual([])
        expect(rules(c, lasting(900_001))).toEqual(['youtube.video.duration'])
        expect((await b.publish(c, lasting(900_000))).state).toBe('published')
        expect((await b.publish(c, lasting(900_001))).failure?.code).toBe('youtube.rejected-length')
        expect(b.ledger()).toHaveLength(1)
      })
      test('a spent quota is full again at midnight in California', async () => {
        const b = bench()
        const c = await b.connect()
        b.sandbox.desk.setKnobs('youtube', { uploadsADay: 1 })
        await b.publish(c, film('One'))
        const { failure } = await b.publish(c, film('One too many'))
        const until = Date.parse(failure!.until!)
        const hour = new Intl.DateTimeFormat('en', {
          timeZone: 'America/Los_Angeles',
          hour: 'numeric',
          hourCycle: 'h23',
        })
        expect(hour.format(until)).toBe('00')
        expect(until - b.now()).toBeLessThanOrEqual(25 * 3_600_000)
        b.pass(until - b.now() + 1000)
        const fresh = { ...c, grant: await platform.connect.refresh!(b.tokenContext(c), c.grant) }
        expect((await b.publish(fresh, film('A new day'))).state).toBe('published')
      })
    })
  },
})
