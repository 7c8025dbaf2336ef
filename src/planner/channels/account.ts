/** What the network says about an account now: facts that decide limits, quotas, and the lists a person chooses from. */
import { sql } from 'kysely'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Db, notify, topics } from '#infra/db/database.ts'
import type { Option, Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { type Calling, tellFailure } from './calling.ts'
import { type AppOf, type KnownQuota, knownQuotas } from './quotas.ts'
import { storeReadings } from './readings.ts'

/** What was asked this recently (ms) is not asked again. */
export const freshMs = 5 * 60_000
/** Channels asked at once before publishing. */
const atOnce = 8

export type AccountView = {
  facts: Record<string, unknown>
  quotas: KnownQuota[]
  /** When the network was last asked (UTC ISO 8601); null: it cannot be. */
  checkedAt: string | null
}

export type Accounts = {
  /** What is known, asked anew when older than five minutes. @throws Problem `not-found`, `network-failed` */
  view: (ws: string, id: string) => Promise<AccountView>
  /** A live list. @throws Problem `not-found` for a list the platform does not have, `network-failed` */
  options: (ws: string, id: string, list: string, params: Record<string, string>) => Promise<Option[]>
  /** Asks about those of the channels that are not fresh, as far as they can be asked; a network that fails is told to `onError` and leaves what was known. */
  refresh: (channelIds: readonly string[]) => Promise<void>
}

export type AccountDeps = {
  db: Db
  clock: Pick<Clock, 'now'>
  platforms: ReadonlyMap<string, Platform>
  call: Calling
  /** Whose budgets are counted. */
  appOf: AppOf
  onError?: (error: unknown, channelId: string) => void
}

/** A word nobody knows is refused by name: it may be a typo of one that narrows. */
const checkWords = (known: readonly string[], params: Record<string, string>): void => {
  const errors = Object.keys(params)
    .filter((word) => !known.includes(word))
    .map((word) => ({
      path: `query.${word}`,
      message: `is not known here; ${known.length > 0 ? `known: ${known.join(', ')}` : 'nothing is taken'}`,
    }))
  if (errors.length > 0) throw new Problem('validation', undefined, { errors })
}

export const createAccounts = (d: AccountDeps): Accounts => {
  const running = new Map<string, Promise<void>>()

  const find = async (ws: string, id: string) => {
    const row = await d.db
      .selectFrom('channels')
      .selectAll()
      .where('workspace_id', '=', ws)
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    if (!row) throw new Problem('not-found', 'There is no such channel.')
    return row
  }

  const fresh = (at: Date | null) => at !== null && Math.abs(d.clock.now() - at.getTime()) < freshMs

  /** Who stands behind a channel of before that was kept. The account is known without it, so a refusal is only told. */
  const personOf = async (channelId: string): Promise<string | null> => {
    try {
      return await d.call(channelId, async (t, platform) => (await platform.person?.(t)) ?? null)
    } catch (error) {
      d.onError?.(error instanceof PlatformFailure ? error.failure : error, channelId)
      return null
    }
  }

  /** Asks and stores. Raises PlatformFailure. */
  const askNow = async (channelId: string): Promise<void> => {
    // Somebody else's call may have ended between the caller's look and this one.
    const known = await d.db
      .selectFrom('channels')
      .select(['account_at', 'person_id'])
      .where('id', '=', channelId)
      .executeTakeFirst()
    if (!known || fresh(known.account_at)) return
    const got = await d.call(channelId, async (t, platform) => platform.account?.(t))
    if (!got) return
    const person = known.person_id === null ? await personOf(channelId) : null
    const now = new Date(d.clock.now())
    await d.db.transaction().execute(async (trx) => {
      const facts = JSON.stringify(got.facts ?? {})
      const row = await trx
        .updateTable('channels')
        .set({
          account_at: now,
          ...(person === null ? {} : { person_id: person }),
          updated_at: sql<Date>`case when facts @> ${facts}::jsonb then updated_at else ${now}::timestamptz end`,
          facts: sql<string>`facts || ${facts}::jsonb`,
          version: sql<number>`version + case when facts @> ${facts}::jsonb then 0 else 1 end`,
        })
        .where('id', '=', channelId)
        .where('removed_at', 'is', null)
        .returning('workspace_id')
        .executeTakeFirst()
      if (!row) return
      await storeReadings(trx, channelId, 'account', got.quotas ?? [], now)
      await notify(trx, topics.live, { workspaceId: row.workspace_id, kind: 'channel', id: channelId })
    })
  }

  /** People who look at one channel at once share one call. */
  const ask = (channelId: string): Promise<void> => {
    const current = running.get(channelId)
    if (current) return current
    const mine = askNow(channelId).finally(() => running.delete(channelId))
    running.set(channelId, mine)
    return mine
  }

  return {
    view: async (ws, id) => {
      let row = await find(ws, id)
      if (d.platforms.get(row.platform)?.account && !fresh(row.account_at)) {
        await ask(id).catch(tellFailure)
        row = await find(ws, id)
      }
      const quotas = await knownQuotas(d.db, d.platforms, [row], new Date(d.clock.now()), d.appOf)
      return { facts: row.facts, quotas: quotas.get(id) ?? [], checkedAt: row.account_at?.toISOString() ?? null }
    },

    options: async (ws, id, list, params) => {
      const row = await find(ws, id)
      const options = d.platforms.get(row.platform)?.options
      if (!options || !Object.hasOwn(options, list))
        throw new Problem('not-found', `This network has no list "${list}".`)
      checkWords(d.platforms.get(row.platform)?.optionWords?.[list] ?? [], params)
      return d.call(id, (t) => options[list]!(t, params)).catch(tellFailure)
    },

    refresh: async (channelIds) => {
      if (channelIds.length === 0) return
      const able = [...d.platforms.values()].filter((p) => p.account).map((p) => p.spec.id)
      const rows = await d.db
        .selectFrom('channels')
        .select(['id', 'platform', 'account_at'])
        .where('id', 'in', [...new Set(channelIds)])
        .where('removed_at', 'is', null)
        .where('state', '=', 'ok')
        .execute()
      const stale = rows.filter((r) => able.includes(r.platform) && !fresh(r.account_at))
      for (let i = 0; i < stale.length; i += atOnce)
        await Promise.all(
          stale.slice(i, i + atOnce).map(({ id }) =>
            ask(id).catch((error: unknown) => {
              // A network that cannot be asked now must not keep the words from being checked.
              d.onError?.(error instanceof PlatformFailure ? error.failure : error, id)
            }),
          ),
        )
    },
  }
}
