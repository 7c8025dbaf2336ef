/**
 * SQL of connect flows. `step` here has one word more than the contract: `finishing`, a redirect answer that is being
 * traded. `state` is the unguessable word the network gives back; taking it replaces it, so that it works once.
 */
import type { Selectable } from 'kysely'
import type { Db } from '#infra/db/database.ts'
import type { Tables } from '#infra/db/tables.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { ChannelOffer } from '#kit/client/platform.ts'
import type { Grant, Json } from '#kit/client/steps.ts'

export type FlowRow = Selectable<Tables['connect_flows']>

/** What a flow must not show: the platform's own notes, and the tokens between consent and choice. */
export type FlowSecret = { keep: Json; grant?: Grant; offers?: ChannelOffer[] }
/** What the person sees. */
export type FlowPublic = {
  kind: 'redirect' | 'form' | 'code'
  /** Which of the platform's ways it goes. */
  way?: string
  url?: string
  code?: string
  link?: string
  instructions?: string
  error?: string
  channelIds?: string[]
}

const aad = (id: string) => `connect_flows/${id}/sealed`
export const sealFlow = (keys: KeyRing, id: string, secret: FlowSecret): string =>
  keys.seal(aad(id), JSON.parse(JSON.stringify(secret)) as Json)
export const openFlow = (keys: KeyRing, row: FlowRow): FlowSecret => keys.open<FlowSecret>(aad(row.id), row.sealed)
export const publicOf = (row: FlowRow): FlowPublic => row.public as FlowPublic

export const insertFlow = async (db: Db, row: Omit<FlowRow, 'public'> & { public: FlowPublic }): Promise<void> => {
  await db
    .insertInto('connect_flows')
    .values({ ...row, public: JSON.stringify(row.public) })
    .execute()
}

export const findFlow = async (db: Db, ws: string, id: string): Promise<FlowRow | undefined> =>
  db.selectFrom('connect_flows').selectAll().where('workspace_id', '=', ws).where('id', '=', id).executeTakeFirst()

/** The flow, locked to the end of the transaction. */
export const lockFlow = async (trx: Db, ws: string, id: string): Promise<FlowRow | undefined> =>
  trx
    .selectFrom('connect_flows')
    .selectAll()
    .where('workspace_id', '=', ws)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()

/** Looks a flow up by the network's answer, without taking it. */
export const flowByState = async (db: Db, platform: string, state: string): Promise<FlowRow | undefined> =>
  db
    .selectFrom('connect_flows')
    .selectAll()
    .where('platform', '=', platform)
    .where('state', '=', state)
    .executeTakeFirst()

/** Takes the `state` for good; undefined when somebody was faster. A trade cut short by a crash is over at `until`. */
export const takeState = async (db: Db, id: string, state: string, until: Date): Promise<FlowRow | undefined> =>
  db
    .updateTable('connect_flows')
    .set({ state: `taken:${id}`, step: 'finishing', expires_at: until })
    .where('id', '=', id)
    .where('state', '=', state)
    .where('step', '=', 'redirect')
    .returningAll()
    .executeTakeFirst()

export const updateFlow = async (
  db: Db,
  id: string,
  set: { step?: string; sealed?: string; public?: FlowPublic },
): Promise<void> => {
  await db
    .updateTable('connect_flows')
    .set({
      ...(set.step ? { step: set.step } : {}),
      ...(set.sealed ? { sealed: set.sealed } : {}),
      ...(set.public ? { public: JSON.stringify(set.public) } : {}),
    })
    .where('id', '=', id)
    .execute()
}

/** Is the person still an owner or admin there? A flow outlives its request, a role may not. */
export const mayConnect = async (db: Db, ws: string, userId: string): Promise<boolean> => {
  const row = await db
    .selectFrom('members')
    .select('role')
    .where('workspace_id', '=', ws)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row?.role === 'owner' || row?.role === 'admin'
}
