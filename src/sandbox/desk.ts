/** The fault desk: everything a test or a person may do to the networks from behind the scenes. Its HTTP face is `pages.ts`. */
import { type Fault, faultInput, names } from './faults.ts'
import type { Notices } from './notices.ts'
import type { Memory } from './state.ts'
import type { Desk, Member, Seen, SentHook } from './types.ts'

/** A request to the desk that makes no sense; the page answers 400 (404 for a platform nobody imitates). */
export class DeskError extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.name = 'DeskError'
    this.status = status
  }
}

export const createDesk = (d: {
  memory: Memory
  members: Map<string, Member>
  now: () => number
  requests: Seen[]
  notices: Notices
  hooks: SentHook[]
  tickAll: () => Promise<void>
}): Desk => {
  const member = (platform: string): Member => {
    const found = d.members.get(platform)
    if (!found)
      throw new DeskError(`nobody imitates "${platform}"; there are: ${[...d.members.keys()].join(', ')}`, 404)
    return found
  }
  const clock = () => ({ now: new Date(d.now()).toISOString(), offsetMs: d.memory.state.offsetMs })
  const knobs = (platform: string) => ({ ...member(platform).imitation.knobs, ...d.memory.state.knobs[platform] })

  return {
    platforms: () => [...d.members.keys()],
    posts: (platform) => {
      const { imitation, world } = member(platform)
      return imitation.posts(world)
    },
    setFault: (input) => {
      const parsed = faultInput.safeParse(input)
      if (!parsed.success)
        throw new DeskError(parsed.error.issues.map((i) => `${i.path.join('.') || 'fault'}: ${i.message}`).join('; '))
      const { routeNames, imitation, world } = member(parsed.data.platform)
      const { route } = parsed.data
      const known = route === undefined || imitation.routes(world).some((r) => names(route, r))
      if (!known)
        throw new DeskError(`${imitation.platform} has no route "${route}"; there are: ${routeNames.join(', ')}`)
      const fault: Fault = { ...parsed.data, id: d.memory.state.nextFault++, seen: 0, fired: 0 }
      d.memory.state.faults.push(fault)
      d.memory.changed()
      return { ...fault }
    },
    faults: () => d.memory.state.faults.map((f) => ({ ...f })),
    clearFaults: () => {
      d.memory.state.faults.length = 0
      d.memory.changed()
    },
    tokens: (platform, account) => {
      const { imitation, world } = member(platform)
      const issued = imitation.tokens(world, account)
      d.memory.changed()
      return issued
    },
    act: (platform, action) => {
      const { imitation, world } = member(platform)
      if (!imitation.act) throw new DeskError(`${platform} has nothing a person does by hand`)
      try {
        imitation.act(world, action)
      } catch (error) {
        throw new DeskError(error instanceof Error ? error.message : String(error))
      }
      d.memory.changed()
    },
    revoke: (platform, account) => {
      const { imitation, world } = member(platform)
      imitation.revoke(world, account)
      d.memory.changed()
    },
    reset: (platform) => {
      d.notices.clear(platform)
      if (platform === undefined) {
        d.memory.clear()
        d.requests.length = 0
        d.hooks.length = 0
        return
      }
      member(platform)
      delete d.memory.state.networks[platform]
      delete d.memory.state.knobs[platform]
      d.memory.state.faults = d.memory.state.faults.filter((f) => f.platform !== platform)
      d.memory.changed()
    },
    clock,
    advance: (ms) => {
      if (!Number.isFinite(ms) || ms < 0) throw new DeskError('advanceMs: a number of milliseconds, not negative')
      d.memory.state.offsetMs += Math.round(ms)
      d.memory.changed()
      return clock()
    },
    knobs,
    setKnobs: (platform, values) => {
      const { imitation } = member(platform)
      for (const [name, value] of Object.entries(values)) {
        if (!Object.hasOwn(imitation.knobs ?? {}, name))
          throw new DeskError(
            `${platform} has no knob "${name}"; there are: ${Object.keys(imitation.knobs ?? {}).join(', ') || 'none'}`,
          )
        if (typeof value !== 'number' || !Number.isFinite(value)) throw new DeskError(`${name}: a number`)
      }
      d.memory.state.knobs[platform] = { ...d.memory.state.knobs[platform], ...values }
      d.memory.changed()
      return knobs(platform)
    },
    tickAll: d.tickAll,
    setWebhook: (platform, url) => {
      member(platform)
      if (url === null) delete d.memory.state.webhooks[platform]
      else if (!URL.canParse(url)) throw new DeskError('url: an absolute address, or null')
      else d.memory.state.webhooks[platform] = url
      d.memory.changed()
    },
    hooks: (platform) =>
      d.hooks.filter((h) => platform === undefined || h.platform === platform).map((h) => ({ ...h })),
    notices: d.notices.list,
    requests: (filter = {}) =>
      d.requests
        .filter(
          (r) =>
            (filter.platform === undefined || r.platform === filter.platform) &&
            (filter.route === undefined || r.route === filter.route),
        )
        .map((r) => ({ ...r })),
  }
}
