/** Reading a publication's whole story: attempts, steps, journal. */
import type { z } from 'zod'
import type { attempt, JournalEntry, publicationStep } from '#contract/posts.ts'
import type { Db } from '#infra/db/database.ts'

type Attempt = z.output<typeof attempt>
type PublicationStep = z.output<typeof publicationStep>

/** How many journal lines a screen gets; the rest stays in the database. */
const journalLimit = 500

/** Attempts, steps (planned ones included) and journal of one publication of a workspace; null when it is not there. */
export const publicationStory = async (
  db: Db,
  ws: string,
  id: string,
): Promise<{ attempts: Attempt[]; steps: PublicationStep[]; journal: JournalEntry[] } | null> => {
  const p = await db
    .selectFrom('publications')
    .select(['id', 'frozen'])
    .where('id', '=', id)
    .where('workspace_id', '=', ws)
    .executeTakeFirst()
  if (!p) return null
  const [attempts, rows, journal] = await Promise.all([
    db.selectFrom('attempts').selectAll().where('publication_id', '=', id).orderBy('number').execute(),
    db.selectFrom('steps').selectAll().where('publication_id', '=', id).orderBy('position').execute(),
    db
      .selectFrom('journal')
      .selectAll()
      .where('publication_id', '=', id)
      .orderBy('id', 'desc')
      .limit(journalLimit)
      .execute(),
  ])
  const planned = (p.frozen as { plan?: string[] } | null)?.plan ?? []
  const steps: PublicationStep[] = rows.map((s) => ({
    key: s.key,
    state: s.state,
    beganAt: s.begun_at.toISOString(),
    endedAt: s.ended_at?.toISOString() ?? null,
  }))
  for (const key of planned)
    if (!rows.some((s) => s.key === key)) steps.push({ key, state: 'planned', beganAt: null, endedAt: null })
  return {
    attempts: attempts.map((a) => ({
      number: a.number,
      startedAt: a.started_at.toISOString(),
      endedAt: a.ended_at?.toISOString() ?? null,
      verdict: a.verdict,
      failure: a.failure,
    })),
    steps,
    journal: journal.reverse().map((j) => ({
      id: String(j.id),
      at: j.at.toISOString(),
      event: j.event,
      attempt: j.attempt,
      step: j.step,
      message: j.message,
      data: j.data,
    })),
  }
}
