/** TikTok: OAuth with hex PKCE, videos in chunks or fetched, photo carousels, drafts; the task's status is the witness. */
import { definePlatform } from '#kit/client/platform.ts'
import { account } from './account.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { insights, isThere } from './insights.ts'
import { pure } from './preflight.ts'
import { proofs } from './proofs.ts'
import { publish } from './publish.ts'
import type { Settings } from './spec.ts'
import { webhook } from './webhook.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  account,
  insights,
  isThere,
  webhook,
  proofs,
})
