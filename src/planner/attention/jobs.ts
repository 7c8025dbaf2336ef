/** Looks once a minute at what comes with time, not with a write: a backlog, a spent budget, tokens about to end, a full disk. */
import { sql } from 'kysely'
import type { Job } from '#infra/carrier.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import { backlogged } from '../publishing/backlog.ts'
import { isIn } from '../publishing/transition.ts'
import { isNearlyFull, type Room } from './rules.ts'
import { forgetResolved, keepOpen } from './store.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** What is resolved is kept this long (ms), so that it can be told what was. */
const keptMs = 90 * dayMs
/** A token that ends by itself is told of this long before (ms), when something is planned beyond its end. */
const dyingMs = 14 * dayMs

/** Channels whose token nothing renews and ends before what is planned for them goes out. */
const dying = async (db: Db, now: Date) => {
  const { rows } = await sql<{ id: string; workspace_id: string; expires_at: Date }>`
    select c.id, c.workspace_id, t.expires_at from channel_tokens t join channels c on c.id = t.channel_id
    where t.refresh_at is null and t.expires_at between ${now} and ${new Date(now.getTime() + dyingMs)}
      and c.state = 'ok' and c.removed_at is null
      and exists (select from publications p where p.channel_id = c.id and ${isIn(['scheduled', 'waiting'], 'p')} and p.due_at >= t.expires_at)`.execute(
    db,
  )
  return rows.map((r) => ({
    workspaceId: r.workspace_id,
    subject: r.id,
    data: { channelId: r.id, until: r.expires_at.toISOString() },
  }))
}

/** Channels something waits on because a budget of its network is spent. */
const spent = async (db: Db) => {
  const { rows } = await sql<{
    channel_id: string
    workspace_id: string
    until: Date | null
    reason: string
    message: string
  }>`
    select distinct on (p.channel_id) p.channel_id, p.workspace_id, p.next_at as until, p.reason, p.message from publications p
    where ${isIn(['waiting'], 'p')} and p.reason like '%.budget-spent' order by p.channel_id, p.next_at`.execute(db)
  return rows.map((r) => ({
    workspaceId: r.workspace_id,
    subject: r.channel_id,
    data: { channelId: r.channel_id, reason: r.reason, message: r.message, until: r.until?.toISOString() },
  }))
}

/** `disk`: room where this process writes; absent: it is not asked. `host` names this machine. */
export const attentionJobs = (d: {
  db: Db
  clock: Pick<Clock, 'now'>
  disk?: (() => Promise<Room>) | undefined
  host: string
}): Job[] => [
  {
    name: 'attention',
    givesWay: true,
    look: async () => {
      const now = new Date(d.clock.now())
      const late = await backlogged(d.db, now)
      await keepOpen(
        d.db,
        'backlog',
        late.map((ws) => ({ workspaceId: ws, subject: ws })),
        now,
      )
      await keepOpen(d.db, 'budget-spent', await spent(d.db), now)
      await keepOpen(d.db, 'channel-dying', await dying(d.db, now), now)
      if (d.disk) {
        const room = await d.disk()
        const full = isNearlyFull(room)
          ? [{ workspaceId: null, subject: d.host, data: { place: d.host, freeBytes: room.free } }]
          : []
        await keepOpen(d.db, 'disk-nearly-full', full, now, d.host)
      }
      return new Date(now.getTime() + minuteMs)
    },
  },
  {
    name: 'forget attention',
    givesWay: true,
    look: async () => {
      await forgetResolved(d.db, new Date(d.clock.now() - keptMs))
      return new Date(d.clock.now() + dayMs)
    },
  },
]
