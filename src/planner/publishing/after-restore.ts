/**
 * After a restore nobody knows what went out since the backup was made: the Clarion it was made of went on. So whatever was
 * due by now and is not settled, is held for a person, who sees on the network what is there, and says what goes out. What is
 * due later stays planned.
 */
import { sql } from 'kysely'
import type { ReasonWord } from '#contract/outcomes.ts'
import type { Db } from '#infra/db/database.ts'
import { lineSql } from './journal.ts'
import { may, stateAfter } from './transition.ts'

const reason: ReasonWord = 'restored'

/** Gives how many are held now. Belongs into the transaction that brings the rows, before anything can claim them. */
export const holdAfterRestore = async (trx: Db, now: Date): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    with these as materialized (
      select id, workspace_id, attempt from publications p where ${may('hold', 'p')} and least(p.due_at, p.next_at) <= ${now} for update
    ),
    said as (${lineSql({ event: 'held', at: now, data: { reason } }, sql`these`, sql`nullif(attempt, 0)`)}),
    tried as (update attempts a set ended_at = ${now}, verdict = 'superseded' from these where a.publication_id = these.id and a.ended_at is null),
    done as (
      update publications p set state = ${stateAfter('hold')}, reason = ${reason}, message = null, next_at = null, lease_token = null,
        lease_until = null, worker = null, prepare_at = null, version = version + 1, updated_at = ${now}
      from these where p.id = these.id and ${may('hold', 'p')} returning 1
    ) select count(*)::int as n from done`.execute(trx)
  // Held for its channel, it would go out by itself as soon as that is connected again.
  const more = await sql`
    update publications set reason = ${reason}, version = version + 1, updated_at = ${now}
    where settled = ${stateAfter('hold')} and due_at <= ${now} and reason in ('reconnect', 'blocked', 'channel-removed')`.execute(
    trx,
  )
  return rows[0]!.n + Number(more.numAffectedRows ?? 0)
}
