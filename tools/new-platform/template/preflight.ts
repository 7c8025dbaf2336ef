/** The pure half of the platform, for browser and server. Rules the kit's vocabulary cannot say go into `check`. */
import type { PlatformPure } from '#kit/facts/preflight.ts'
import { spec } from './spec.ts'
import { text } from './text.ts'

export const pure = { spec, text } satisfies PlatformPure
