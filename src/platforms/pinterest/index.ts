/** Pinterest: OAuth with rotating refresh, pins of pictures, carousels and videos; creates are looked for on their board before being repeated. */
import { definePlatform } from '#kit/client/platform.ts'
import { account, options, usage } from './account.ts'
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
  optionWords: { sections: ['boardId'] },
  usage,
  insights,
})
