/** X: OAuth 2 with PKCE and rotating refresh, chunked uploads, threads, polls; creates are looked for before being repeated. */
import { definePlatform } from '#kit/client/platform.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { cost, pure } from './preflight.ts'
import { publish } from './publish.ts'
import { remove } from './remove.ts'
import type { Settings } from './spec.ts'

export default definePlatform<Settings>({ ...pure, failures, connect, publish, remove, cost })
