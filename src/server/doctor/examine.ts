/**
 * `clarion doctor`: looks at everything an installation stands on, beside a Clarion that runs or without one, and changes
 * nothing (a probe is written where files are kept, and removed). One row a check; each that is not well says what to do.
 */
import { sql } from 'kysely'
import type { Config } from '#infra/config.ts'
import type { Database } from '#infra/db/database.ts'
import { openKeyRing } from '#infra/secrets.ts'
import { certificate, publicAddress } from './address.ts'
import { broken, type Finding, type Severity, severities, warning } from './finding.ts'
import { clockApart, dataFolder, ffmpeg, keysFile, nodeVersion, roomLeft } from './machine.ts'
import { databaseServer, databaseShape, fileStorage, redisServer, sealedSecrets } from './stores.ts'
import { channels, publishing, questions } from './work.ts'

type On = {
  config: Config
  /** Null where none can be reached. */
  database: Database | null
  /** Does a Clarion run on it? */
  running: boolean
  /** ms UTC. */
  now: () => number
}

const apart = async ({ db }: Database, now: () => number): Promise<Finding> => {
  const asked = now()
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`.execute(db)
  // The server read its clock somewhere between our two readings.
  return clockApart((asked + now()) / 2 - rows[0]!.ms)
}

/** Every check by name, in the order they are told; null: there is nothing of the kind here. */
const checksOf = async ({ config, database, running, now }: On) => {
  const folder = await dataFolder(config.dataDir)
  // A probe in a folder that is not there would make it.
  const there = folder.is === 'ok'
  const keys = await keysFile(config.dataDir, config.keys !== undefined)
  const within = (look: (d: Database) => Promise<Finding>) => (database ? () => look(database) : null)
  return {
    node: () => nodeVersion(),
    data: () => folder,
    keys: () => keys,
    disk: there ? () => roomLeft(config.dataDir) : null,
    database: database
      ? () => databaseServer(database)
      : config.databaseUrl
        ? () => broken('The server of DATABASE_URL does not let us in.', 'Start it, or correct DATABASE_URL.')
        : () =>
            warning(
              'No Clarion runs on this folder, so its database was not looked at.',
              'Start Clarion, then run this again.',
            ),
    schema: within(databaseShape),
    clock: within((d) => apart(d, now)),
    secrets: within(async (d) =>
      // A look at the keys must not make a new one.
      keys.is === 'broken'
        ? broken('The keys are missing, so nothing that is stored can be opened.', 'Put keys.json back.')
        : sealedSecrets(d, await openKeyRing({ dir: config.dataDir, env: config.keys })),
    ),
    redis: config.redisUrl ? () => redisServer(config.redisUrl!) : null,
    storage: there || config.storage.make === 's3' ? () => fileStorage(config) : null,
    address: () => publicAddress(config.url),
    certificate: config.url?.startsWith('https:') ? () => certificate(config.url, now()) : null,
    ffmpeg: () => ffmpeg(config.toolPath),
    publishing: within((d) => publishing(d.db, running)),
    unconfirmed: within((d) => questions(d.db)),
    channels: within((d) => channels(d.db)),
  } satisfies Record<string, (() => Finding | Promise<Finding>) | null>
}

/** A look that breaks is a finding too; its words come from drivers and hold no secret of ours. */
const told = async (look: () => Finding | Promise<Finding>): Promise<Finding> => {
  try {
    return await look()
  } catch (error) {
    return broken(
      `This could not be looked at: ${(error as Error).message}`,
      'See the other rows, then run this again.',
    )
  }
}

export type Examined = { worst: Severity; checks: ({ check: string } & Finding)[] }

export const examine = async (on: On): Promise<Examined> => {
  const checks = await Promise.all(
    Object.entries(await checksOf(on)).flatMap(([check, look]) =>
      look ? [told(look).then((finding) => ({ check, ...finding }))] : [],
    ),
  )
  const worst = severities.findLast((s) => checks.some((c) => c.is === s)) ?? 'ok'
  return { worst, checks }
}

/** Lines for a terminal. */
export const asText = ({ checks }: Examined): string[] =>
  checks.flatMap((c) => [
    `${c.is.padEnd(8)} ${c.check.padEnd(12)} ${c.says}`,
    ...(c.is === 'ok' ? [] : [`${' '.repeat(22)}What to do: ${c.fix}`]),
  ])
