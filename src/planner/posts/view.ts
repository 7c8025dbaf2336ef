/** Rows as the contract shows them. */

import type { Post, Publication } from '#contract/posts.ts'
import { webAddress } from '#kit/facts/links.ts'
import type { Finding } from '#kit/facts/preflight.ts'
import { postState } from '../publishing/rules.ts'
import type { PostRow, PublicationRow } from './store.ts'

const iso = (d: Date | null) => d?.toISOString() ?? null

/** `begun`: a create step has begun, so it can no longer be cancelled. `latenessMs`: the engine's measure, create step minus due time. */
export const toPublication = (r: PublicationRow): Publication => ({
  id: r.id,
  postId: r.post_id,
  channelId: r.channel_id,
  platform: r.platform,
  contentType: r.content_type,
  content: r.content,
  settings: r.settings,
  state: r.state,
  reason: r.reason,
  message: r.message,
  dueAt: iso(r.due_at),
  nextAt: iso(r.next_at),
  startedAt: iso(r.started_at),
  publishedAt: iso(r.published_at),
  preparedAt: iso(r.prepared_at),
  sentAt: iso(r.sent_at),
  latenessMs: r.lateness_ms,
  externalId: r.external_id,
  permalink: r.removed_at ? null : webAddress(r.permalink),
  removedAt: iso(r.removed_at),
  begun: r.begun,
  forecast: r.forecast as Finding[],
  version: r.version,
})

/** A post with its publications, which decide its state. */
export const toPost = (r: PostRow, publications: readonly PublicationRow[]): Post => ({
  id: r.id,
  content: r.content,
  state: postState(publications),
  dueAt: iso(r.due_at),
  wallTime: r.wall_time,
  timeZone: r.time_zone,
  latePolicy: r.late_policy,
  tags: r.tags,
  author: { id: r.author_id ?? '', name: r.author_name ?? '' },
  publications: publications.map(toPublication),
  createdAt: r.created_at.toISOString(),
  updatedAt: r.updated_at.toISOString(),
  version: r.version,
})
