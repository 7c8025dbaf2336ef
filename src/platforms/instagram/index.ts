/** Instagram: two logins, containers that pull our media, a container asked before anything is published again, quotas, insights, webhooks. */
import { definePlatform } from '#kit/client/platform.ts'
import { graphUsage } from '../families/meta/usage.ts'
import { account } from './account.ts'
import { connect, person } from './connect.ts'
import { failures } from './failures.ts'
import * as insights from './insights.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { remove } from './remove.ts'
import type { Settings } from './spec.ts'
import { webhook } from './webhook.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  remove,
  account,
  person,
  usage: graphUsage,
  insights: { post: insights.post, account: insights.account },
  webhook,
})
