/** For tests of posts: two small networks made of the kit alone, and rows to plan with. */
import { z } from 'zod'
import { defaultLatePolicy } from '#contract/people.ts'
import type { PostInput } from '#contract/posts.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import { newId } from '#infra/ids.ts'
import { definePlatform, type Platform } from '#kit/client/platform.ts'
import { done, step, steps } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { defineSpec, type PlatformSpec } from '#kit/facts/spec.ts'
import { textRules } from '#kit/facts/text.ts'

const spec = (id: string, more: Partial<PlatformSpec>) =>
  defineSpec<z.ZodType>({
    id,
    name: id,
    hosts: [],
    connect: 'form',
    credentials: [],
    channelKinds: ['profile'],
    text: { max: 100, unit: 'graphemes', optionalWithMedia: true },
    thread: { max: 3 },
    media: { max: 2, image: { types: ['image/png'], maxBytes: 1_000_000, altMax: 50 }, mix: 'free' },
    settings: { version: 3, schema: z.strictObject({ audience: z.enum(['all', 'friends']).default('all') }) },
    pace: { concurrency: 1, backlogGapMs: 1000 },
    can: { firstComment: false, remove: true, edit: false, insights: false, webhook: false, readBack: true },
    verified: '2026-11-22',
    ...more,
  })

/** Ids a network was asked to take down; `failNext` makes it refuse once. */
export type Removals = { ids: (string | null)[]; failNext: 'reconnect' | 'try-later' | null }

const network = (s: PlatformSpec, removals: Removals): Platform =>
  definePlatform({
    spec: s,
    text: textRules('graphemes'),
    failures: { platform: s.id, read: () => ({}), rules: [] },
    connect: {
      begin: async () => ({ kind: 'form', keep: null }),
      finish: async () => ({ pending: 'never' }),
    },
    publish: steps(step('create', { again: 'never' }, async () => done({ id: '1', url: null }))),
    remove: async (_t, created) => {
      const kind = removals.failNext
      removals.failNext = null
      if (kind) throw new PlatformFailure({ kind, code: `${s.id}.${kind}`, message: 'The network says no.' })
      removals.ids.push(created.id)
    },
  })

/** `plain` takes 100 graphemes and threads of 3; `board` needs a board and a picture, and has no threads. */
export const toyNetworks = () => {
  const removals: Removals = { ids: [], failNext: null }
  const board = spec('board', {
    thread: { max: 1 },
    media: { max: 1, min: 1, image: { types: ['image/png'], maxBytes: 1_000_000 }, mix: 'free' },
    settings: {
      version: 1,
      schema: z.strictObject({ board: z.string().min(1).max(20), note: z.string().max(5).optional() }),
    },
  })
  const list = [network(spec('plain', {}), removals), network(board, removals)]
  return { removals, platforms: new Map(list.map((p) => [p.spec.id, p])) as ReadonlyMap<string, Platform> }
}

/** Rows in a database, made at the clock's time. */
export const seeder = (db: Db, clock: Clock) => {
  const now = () => new Date(clock.now())
  const id = () => newId(clock.now())
  return {
    user: async (name = 'Ada') => {
      const user = id()
      await db
        .insertInto('auth_users')
        .values({ id: user, name, email: `${user}@example.test` })
        .execute()
      return user
    },
    workspace: async (timeZone = 'Europe/Warsaw') => {
      const ws = id()
      const late = JSON.stringify(defaultLatePolicy)
      await db
        .insertInto('workspaces')
        .values({ id: ws, name: 'W', time_zone: timeZone, late_policy: late, created_at: now() })
        .execute()
      return { id: ws, timeZone }
    },
    channel: async (ws: string, platform = 'plain') => {
      const channel = id()
      const words = {
        platform,
        realm: 'sandbox' as const,
        kind: 'profile',
        external_id: channel,
        name: `@${platform}`,
        handle: platform,
      }
      await db
        .insertInto('channels')
        .values({ id: channel, workspace_id: ws, ...words, created_at: now() })
        .execute()
      return channel
    },
    media: async (ws: string, alt = 'a cat') => {
      const media = id()
      const facts = {
        kind: 'image' as const,
        mime: 'image/png',
        bytes: 1000,
        width: 100,
        height: 100,
        sha256: Buffer.from(media),
        name: 'cat.png',
      }
      await db
        .insertInto('media')
        .values({ id: media, workspace_id: ws, ...facts, alt, storage_key: media, created_at: now() })
        .execute()
      return media
    },
  }
}

/** A post of one text on channels, as a client would send it after validation. */
export const input = (text: string, channelIds: readonly string[] = [], more: Partial<PostInput> = {}): PostInput => ({
  content: { segments: [{ text, mediaIds: [] }] },
  publications: channelIds.map((channelId) => ({ channelId, content: null, settings: {} })),
  tags: [],
  latePolicy: null,
  ...more,
})
