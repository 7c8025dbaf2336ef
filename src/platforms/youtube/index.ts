/** YouTube: Google OAuth, one video a post by resumable upload whose session is its key, daily budgets kept by us. */
import { definePlatform } from '#kit/client/platform.ts'
import { myChannel } from './api.ts'
import { connect, factsOf } from './connect.ts'
import { edit } from './edit.ts'
import { failures } from './failures.ts'
import { account, post } from './insights.ts'
import { options } from './options.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { isThere, remove } from './remove.ts'
import type { Settings } from './spec.ts'
import { webhook } from './webhook.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  remove,
  isThere,
  edit,
  options,
  optionWords: { categories: ['region'] },
  webhook,
  account: async (t) => {
    const channel = await myChannel({ http: t.http, access: t.grant.access })
    return channel ? { facts: factsOf(channel) } : {}
  },
  insights: { post, account },
})
