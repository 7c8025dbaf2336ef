/**
 * App credentials of a platform (client id and secret, bot token). Live ones belong to a workspace: they come from its
 * Settings (sealed in the database) or, field by field, from what stands for the whole installation: what was entered
 * before workspaces had their own, and the configuration. The sandbox's own desk hands out those of the sandbox.
 */
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { KeyRing } from '#infra/secrets.ts'
import type { Realm } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import { isCap } from './quotas.ts'

export type CredentialsDeps = {
  db: Db
  clock: Clock
  keys: KeyRing
  platforms: ReadonlyMap<string, Platform>
  /** Those of `fields` the configuration has (env `CLARION_<ID>_<FIELD>`). */
  configured: (platform: string, fields: readonly string[]) => Record<string, string>
  /** Asks the sandbox desk for its app credentials of a platform; null when the sandbox is off. */
  sandbox: ((platform: string) => Promise<Record<string, string>>) | null
}

export type Credentials = {
  /** Asks the sandbox desk for its present app credentials and keeps them: the operator's part when a sandbox connects. @throws Problem `sandbox-off`, `connect-failed` */
  renewSandbox: (platform: string) => Promise<void>
  /** Those a workspace has of a platform in a realm. @throws Problem `credentials-missing`, `sandbox-off` */
  get: (ws: string, platform: string, realm: Realm) => Promise<Record<string, string>>
  /** What a workspace has of them, complete or not; asks nobody. */
  known: (ws: string, platform: string, realm: Realm) => Promise<Record<string, string>>
  /** Whose workspaces' live calls are made with the same app as those of `ws`: an app is told by its first field. */
  sharing: (ws: string, platform: string, realm: Realm) => Promise<Sharing>
  /** Every complete set of them, the installation's and each workspace's: whoever signed may have any. */
  all: (platform: string, realm: Realm) => Promise<Record<string, string>[]>
  /** The key in the webhook address of a workspace's own app; null: it has none, and the installation's address serves it. */
  door: (ws: string, platform: string) => Promise<string | null>
  /** The complete live set behind that key; null: nobody's. */
  behind: (platform: string, key: string) => Promise<Record<string, string> | null>
  /** Seals and stores live ones. Fields left out keep their value. @throws Problem `not-found`, `validation` */
  set: (ws: string, platform: string, values: Record<string, string>) => Promise<void>
  /** Is every required live field there? */
  complete: (ws: string, platform: string, needed?: readonly string[]) => Promise<boolean>
}

/** Workspaces that share an app: these, or all but these (those that have another one of their own). */
export type Sharing = { only: readonly string[] } | { but: readonly string[] }

/** Workspaces with an app of their own that are looked at; with more of them each is taken for a stranger. */
const mostApps = 1_000

/** Where a set is sealed to; `ws` null: the installation. */
export const credentialsAad = (platform: string, realm: string, ws: string | null): string =>
  `platform_credentials/${platform}/${realm}/${ws === null ? '' : `${ws}/`}sealed`

