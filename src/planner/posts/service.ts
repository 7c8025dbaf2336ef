/** Posts: what the server may ask. Reading is here; writing is in `edit.ts`, times in `plan.ts`. */
import type { IfMatch } from '#contract/etag.ts'
import type {
  ContentType,
  Post,
  PostInput,
  PostState,
  PreflightChannel,
  Publication,
  PublicationDetail,
  ScheduleInput,
} from '#contract/posts.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Platform } from '#kit/client/platform.ts'
import { readCursor, writeCursor } from '../paging/cursor.ts'
import { publicationStory } from '../publishing/detail.ts'
import { duplicatePost } from './duplicate.ts'
import { forecastDue, nextForecast } from './forecast.ts'
import { listPosts } from './list.ts'
import { checkCandidates, type PlanDeps, rescheduleOne, schedulePost, unschedulePost, type Ws } from './plan.ts'
import type { Apps } from './planned.ts'
import { createPreflight } from './preflight.ts'
import { checkInput } from './rules.ts'
import { findPost, findPublication, publicationsOf } from './store.ts'
import { toPost, toPublication } from './view.ts'
import { createPost, removePost, replacePost, resolveInput } from './writing.ts'

export type PostsDeps = {
  db: Db
  clock: Clock
  platforms: ReadonlyMap<string, Platform>
  /** Where networks fetch our media; absent: whether they can is not asked. */
  publicUrl?: string
  /** The storage itself gives media to networks that fetch. */
  handsOut?: boolean
  /** Asks networks about accounts whose last word is old; the forecast does so first. Must not throw. */
  askAccounts?: (channelIds: readonly string[]) => Promise<void>
  /** Whose budgets are counted; absent: those of one app. */
  apps?: Apps
}
export type PostQuery = {
  cursor?: string
  limit: number
  from?: string
  to?: string
  channelId?: string
  platform?: string
  contentType?: ContentType
  state?: PostState
  q?: string
}

export type Posts = {
  /** Writes a draft. `authorId`: a user; for an API key the person who made it. */
  create: (ws: Ws, authorId: string, input: PostInput) => Promise<Post>
  /** The same post as a new draft by this author; see `duplicatePost`. */
  duplicate: (ws: Ws, authorId: string, id: string) => Promise<Post>
  get: (ws: Ws, id: string) => Promise<Post>
  /** Newest first; with `from` or `to` the calendar: by due time, ascending, `to` excluded, only what has a time. */
  list: (ws: Ws, query: PostQuery) => Promise<{ items: Post[]; nextCursor: string | null }>
  /** Replaces a post; `ifMatch` is the version it was read at. */
  replace: (ws: Ws, id: string, input: PostInput, ifMatch: IfMatch) => Promise<Post>
  remove: (ws: Ws, id: string, ifMatch: IfMatch) => Promise<void>
  schedule: (ws: Ws, id: string, input: ScheduleInput, ifMatch: IfMatch) => Promise<Post>
  unschedule: (ws: Ws, id: string, ifMatch: IfMatch) => Promise<Post>
  /** Findings, cost and quotas of an input nobody has saved yet, per channel, in its order. */
  preflight: (ws: Ws, input: PostInput) => Promise<{ channels: PreflightChannel[] }>
  publication: (ws: Ws, id: string) => Promise<Publication>
  publicationDetail: (ws: Ws, id: string) => Promise<PublicationDetail>
  reschedule: (ws: Ws, publicationId: string, input: ScheduleInput, ifMatch?: IfMatch) => Promise<Publication>
  /** The job of the forecast; gives how many publications it looked at. */
  forecastDue: (limit: number) => Promise<number>
  /** When that job has something to do next (UTC; may be past), or null. */
  nextForecast: () => Promise<Date | null>
}

export const createPosts = (deps: PostsDeps): Posts => {
  const { db, clock } = deps
  const d: PlanDeps = {
    db,
    clock,
    preflight: createPreflight(deps.platforms, deps.publicUrl, deps.apps, deps.handsOut),
  }

  const get: Posts['get'] = async (ws, id) => {
    const row = await findPost(db, ws.id, id)
    if (!row) throw new Problem('not-found', 'There is no such post.')
    return toPost(row, await publicationsOf(db, [id]))
  }

  const publication: Posts['publication'] = async (ws, id) => {
    const row = await findPublication(db, ws.id, id)
    if (!row) throw new Problem('not-found', 'There is no such publication.')
    return toPublication(row)
  }

  const list: Posts['list'] = async (ws, { cursor, from, to, ...rest }) => {
    // A typo must not look like "there is nothing".
    if (rest.platform !== undefined && !deps.platforms.has(rest.platform)) {
      const message = `is no network here; known: ${[...deps.platforms.keys()].join(', ')}`
      throw new Problem('validation', undefined, { errors: [{ path: 'query.platform', message }] })
    }
    const range = from || to ? { from: from ? new Date(from) : null, to: to ? new Date(to) : null } : null
    const name = range ? 'calendar' : 'newest'
    const after = cursor === undefined ? null : readCursor(cursor, name)
    const { rows: page, next } = await listPosts(db, {
      ws: ws.id,
      now: new Date(deps.clock.now()),
      ...rest,
      after,
      range,
    })
    const publications = Map.groupBy(
      await publicationsOf(
        db,
        page.map((p) => p.id),
      ),
      (p) => p.post_id,
    )
    const nextCursor = next && writeCursor({ list: name, at: next.at, id: next.id })
    return { items: page.map((p) => toPost(p, publications.get(p.id) ?? [])), nextCursor }
  }

  return {
    get,
    list,
    publication,
    create: async (ws, authorId, input) => get(ws, await createPost(d, ws, authorId, input)),
    duplicate: async (ws, authorId, id) => get(ws, await duplicatePost(d, ws, authorId, id)),
    replace: async (ws, id, input, ifMatch) => {
      await replacePost(d, ws, id, input, ifMatch)
      return get(ws, id)
    },
    remove: (ws, id, ifMatch) => removePost(d, ws, id, ifMatch),
    schedule: async (ws, id, input, ifMatch) => {
      await schedulePost(d, ws, id, input, ifMatch)
      return get(ws, id)
    },
    unschedule: async (ws, id, ifMatch) => {
      await unschedulePost(d, ws, id, ifMatch)
      return get(ws, id)
    },
    preflight: async (ws, input) => {
      checkInput(input)
      // Settings are left as they are typed: what is wrong with them is a finding here, not a refusal.
      await resolveInput(db, d, ws.id, {
        ...input,
        publications: input.publications.map((p) => ({ ...p, settings: {} })),
      })
      const candidates = input.publications.map((p) => ({
        channelId: p.channelId,
        base: input.content,
        own: p.content,
        settings: p.settings,
        dueAt: null,
      }))
      return { channels: await checkCandidates(db, d.preflight, candidates, new Date(clock.now())) }
    },
    publicationDetail: async (ws, id) => {
      const shown = await publication(ws, id)
      const story = await publicationStory(db, ws.id, id)
      if (!story) throw new Problem('not-found', 'There is no such publication.')
      return { ...shown, ...story }
    },
    reschedule: async (ws, publicationId, input, ifMatch = null) => {
      await rescheduleOne(d, ws, publicationId, input, ifMatch)
      return publication(ws, publicationId)
    },
    forecastDue: (limit) => forecastDue({ ...d, askAccounts: deps.askAccounts }, limit),
    nextForecast: () => nextForecast(d),
  }
}
