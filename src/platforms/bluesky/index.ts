/** Bluesky: app password or OAuth, keyed creates that may be repeated at will, threads, video, cards, quotes, reply control. */
import { definePlatform } from '#kit/client/platform.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import * as insights from './insights.ts'
import { clientMetadata } from './oauth.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { remove } from './remove.ts'
import type { Settings } from './spec.ts'
import { usage } from './usage.ts'

export default definePlatform<Settings>({
  ...pure,
  failures,
  connect,
  publish,
  remove,
  insights,
  usage,
  files: ({ publicUrl }) => ({ 'client-metadata.json': clientMetadata(publicUrl) }),
})
