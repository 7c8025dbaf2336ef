/**
 * A made-up network that talks: account facts, lists, numbers, usage headers, edits and signed webhooks. Its other side
 * is one function in place of `fetch`, so that a test says what the network answers and sees what it was asked.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { definePlatform, type Platform } from '#kit/client/platform.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import type { WebhookEvent } from '#kit/client/webhook.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { metricsOf } from '#kit/facts/metrics.ts'
import { defineSpec } from '#kit/facts/spec.ts'
import { textRules } from '#kit/facts/text.ts'

const host = 'https://talker.example'
export const sign = (body: string, secret: string): string => createHmac('sha256', secret).update(body).digest('hex')

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

export const talker = (): Platform =>
  definePlatform({
    spec: defineSpec({
      id: 'talker',
      name: 'Talker',
      hosts: ['talker.example'],
      connect: 'form',
      credentials: [],
      channelKinds: ['profile'],
      text: { max: 20, unit: 'graphemes' },
      thread: { max: 3 },
      media: { max: 1, image: { types: ['image/png'], maxBytes: 1_000_000 }, mix: 'free', pull: true },
      settings: { version: 1, schema: z.strictObject({ board: z.string().optional() }) },
      pace: { concurrency: 1, backlogGapMs: 0 },
      budgets: [
        {
          bucket: 'units',
          label: 'Units today',
          cap: 10,
          largest: 20,
          scope: 'app',
          window: { daily: 'America/Los_Angeles' },
          capField: 'unitsPerDay',
        },
        {
          bucket: 'calls',
          label: 'Calls an hour',
          cap: 2,
          largest: 2,
          scope: 'channel',
          window: { rolling: 3_600_000 },
        },
      ],
      can: { firstComment: false, remove: true, edit: true, insights: true, webhook: true, readBack: true },
      verified: '2026-11-22',
    }),
    text: textRules('graphemes'),
    failures: {
      platform: 'talker',
      read: ({ body }) => ({ code: (body as { error?: string } | undefined)?.error }),
      rules: [
        { code: 'dead', kind: 'reconnect', word: 'dead', say: 'The token is dead.' },
        { code: 'slow', kind: 'too-fast', word: 'slow', say: 'Slow down.' },
        { code: 'gone', kind: 'gone', word: 'gone', say: 'The post is gone.' },
        { code: 'down', kind: 'try-later', word: 'down', say: 'Talker is down.' },
      ],
    },
    connect: { begin: async () => ({ kind: 'form', keep: null }), finish: async () => ({ pending: 'never' }) },
    publish: steps(step('create', { again: 'never' }, async () => done({ id: '1', url: null }))),
    usage: ({ headers }) =>
      headers['x-used']
        ? [{ bucket: 'rate', label: 'Requests', used: Number(headers['x-used']), cap: 100, resetsAt: null }]
        : [],
    cost: (draft) => ({ amount: draft.segments.length * 0.2, currency: 'USD', note: 'a post' }),
    account: async (t) => {
      type Got = { facts: Record<string, string>; used: number; resetsAt: string | null }
      const { body } = await t.http<Got>({ method: 'GET', url: `${host}/account` })
      const posts = { bucket: 'posts', label: 'Posts a day', used: body.used, cap: 3, resetsAt: body.resetsAt }
      return { facts: body.facts, quotas: [posts] }
    },
    options: {
      boards: async (t, params) => {
        const { body } = await t.http<string[]>({ method: 'GET', url: `${host}/boards`, query: params })
        return body.map((value) => ({ value, label: value.toUpperCase() }))
      },
    },
    optionWords: { boards: ['q'] },
    insights: {
      post: async (t, post) => {
        const { body } = await t.http<{ likes: number; reach: number | null } | null>({
          method: 'GET',
          url: `${host}/posts/${post.created[0]!.id}/numbers`,
          charge: { bucket: 'units', units: 1 },
        })
        return body && { metrics: metricsOf(body), raw: body }
      },
      account: async (t) => {
        const { body } = await t.http<{ followers: number }>({ method: 'GET', url: `${host}/numbers` })
        return { metrics: metricsOf(body), raw: body }
      },
    },
    isThere: async (t, created) => {
      try {
        await t.http({ method: 'GET', url: `${host}/posts/${created.id}` })
        return 'there'
      } catch (error) {
        if (error instanceof PlatformFailure && error.failure.kind === 'gone') return 'gone'
        throw error
      }
    },
    remove: async (t, created) => {
      await t.http({ method: 'DELETE', url: `${host}/posts/${created.id}` })
    },
    edit: async (t, created, text) => {
      await t.http({ method: 'PUT', url: `${host}/posts/${created.id}`, json: { text } })
    },
    webhook: {
      handshake: (t, r) =>
        r.query.challenge === undefined
          ? null
          : r.query.token === t.secret
            ? { status: 200, body: r.query.challenge }
            : { status: 403, body: '' },
      verify: (t, r) => {
        if (!same(sign(r.body.toString(), t.secret), r.headers['x-signature'] ?? '')) return 'forged'
        return Number(r.headers['x-at']) < t.now() - 300_000 ? 'stale' : 'ok'
      },
      events: (r) => JSON.parse(r.body.toString()) as WebhookEvent[],
      deletion: (t, r) =>
        same(sign(r.body.toString(), t.secret), r.headers['x-signature'] ?? '')
          ? (JSON.parse(r.body.toString()) as { person: string; at: number })
          : null,
      subscribe: async (t) => {
        await t.http({ method: 'POST', url: `${host}/subscribe`, json: { url: t.url, secret: t.secret } })
      },
    },
  })

export type Said = { status?: number; body?: unknown; headers?: Record<string, string> }
/** The network: answers by path from `says` (a missing one is 404), and remembers what it was asked. */
export const talkerNetwork = () => {
  const says: Record<string, Said | (() => Said | Promise<Said>)> = {}
  const asked: { path: string; body: string }[] = []
  const answer: typeof fetch = async (input, init) => {
    const path = new URL(String(input)).pathname.replace('/talker.example', '')
    asked.push({ path, body: String(init?.body ?? '') })
    const given = says[path]
    const said = typeof given === 'function' ? await given() : (given ?? { status: 404, body: { error: 'gone' } })
    return new Response(JSON.stringify(said.body ?? {}), { status: said.status ?? 200, headers: said.headers })
  }
  return { says, asked, fetch: answer, count: (path: string) => asked.filter((a) => a.path === path).length }
}

/** What a call failed with, or null. */
export const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (e: unknown) => (e instanceof PlatformFailure ? e.failure : Promise.reject(e)),
  )
