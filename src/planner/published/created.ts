/** What a publication left on its network. */
import type { Db } from '#infra/db/database.ts'
import type { Created } from '#kit/client/steps.ts'

/** What the create steps left, last first: replies go before what they answer. */
export const createdBy = async (db: Db, id: string): Promise<Created[]> => {
  const rows = await db
    .selectFrom('steps')
    .select('checkpoint')
    .where('publication_id', '=', id)
    .where('state', '=', 'done')
    .where('name', '=', 'create')
    .orderBy('position', 'desc')
    .execute()
  return rows.map((r) => r.checkpoint as Created)
}
