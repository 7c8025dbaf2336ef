/**
 * Clarion as the server opens it, for the test of the real server and for the worker process it kills: live realm, real
 * journal, keeper and engine. Only the given origins may be called; every other address is refused before it leaves.
 */
import { systemClock } from '#infra/clock.ts'
import { openDatabase } from '#infra/db/database.ts'
import { createLog } from '#infra/log.ts'
import { keyRingFrom } from '#infra/secrets.ts'
import type { Platform } from '#kit/client/platform.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { openHouse } from '#server/house.ts'

export type RingOptions = {
  /** postgres:// URL of a migrated database. */
  databaseUrl: string
  /** `kid:base64` as in CLARION_KEYS; the same for every process of a test. */
  keys: string
  mediaDir: string
  origins: readonly string[]
  worker: string
  /** ms; short in tests, so that a killed worker's lease is soon over. */
  leaseMs: number
}

export const openRing = async (o: RingOptions, platform: Platform) => {
  const database = openDatabase(o.databaseUrl, { poolSize: 6 })
  const house = await openHouse({
    database,
    clock: systemClock,
    keys: keyRingFrom(o.keys),
    platforms: [platform],
    mediaDir: o.mediaDir,
    sandboxUrl: null,
    publicUrl: 'http://127.0.0.1',
    log: createLog({ logLevel: 'silent', logFormat: 'json' }),
    worker: o.worker,
    allow: async (url) => {
      if (o.origins.includes(url.origin)) return undefined
      throw new PlatformFailure({
        kind: 'try-later',
        code: 'test.offline',
        message: `${url.origin} is not part of this test.`,
      })
    },
    publishing: { leaseMs: o.leaseMs },
  })
  return { ...house, database, db: database.db }
}
export type Ring = Awaited<ReturnType<typeof openRing>>
