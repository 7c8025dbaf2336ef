/**
 * Webhook handshakes of every network: whoever may choose what is signed may forge a delivery, so nothing that a
 * handshake answers may be readable as one.
 */
import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WebhookContext, WebhookRequest } from '#kit/client/webhook.ts'
import { platforms } from '#platforms/registry/server.gen.ts'

const context = (fields: readonly string[]): WebhookContext => ({
  credentials: Object.fromEntries(fields.map((f) => [f, `secret of ${f}`])),
  secret: 'the word of this test',
  url: 'https://clarion.example/webhooks/x',
  http: () => Promise.reject(new Error('a handshake asks nobody')),
  now: () => Date.UTC(2026, 10, 30),
})
/** Every name a network calls its challenge by, with what has to stand beside it. */
const shapes: ((challenge: string) => Record<string, string>)[] = [
  (c) => ({ crc_token: c }),
  (c) => ({ challengeCode: c, applicationId: '7' }),
  (c) => ({
    'hub.mode': 'subscribe',
    'hub.challenge': c,
    'hub.verify_token': 'the word of this test',
    'hub.topic': 'https://www.youtube.com/xml/feeds/videos.xml?channel_id=UCxxxx',
    word: createHmac('sha256', 'the word of this test').update('callback').digest('base64url').slice(0, 22),
  }),
]
const types = ['application/json', 'application/x-www-form-urlencoded', 'application/atom+xml']

/** Deliveries as networks send them, and pieces of them. */
const deliveries = [
  '{"data":{"event_uuid":"1","event_type":"post.delete","filter":{"user_id":"1"},"payload":{"id":"1"}}}',
  '{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1,"action":"COMMENT"}]}',
  'hmacsha256={"type":"A","notifications":[{"notificationId":1,"action":"COMMENT"}]}',
  '{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{"item":"post","verb":"remove","post_id":"1"}}]}]}',
  '{"app_id":"1","target_id":"1","values":{"field":"delete","value":{"id":"1"}}}',
  `signed_request=x.${Buffer.from('{"user_id":"1","issued_at":1}').toString('base64url')}`,
  '<feed><entry><yt:videoId>1</yt:videoId><yt:channelId>UCx</yt:channelId></entry></feed>',
  '{"event":"authorization.removed","user_openid":"1","content":"{}"}',
]
const honest = ['challenge-123', '890e4665-4dfe-4ab1-b689-ed553bceeed0', '1158201444']

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.json(),
  fc.constantFrom(...deliveries),
  fc.tuple(fc.constantFrom(...deliveries, ...honest), fc.string({ maxLength: 4 }), fc.nat()).map(([s, add, at]) => {
    const cut = at % (s.length + 1)
    return s.slice(0, cut) + add + s.slice(cut)
  }),
  fc.constantFrom(...deliveries).map((s) => Buffer.from(s).toString('base64')),
)

describe.each(platforms.filter((p) => p.webhook?.handshake).map((p) => [p.spec.id, p] as const))('%s', (_id, p) => {
  const hook = p.webhook!
  const t = context(p.spec.credentials.map((c) => c.name))
  const shake = (query: Record<string, string>) =>
    hook.handshake!(t, { method: 'GET', headers: {}, query, body: Buffer.alloc(0) })
  const accepted = (challenge: string) => shapes.some((shape) => (shake(shape(challenge))?.status ?? 404) < 400)

  it('answers what its network sends', () => {
    expect(honest.filter(accepted).length).toBeGreaterThan(0)
  })

  it('accepts no challenge that could be read as a delivery', () => {
    fc.assert(
      fc.property(anything, (challenge) => {
        if (!accepted(challenge)) return
        for (const type of types)
          for (const body of [challenge, challenge.replace(/^hmacsha256=/, '')]) {
            const request: WebhookRequest = {
              method: 'POST',
              headers: { 'content-type': type },
              query: {},
              body: Buffer.from(body),
            }
            expect(hook.events(request)).toEqual([])
          }
        // What makes it so, whatever a delivery will look like one day.
        expect(challenge).not.toMatch(/[^\w+/=-]/)
        expect(challenge.length).toBeLessThanOrEqual(130)
      }),
      { numRuns: 2_000 },
    )
  })

  it('signs no delivery of those we know', () => {
    for (const d of deliveries) expect(accepted(d), d).toBe(false)
  })
})
