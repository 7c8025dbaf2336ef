/** What became of one publication, line by line, for whoever has to find out why. */
import type { Database } from '#infra/db/database.ts'
import type { Entry } from '../stand/desk.ts'

/** Journal, failures of its attempts, and what the network has of it, by the cluster's clock. */
export const story = async ({ db }: Database, id: string, ledger: readonly Entry[]): Promise<string[]> => {
  const journal = await db.selectFrom('journal').selectAll().where('publication_id', '=', id).orderBy('id').execute()
  const attempts = await db
    .selectFrom('attempts')
    .selectAll()
    .where('publication_id', '=', id)
    .orderBy('number')
    .execute()
  return [
    ...journal.map((j) => ({
      at: j.at,
      what: `#${j.attempt ?? '-'} ${j.event} ${j.step ?? ''} ${j.message ?? ''} ${JSON.stringify(j.data)}`,
    })),
    ...attempts.map((a) => ({
      at: a.ended_at ?? a.started_at,
      what: `attempt ${a.number} of ${a.worker} ended: ${a.verdict} ${JSON.stringify(a.failure)}`,
    })),
    ...ledger.map((e) => ({ at: new Date(e.at), what: `the network has "${e.text}" (${e.id})` })),
  ]
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .map(({ at, what }) => `   ${at.toISOString()} ${what}`)
}
