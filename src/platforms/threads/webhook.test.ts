/** Webhooks of Threads: the worked signature, the handshake, every topic, age, and the callback of a removed app. */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { WebhookContext, WebhookRequest } from '#kit/client/webhook.ts'
import { webhook } from './webhook.ts'

const vector = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/vectors/webhook-signature.json`, 'utf8')) as {
  app_secret: string
  raw_body: string
  expected_header: string
  reserialised_body_header_must_not_match: string
  handshake: { query: Record<string, string> }
}
const sentAt = 1_795_305_600_000
const t = (change: Partial<WebhookContext> = {}): WebhookContext => ({
  credentials: { clientSecret: vector.app_secret },
  secret: 'my-verify-token',
  url: 'https://clarion.example/webhooks/threads',
  http: async () => {
    throw new Error('no call is needed')
  },
  now: () => sentAt + 60_000,
  ...change,
})
const post = (body: string, headers: Record<string, string> = {}): WebhookRequest => ({
  method: 'POST',
  headers,
  query: {},
  body: Buffer.from(body),
})
const signed = (body: string, secret = vector.app_secret) =>
  post(body, { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` })
const hook = (field: string, value: unknown, target = '1') =>
  signed(JSON.stringify({ app_id: '1', topic: 'x', target_id: target, time: sentAt / 1000, values: { value, field } }))

describe('who sent it', () => {
  test('the worked example holds over the very bytes, slashes and all', async () => {
    const good = post(vector.raw_body, { 'x-hub-signature-256': vector.expected_header })
    expect(await webhook.verify(t(), good)).toBe('ok')
    expect(webhook.events(good)).toMatchObject([
      { key: 'publish-17900000000000777', does: 'published', ref: '17900000000000777', account: null },
    ])
    const rewritten = JSON.stringify(JSON.parse(vector.raw_body))
    expect(await webhook.verify(t(), { ...good, body: Buffer.from(rewritten) })).toBe('forged')
    const header = { 'x-hub-signature-256': vector.reserialised_body_header_must_not_match }
    expect(await webhook.verify(t(), { ...good, headers: header })).toBe('forged')
  })
  test('the Meta secret is believed where it was entered', async () => {
    const other = signed(vector.raw_body, 'meta-secret')
    expect(await webhook.verify(t(), other)).toBe('forged')
    const both = { clientSecret: vector.app_secret, metaAppSecret: 'meta-secret' }
    expect(await webhook.verify(t({ credentials: both }), other)).toBe('ok')
    expect(await webhook.verify(t({ credentials: {} }), signed(vector.raw_body, ''))).toBe('forged')
  })
  test('one of two days ago is stale, one of yesterday is a late try', async () => {
    const old = (hours: number) => webhook.verify(t({ now: () => sentAt + hours * 3_600_000 }), signed(vector.raw_body))
    expect(await old(24)).toBe('ok')
    expect(await old(48)).toBe('stale')
  })
  test('the handshake gives the challenge back to who knows the word', () => {
    const ask = (query: Record<string, string>) =>
      webhook.handshake!(t(), { method: 'GET', headers: {}, query, body: Buffer.alloc(0) })
    expect(ask(vector.handshake.query)).toEqual({ status: 200, type: 'text/plain', body: '1158201444' })
    expect(ask({ ...vector.handshake.query, 'hub.verify_token': 'no' })).toMatchObject({ status: 403 })
    expect(ask({})).toBeNull()
  })
})

describe('what it means', () => {
  test('a reply belongs to the owner of the root post', () => {
    const value = {
      id: '7',
      text: 'Nice',
      replied_to: { id: '6' },
      root_post: { id: '5', owner_id: '24', username: 'a' },
    }
    expect(webhook.events(hook('replies', value, '7'))).toMatchObject([
      { key: 'replies-7', does: 'comment', account: '24', ref: '5' },
    ])
  })
  test('a mention belongs to who was named', () =>
    expect(webhook.events(hook('mentions', { id: '8' }, '24'))).toMatchObject([{ does: 'comment', account: '24' }]))
  test('a deleted post is gone', () =>
    expect(webhook.events(hook('delete', { id: '9', owner: { owner_id: '24' } }))).toMatchObject([
      { does: 'removed', account: '24', ref: '9' },
    ]))
  test('a removed app takes the access with it', async () => {
    const payload = Buffer.from(JSON.stringify({ user_id: '24', issued_at: sentAt / 1000 })).toString('base64url')
    const mark = createHmac('sha256', vector.app_secret).update(payload).digest('base64url')
    const r = post(new URLSearchParams({ signed_request: `${mark}.${payload}` }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(await webhook.verify(t(), r)).toBe('ok')
    expect(webhook.events(r)).toMatchObject([{ does: 'revoked', account: '24' }])
  })
  test('what nobody knows is nothing, never an error', () => {
    for (const body of ['', '[]', '{"values":[]}', '{"values":{"field":"x"}}', '{"values":{"value":{"id":1}}}'])
      expect(webhook.events(post(body))).toEqual([])
    expect(webhook.events(hook('something', { id: '3' }))).toMatchObject([{ does: 'other' }])
  })
})
