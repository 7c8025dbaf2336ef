/** X: OAuth 2 with PKCE and rotating refresh, chunked uploads, threads, polls, numbers; creates are looked for before being repeated. */
import { definePlatform } from '#kit/client/platform.ts'
import { account } from './account.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import * as insights from './insights.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { isThere, remove } from './remove.ts'
import type { Settings } from './spec.ts'
import { usage } from './usage.ts'
import { webhook } from './webhook.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  remove,
  isThere,
  account,
  usage,
  insights,
  webhook,
})
