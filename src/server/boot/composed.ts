/** What `main.ts` hands to `compose.ts`, and what it gets back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#infra/clock.ts'
import type { Config } from '#infra/config.ts'
import type { Database } from '#infra/db/database.ts'
import type { Log } from '#infra/log.ts'
import type { KeyRing } from '#infra/secrets.ts'

export type ComposeOptions = {
  config: Config
  log: Log
  clock: Clock
  database: Database
  keys: KeyRing
  /** Base of links, without a slash at the end. */
  publicUrl: string
  /** The port the listener really got: where the process reaches itself (`http://127.0.0.1:<port>/sandbox`). */
  port: number
  /** Asked for by the first run; null when only this machine can reach us. */
  setupToken: string | null
  version: string
}

export type Composed = {
  handler: (req: IncomingMessage, res: ServerResponse) => void
  /** From now on work is claimed and readiness is told. */
  ready: () => void
  /** Claims nothing more, waits for what is in flight, ends event streams. Does not close the database. */
  close: () => Promise<void>
}

export type Compose = (o: ComposeOptions) => Promise<Composed>
