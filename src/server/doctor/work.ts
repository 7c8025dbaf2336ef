/** How the work itself goes: what is late, what waits for a person, which channels are about to stop. */
import { sql } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import { counted, type Finding, ok, warning } from './finding.ts'

/** A publication later than this (s) while Clarion runs is no accident. */
const lateS = 60

/** `running`: does a Clarion run on this database? */
export const publishing = async (db: Db, running: boolean): Promise<Finding> => {
  const { rows } = await sql<{ late: number; worst: number | null }>`
    select count(*)::int as late, extract(epoch from now() - min(next_at))::int as worst
    from publications where state = 'scheduled' and next_at < now() - make_interval(secs => ${lateS})`.execute(db)
  const { late, worst } = rows[0]!
  if (late > 0)
    return warning(
      `${counted(late, 'publication')} should have gone out, the first ${counted(Math.round((worst ?? 0) / 60), 'minute')} ago.`,
      running
        ? 'Look at the backlog in Clarion: it says what holds them. Paused channels and networks that ask to wait count too.'
        : 'Start Clarion: it asks before it sends what is too late.',
    )
  return ok(running ? 'nothing is late' : 'nothing is late; Clarion does not run')
}

export const channels = async (db: Db): Promise<Finding> => {
  const rows = await db
    .selectFrom('channels')
    .select(['name', 'platform'])
    .where('state', '=', 'reconnect')
    .where('removed_at', 'is', null)
    .orderBy('name')
    .limit(6)
    .execute()
  if (rows.length === 0) return ok('all connected')
  const named = rows.slice(0, 5).map((r) => `${r.name} (${r.platform})`)
  return warning(
    `Channels to connect again: ${named.join(', ')}${rows.length > 5 ? ' and more' : ''}.`,
    'Open Channels in Clarion and connect them again; their posts wait until then.',
  )
}

export const questions = async (db: Db): Promise<Finding> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from publications where state = 'unconfirmed'`.execute(db)
  const { n } = rows[0]!
  return n === 0
    ? ok('none')
    : warning(
        `${counted(n, 'publication')} may or may not be out, and ${n === 1 ? 'waits' : 'wait'} for a person to say.`,
        'Open each of them in Clarion, look at the network, and say whether it is there.',
      )
}
