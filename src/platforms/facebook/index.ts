/** Facebook Pages: posts, photos, video, reels, stories; Page tokens without an end; creates are looked for before being repeated. */
import { definePlatform } from '#kit/client/platform.ts'
import { graphUsage } from '../families/meta/usage.ts'
import { account, person, verify } from './account.ts'
import { connect } from './connect.ts'
import { edit } from './edit.ts'
import { failures } from './failures.ts'
import { insights } from './insights.ts'
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
  verify,
  remove,
  isThere,
  edit,
  account,
  person,
  usage: graphUsage,
  insights,
  webhook,
})
