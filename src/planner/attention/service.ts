/**
 * What needs a person now. One cause is one item: what is held because its channel must be connected again belongs to the
 * channel's item, however much it is, and what was set aside to the backlog's.
 */
import { type RawBuilder, sql } from 'kysely'
import { type Attention, type AttentionKind, attentionKinds } from '#contract/attention.ts'
import type { Db } from '#infra/db/database.ts'
import { firstWorkspace } from './store.ts'

const most = 100

/** Characters of a post that tell which it is. */
const excerptLength = 120

type Row = {
  id: string
  kind: AttentionKind
  opened_at: Date
  post_id: string | null
  channel_id: string | null
  channel: string | null
  platform: string | null
  excerpt: string | null
  reason: string | null
  message: string | null
  until: Date | null
  place: string | null
  free: number | null
  holds: number
  total: number
}

/** Of what is held: the subject of the item that tells of it already. Its reasons are those that end with that item. */
const cause = sql`case when a.kind <> 'held' then null when a.data ->> 'reason' in ('reconnect', 'blocked') then a.data ->> 'channelId'
  when a.data ->> 'reason' = 'backlog' then a.workspace_id::text end`
const told: RawBuilder<boolean> = sql`exists (
  select from attention c where c.subject = ${cause} and c.kind in ('channel-reconnect', 'channel-blocked', 'backlog') and c.resolved_at is null)`

export const createAttention = (d: { db: Db }) => ({
  /** What is open in a workspace, and in the installation if it is the first one. */
  read: async (ws: string): Promise<Attention> => {
    const { rows } = await sql<Row>`
      with open as materialized (
        select a.*, ${told} as told, ${cause} as cause from attention a where a.resolved_at is null and (
          a.workspace_id = ${ws} or (a.workspace_id is null and ${ws} = ${firstWorkspace}))
      ), held as (
        select cause, count(*)::int as n from open where told group by 1
      ), shown as (
        select *, (count(*) over ())::int as total from open where not told order by opened_at desc, id desc limit ${most}
      )
      select s.id::text, s.kind, s.opened_at, s.data ->> 'postId' as post_id, s.data ->> 'channelId' as channel_id,
        c.name as channel, c.platform, left(b.content #>> '{segments,0,text}', ${excerptLength}) as excerpt,
        s.data ->> 'reason' as reason, s.data ->> 'message' as message,
        (s.data ->> 'until')::timestamptz as until, s.data ->> 'place' as place, (s.data ->> 'freeBytes')::float8 as free, coalesce(h.n, 0) as holds, s.total
      from shown s
      left join channels c on c.id = (s.data ->> 'channelId')::uuid
      left join posts b on b.id = (s.data ->> 'postId')::uuid
      left join held h on h.cause = s.subject and s.kind in ('channel-reconnect', 'channel-blocked', 'backlog')
      order by s.opened_at desc, s.id desc`.execute(d.db)
    return {
      count: rows[0]?.total ?? 0,
      items: rows.map((r) => ({
        id: r.id,
        kind: r.kind,
        severity: attentionKinds[r.kind].severity,
        remedy: attentionKinds[r.kind].remedy,
        openedAt: r.opened_at.toISOString(),
        postId: r.post_id,
        channelId: r.channel_id,
        channel: r.channel,
        platform: r.platform,
        excerpt: r.excerpt,
        reason: r.reason,
        message: r.message,
        until: r.until?.toISOString() ?? null,
        place: r.place,
        freeBytes: r.free,
        holds: r.holds,
      })),
    }
  },
})
export type AttentionOf = ReturnType<typeof createAttention>
