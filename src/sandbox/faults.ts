/**
 * What the sandbox does on purpose. A fault waits for the requests it is meant for, fires exactly `times`, and is gone.
 * `*-before`: the network never acts. `*-after`: it acts, then the answer is lost or replaced.
 */
import { z } from 'zod'
import type { SandboxRoute } from '#kit/sandbox/imitation.ts'

export const faultKinds = [
  'drop-before',
  'drop-after',
  'answer-before',
  'answer-after',
  'hang-before',
  'hang-after',
  'slow',
  'revoke',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What the desk takes. Unknown members are refused. */
export const faultInput = z.strictObject({
  platform: z.string().min(1),
  /** Name of a route, `METHOD /path` as the route table writes it, or the end of its path (`sendMessage`). Absent: any route; `*-after` then means any that writes. */
  route: z.string().min(1).optional(),
  /** The first matching request it hits: 1 = the next one. */
  nth: z.int().min(1).default(1),
  /** How many requests in a row it hits. */
  times: z.int().min(1).default(1),
  do: z.enum(faultKinds),
  /** For `answer-*`: the status of the network's own envelope. Default 503 before, 500 after. */
  status: z.int().min(300).max(599).optional(),
  /** For `slow`: how long (ms of the injected clock). Default 2,000. */
  ms: z.int().min(0).max(3_600_000).optional(),
})
export type FaultInput = z.input<typeof faultInput>
export type Fault = z.output<typeof faultInput> & {
  id: number
  /** Matching requests so far. */
  seen: number
  /** Times it fired. */
  fired: number
}

/** Does a fault's word mean this route: its name, `METHOD /path`, or the end of the path (`sendMessage`, `putRecord`)? */
export const names = (word: string, route: SandboxRoute): boolean => {
  const last = route.path.split('/').at(-1)!
  return (
    word === route.name || word === `${route.method} ${route.path}` || word === last || word === last.split('.').at(-1)
  )
}

const matches = (fault: Fault, platform: string, route: SandboxRoute): boolean => {
  if (fault.platform !== platform) return false
  if (fault.route !== undefined) return names(fault.route, route)
  return route.writes === true || !fault.do.endsWith('-after')
}

/**
 * The fault this request meets, if any: the oldest one whose turn it is. Counts the request for every fault it matches
 * and removes those that are used up. Call it once per request, before anything awaits.
 */
export const strike = (faults: Fault[], platform: string, route: SandboxRoute): Fault | undefined => {
  let hit: Fault | undefined
  for (const fault of faults) {
    if (!matches(fault, platform, route)) continue
    // A fault whose turn another one took waits for the next request; it does not lose a shot.
    if (hit && fault.seen + 1 >= fault.nth) continue
    fault.seen++
    if (!hit && fault.seen >= fault.nth) {
      fault.fired++
      hit = fault
    }
  }
  for (let i = faults.length - 1; i >= 0; i--) if (faults[i]!.fired >= faults[i]!.times) faults.splice(i, 1)
  return hit
}
