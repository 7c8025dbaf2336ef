/** Google Business Profile: one channel a location; updates, events and offers, which count as out when Google says so. */
import { definePlatform } from '#kit/client/platform.ts'
import { connect } from './connect.ts'
import { failures } from './failures.ts'
import { insights } from './insights.ts'
import { account } from './location.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { edit, remove } from './remove.ts'
import type { Settings } from './spec.ts'

export default definePlatform<Settings>({ ...pure, failures, connect, publish, remove, edit, account, insights })
