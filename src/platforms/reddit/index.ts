/** Reddit: OAuth without rotation, all kinds of posts; files are known by their asset ids, text by the account's own list. */
import { definePlatform } from '#kit/client/platform.ts'
import { account, options, optionWords, usage } from './account.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { insights } from './insights.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { edit, remove } from './remove.ts'
import type { Settings } from './spec.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  remove,
  edit,
  account,
  options,
  optionWords,
  usage,
  insights,
})
