/** LinkedIn: profile and pages after one consent, multi-part uploads, little text; lost posts are looked for or sent again under LinkedIn's own guard. */
import { definePlatform } from '#kit/client/platform.ts'
import { account, organizations, verify } from './account.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { accountInsights, postInsights } from './insights.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { edit, remove } from './remove.ts'
import type { Settings } from './spec.ts'
import { webhook } from './webhook.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  verify,
  remove,
  edit,
  account,
  options: { organizations },
  optionWords: { organizations: ['name'] },
  insights: { post: postInsights, account: accountInsights },
  webhook,
})
