/** Ways to connect, accounts that change, numbers and webhooks; run by the contract suite on its bench. */
import { describe, expect, test } from 'vitest'
import type { Created } from '#kit/client/steps.ts'
import { preflight } from '#kit/facts/preflight.ts'
import type { Bench } from '#kit/testing/bench.ts'
import { createdOf } from '#kit/testing/runner.ts'
import { connect } from '../connect.ts'
import { failure, video } from './content.ts'

export const accountTraps = (bench: () => Bench) => {
  describe('the account', () => {
    test('a loopback redirect sends the hex challenge, an https one none, and the setting overrules', async () => {
      const b = bench()
      const { credentials } = b.sandbox.desk.tokens('tiktok')
      const challenge = async (redirectUri: string, pkce?: string) => {
        const t = { ...b.context({ ...credentials, ...(pkce ? { pkce } : {}) }), redirectUri }
        const begun = await connect.begin(t, {})
        if (begun.kind !== 'redirect') throw new Error('not a redirect')
        return new URL(begun.url).searchParams
      }
      expect((await challenge('http://127.0.0.1:4000/cb')).get('code_challenge')).toMatch(/^[0-9a-f]{64}$/)
      const web = await challenge('https://plan.example/cb')
      expect(web.get('code_challenge')).toBeNull()
      expect(web.get('client_key')).toBe(credentials.clientId)
      expect(web.get('client_id')).toBeNull()
      expect(web.get('scope')).toBe(
        'user.info.basic,video.publish,video.upload,video.list,user.info.profile,user.info.stats',
      )
      expect((await challenge('https://plan.example/cb', 'hex')).get('code_challenge')).toMatch(/^[0-9a-f]{64}$/)
      expect((await challenge('https://plan.example/cb', 'base64url')).get('code_challenge')).toMatch(/^[\w-]{43}$/)
    })
    test('a post is there until TikTok no longer shows it; of a private one nobody can tell', async () => {
      const b = bench()
      const c = await b.connect()
      const run = await b.publish(c, video('seen'))
      b.pass(86_400_000)
      const fresh = { ...c, grant: await connect.refresh!(b.tokenContext(c), c.grant) }
      const look = (created: Created) => b.platform.isThere!(b.channelContext(fresh), created)
      const [created] = createdOf(run)
      expect(await look(created!)).toBe('there')
      const url = `https://www.tiktok.com/@/video/${b.ledger()[0]!.id}`
      expect(await look({ id: null, url })).toBe('there')
      b.sandbox.desk.act('tiktok', { do: 'take-down' })
      // The task no longer tells the id then; whoever knows it from the link can look.
      expect(await look(created!)).toBe('unsure')
      expect(await look({ id: null, url })).toBe('gone')
      expect(await look({ id: null, url: null })).toBe('unsure')
    })
    test('drafts only: another way asks for other scopes, and direct posts are refused before they are sent', async () => {
      const b = bench()
      const c = await b.connect({ form: { way: 'inbox' } })
      expect(c.grant.scopes).not.toContain('video.publish')
      expect(c.grant.extra?.way).toBe('inbox')
      expect(c.offer).toMatchObject({ handle: 'oven.and.anvil', facts: { canDirect: false, canInbox: true } })
      const draft = { ...video(''), settings: { mode: 'inbox' } }
      expect((await b.publish(c, draft)).state).toBe('published')
      expect(b.ledger()[0]!.kind).toBe('video-draft')
      const rules = preflight(b.platform, b.draft(c, video('no'))).map((f) => f.rule)
      expect(rules).toContain('tiktok.mode.direct')
      expect(await b.platform.account!(b.channelContext(c))).toMatchObject({ facts: { canDirect: false } })
    })
    test('without the profile scope name and handle come from creator_info', async () => {
      const b = bench()
      const c = await b.connect({
        change: (url) => url.searchParams.set('scope', 'user.info.basic,video.publish'),
      })
      expect(c.offer).toMatchObject({ handle: 'oven.and.anvil', name: 'Oven & Anvil' })
      expect((await failure(b.platform.insights!.account!(b.channelContext(c)))).code).toBe('tiktok.scope-missing')
    })
    test('revoking ends the consent and tells the app', async () => {
      const b = bench()
      const c = await b.connect()
      await b.platform.connect.revoke!(b.tokenContext(c), c.grant)
      expect((await b.publish(c, video('late'))).failure?.kind).toBe('reconnect')
    })
    test('its facts follow the account, and a day used up is a quota', async () => {
      const b = bench()
      const c = await b.connect({ account: '@quiet_shelves' })
      expect((await b.platform.account!(b.channelContext(c))).facts).toMatchObject({
        nickname: 'Quiet Shelves',
        privacyOptions: ['FOLLOWER_OF_CREATOR', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
        duetDisabled: true,
        maxVideoSec: 60,
        cannotPost: null,
        audited: true,
      })
      b.sandbox.desk.setKnobs('tiktok', { dailyPosts: 0 })
      const now = await b.platform.account!(b.channelContext(c))
      expect(now.quotas).toMatchObject([{ used: 15, cap: 15 }])
      expect(now.facts?.cannotPost).toContain('as often as TikTok lets apps')
      const again = await b.connect({ account: '@quiet_shelves' })
      expect(again.offer.facts.cannotPostCode).toBe('tiktok.daily-cap')
      const findings = preflight(b.platform, b.draft(again, video('x', { privacy: 'SELF_ONLY' })))
      expect(findings).toContainEqual(expect.objectContaining({ rule: 'tiktok.account.standstill', level: 'warning' }))
    })
    test('what the account switched off stays off, whatever the settings say', async () => {
      const b = bench()
      const c = await b.connect({ account: '@tidepool.tom' })
      const content = video('Talk to me', { allowComment: true, allowDuet: true })
      const rules = preflight(b.platform, b.draft(c, content)).map((f) => f.rule)
      expect(rules).toEqual(['tiktok.interaction.off'])
      expect((await b.publish(c, content)).state).toBe('published')
      expect(b.ledger()[0]!.raw).toMatchObject({ post_info: { disable_comment: true, disable_duet: false } })
    })
    test('numbers are found although TikTok never names the post', async () => {
      const b = bench()
      b.sandbox.desk.setKnobs('tiktok', { namesPosts: 0 })
      const c = await b.connect()
      const run = await b.publish(c, video('Unnamed  post\nin two lines'))
      const created = createdOf(run)
      expect(created[0]).toMatchObject({ id: expect.stringMatching(/^v_pub_file~/), url: null })
      const publishedAt = b.now()
      b.pass(7_200_000)
      const reading = await b.platform.insights!.post!(b.channelContext(c), { created, settings: {}, publishedAt })
      expect(reading?.metrics.views).toBeGreaterThan(0)
      expect(reading?.metrics.saves).toBeNull()
    })
    test('a private post has no numbers, and that is no error', async () => {
      const b = bench()
      const c = await b.connect()
      const run = await b.publish(c, video('Hidden', { privacy: 'SELF_ONLY' }))
      const post = { created: createdOf(run), settings: {}, publishedAt: b.now() }
      b.pass(7_200_000)
      expect(await b.platform.insights!.post!(b.channelContext(c), post)).toBeNull()
    })
    test('webhooks tell of failures, drafts, posts that are seen and access that ended', async () => {
      const b = bench()
      b.shelf.hooks.length = 0
      b.sandbox.desk.setWebhook('tiktok', await b.shelf.hookUrl())
      const c = await b.connect()
      await b.publish(c, video('', {}, { width: 300, height: 300 }))
      await b.publish(c, { ...video(''), settings: { mode: 'inbox' } })
      await b.publish(c, video('Seen'))
      b.pass(60_000)
      await b.sandbox.desk.tickAll()
      b.sandbox.desk.act('tiktok', { do: 'take-down' })
      b.sandbox.desk.revoke('tiktok', c.offer.externalId)
      await b.sandbox.desk.tickAll()
      await expect.poll(() => b.shelf.hooks.length).toBe(6)
      const events = b.shelf.hooks.flatMap((h) => b.platform.webhook!.events({ method: 'POST', query: {}, ...h }))
      const words = events.map((e) => (e.data as { event: string }).event)
      expect(words).toEqual([
        'post.publish.failed',
        'post.publish.inbox_delivered',
        'post.publish.complete',
        'post.publish.publicly_available',
        'post.publish.no_longer_publicaly_available',
        'authorization.removed',
      ])
      expect(events.map((e) => e.does)).toEqual([
        'refused',
        'published',
        'published',
        'published',
        'removed',
        'revoked',
      ])
      expect(events[0]!.message).toContain('360')
      expect(events.at(-1)!.message).toContain('disconnected')
      expect(new Set(events.map((e) => e.account))).toEqual(new Set([c.offer.externalId]))
    })
  })
}