export const createCredentials = (deps: CredentialsDeps): Credentials => {
  const { db, keys } = deps
  const spec = (platform: string) => {
    const p = deps.platforms.get(platform)
    if (!p) throw new Problem('not-found', `There is no platform "${platform}".`)
    return p.spec
  }
  const missing = (platform: string, values: Record<string, string>) =>
    spec(platform).credentials.filter((f) => !f.optional && !values[f.name])

  const stored = async (platform: string, realm: Realm, ws: string | null): Promise<Record<string, string> | null> => {
    const row = await db
      .selectFrom('platform_credentials')
      .select('sealed')
      .where('platform', '=', platform)
      .where('realm', '=', realm)
      .where('workspace_id', ws === null ? 'is' : '=', ws)
      .executeTakeFirst()
    return row ? keys.open<Record<string, string>>(credentialsAad(platform, realm, ws), row.sealed) : null
  }

  /** Stored fields win one by one: a secret kept in the environment may complete an id entered in Settings. */
  const common = async (platform: string) => {
    const fields = spec(platform).credentials.map((f) => f.name)
    return { ...deps.configured(platform, fields), ...(await stored(platform, 'live', null)) }
  }
  const live = async (ws: string, platform: string) => ({
    ...(await common(platform)),
    ...(await stored(platform, 'live', ws)),
  })

  const store = async (
    platform: string,
    realm: Realm,
    ws: string | null,
    values: Record<string, string>,
  ): Promise<void> => {
    const sealed = keys.seal(credentialsAad(platform, realm, ws), values)
    const row = { sealed, updated_at: new Date(deps.clock.now()) }
    await db
      .insertInto('platform_credentials')
      .values({ platform, realm, workspace_id: ws, ...row })
      .onConflict((c) => c.constraint('platform_credentials_place').doUpdateSet(row))
      .execute()
  }

  /** Kept like live ones, so that every process publishes with the same and a new bot token heals all channels at once. */
  const fromDesk = async (platform: string) => {
    if (!deps.sandbox) throw new Problem('sandbox-off')
    const values = await deps.sandbox(platform)
    await store(platform, 'sandbox', null, values)
    return values
  }

  return {
    get: async (ws, platform, realm) => {
      if (spec(platform).credentials.length === 0) return {}
      const values =
        realm === 'live'
          ? await live(ws, platform)
          : ((await stored(platform, 'sandbox', null)) ?? (await fromDesk(platform)))
      const absent = missing(platform, values)
      if (absent.length > 0)
        throw new Problem(
          'credentials-missing',
          `${spec(platform).name} needs ${absent.map((f) => f.label).join(' and ')}: enter them in Settings -> Platforms.`,
        )
      return values
    },

    known: async (ws, platform, realm) => {
      if (spec(platform).credentials.length === 0) return {}
      return realm === 'live' ? live(ws, platform) : ((await stored(platform, 'sandbox', null)) ?? {})
    },

    sharing: async (ws, platform, realm) => {
      const [id] = spec(platform).credentials
      if (!id || realm === 'sandbox') return { but: [] }
      const standing = await common(platform)
      const rows = await db
        .selectFrom('platform_credentials')
        .select(['workspace_id', 'sealed'])
        .where('platform', '=', platform)
        .where('realm', '=', 'live')
        .where('workspace_id', 'is not', null)
        .limit(mostApps + 1)
        .execute()
      if (rows.length > mostApps) return { only: [ws] }
      const apps = new Map(
        rows.map(({ workspace_id, sealed }) => {
          const own = keys.open<Record<string, string>>(credentialsAad(platform, realm, workspace_id), sealed)
          return [workspace_id!, { ...standing, ...own }[id.name]]
        }),
      )
      const mine = apps.has(ws) ? apps.get(ws) : standing[id.name]
      // Without an app there is nothing to share.
      if (!mine) return { only: [ws] }
      const of = (same: boolean) => [...apps].flatMap(([other, app]) => ((app === mine) === same ? [other] : []))
      return mine === standing[id.name] ? { but: of(false) } : { only: of(true) }
    },

    all: async (platform, realm) => {
      if (spec(platform).credentials.length === 0) return [{}]
      if (realm === 'sandbox') return [(await stored(platform, 'sandbox', null)) ?? (await fromDesk(platform))]
      const rows = await db
        .selectFrom('platform_credentials')
        .select('workspace_id')
        .where('platform', '=', platform)
        .where('realm', '=', 'live')
        .where('workspace_id', 'is not', null)
        .orderBy('workspace_id')
        .execute()
      const sets = [await common(platform), ...(await Promise.all(rows.map((r) => live(r.workspace_id!, platform))))]
      const complete = sets.filter((values) => missing(platform, values).length === 0)
      return [...new Map(complete.map((values) => [JSON.stringify(Object.entries(values).sort()), values])).values()]
    },

    door: async (ws, platform) =>
      (
        await db
          .selectFrom('platform_credentials')
          .select('webhook_key')
          .where('platform', '=', platform)
          .where('realm', '=', 'live')
          .where('workspace_id', '=', ws)
          .executeTakeFirst()
      )?.webhook_key ?? null,

    behind: async (platform, key) => {
      const row = await db
        .selectFrom('platform_credentials')
        .select('workspace_id')
        .where('platform', '=', platform)
        .where('realm', '=', 'live')
        .where('webhook_key', '=', key)
        .where('workspace_id', 'is not', null)
        .executeTakeFirst()
      if (!row) return null
      const values = await live(row.workspace_id!, platform)
      return missing(platform, values).length === 0 ? values : null
    },

    set: async (ws, platform, values) => {
      const fields = spec(platform).credentials
      const strange = Object.keys(values).filter((name) => !fields.some((f) => f.name === name))
      if (strange.length > 0)
        throw new Problem('validation', `${spec(platform).name} has no such credentials.`, {
          errors: strange.map((name) => ({ path: `values.${name}`, message: 'unknown field' })),
        })
      const given = Object.fromEntries(Object.entries(values).map(([k, v]) => [k, v.trim()]))
      const errors = (spec(platform).budgets ?? []).flatMap(({ capField, largest = 1, label }) => {
        const value = capField ? given[capField] : undefined
        if (!value) return []
        const path = `values.${capField}`
        if (!isCap(value)) return [{ path, message: 'write a whole number, such as 50000' }]
        // Such a call would never have room.
        const message = `${label}: a single call takes up to ${largest}; write ${largest} or more`
        return Number(value) < largest ? [{ path, message }] : []
      })
      if (errors.length > 0)
        throw new Problem('validation', 'A cap is a whole number with room for the largest call, or empty.', { errors })
      const next = { ...(await stored(platform, 'live', ws)), ...given }
      const absent = missing(platform, { ...(await common(platform)), ...next })
      if (absent.length > 0)
        throw new Problem('validation', 'Some fields are empty.', {
          errors: absent.map((f) => ({ path: `values.${f.name}`, message: `${f.label} is required` })),
        })
      await store(platform, 'live', ws, next)
    },

    renewSandbox: async (platform) => {
      if (spec(platform).credentials.length > 0) await fromDesk(platform)
    },

    complete: async (ws, platform, needed = []) => {
      const values = await live(ws, platform)
      return missing(platform, values).length === 0 && needed.every((name) => values[name])
    },
  }
}
