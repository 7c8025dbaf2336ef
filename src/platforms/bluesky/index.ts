/** Bluesky: app password, keyed creates that may be repeated at will, threads, cards, quotes, reply control. */
import { definePlatform } from '#kit/client/platform.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { remove } from './remove.ts'
import type { Settings } from './spec.ts'

export default definePlatform<Settings>({ ...pure, failures, connect, publish, remove })
