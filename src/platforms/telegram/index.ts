/** Telegram: one bot for all chats, connected by a code; sends go out at most once, and nobody can look afterwards. */
import { definePlatform } from '#kit/client/platform.ts'
import { connect } from './connect.ts'
import { edit } from './edit.ts'
import { failures } from './failures.ts'
import * as insights from './insights.ts'
import { pure } from './preflight.ts'
import { publish } from './publish.ts'
import { remove } from './remove.ts'
import type { Settings } from './spec.ts'

export default definePlatform<Settings>({ ...pure, failures, connect, publish, remove, edit, insights })
