/** "Explore with sandbox networks": one sandbox channel on every platform, through the very flows people use. */
import type { Channel, ConnectFlow } from '#contract/channels.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Connect } from './connect.ts'

/** What a person does at the networks, done by a program: only ever in the sandbox. */
export type Robot = {
  /** Opens the consent page, allows as the first person listed; gives the query of the callback. */
  consent: (url: string) => Promise<Record<string, string>>
  /** Answers of the connect form for an account of the imitation. */
  form: (platform: string) => Promise<Record<string, string>>
  /** Posts the code where only the owner can. */
  prove: (platform: string, code: string) => Promise<void>
}

export type ConnectAllDeps = {
  clock: Clock
  platforms: ReadonlyMap<string, Platform>
  connect: Connect
  robot: Robot | null
}

/** Code flows are looked at this often and this many times. */
const polling = { everyMs: 300, times: 20 }

/**
 * Gives the connected channels, one of each kind a platform offers. What is connected already is connected again, harmlessly.
 * @throws Problem `sandbox-off`; `connect-failed` naming the platforms that did not connect (the others stay connected).
 */
export const connectSandbox = async (deps: ConnectAllDeps, o: { ws: string; userId: string }): Promise<Channel[]> => {
  const { connect, robot } = deps
  if (!robot) throw new Problem('sandbox-off')

  const one = async (platform: Platform): Promise<Channel[]> => {
    const { id } = platform.spec
    const way = platform.spec.ways?.[0]
    // A redirect may want to know something first (a server, a subreddit); a form is answered when it is shown.
    const first = way?.connect === 'redirect' && way.form?.length ? await robot.form(id) : {}
    const form: Record<string, string> = way ? { ...first, way: way.id } : {}
    let flow: ConnectFlow = await connect.begin({
      ...o,
      platform: id,
      realm: 'sandbox',
      form: way?.connect === 'form' ? { ...(await robot.form(id)), ...form } : form,
    })
    if (flow.step === 'redirect' && flow.url) flow = await connect.callback(id, await robot.consent(flow.url), o.userId)
    else if (flow.step === 'form') flow = await connect.answer(o.ws, flow.id, await robot.form(id))
    else if (flow.step === 'code' && flow.code) {
      await robot.prove(id, flow.code)
      for (let n = 0; flow.step === 'code' && n < polling.times; n++) {
        flow = await connect.poll(o.ws, flow.id)
        if (flow.step === 'code') await deps.clock.sleep(polling.everyMs)
      }
    }
    if (flow.step === 'choose') {
      // One of each kind: a profile and an organisation, where one consent offers both.
      const { offers } = flow
      const firsts = offers.filter((x, i) => offers.findIndex((y) => y.kind === x.kind) === i)
      flow = await connect.choose(
        o.ws,
        flow.id,
        firsts.map((x) => x.externalId),
      )
    }
    if (flow.step !== 'done') throw new Problem('connect-failed', flow.error ?? `it stopped at "${flow.step}"`)
    return flow.channels
  }

  const all = [...deps.platforms.values()]
  const results = await Promise.allSettled(all.map(one))
  const failures = results.flatMap((r, i) =>
    r.status === 'rejected' ? [{ name: all[i]!.spec.name, error: r.reason as unknown }] : [],
  )
  // Our own bugs are not the sandbox's refusals.
  for (const f of failures) if (!(f.error instanceof Problem)) throw f.error
  if (failures.length > 0)
    throw new Problem('connect-failed', failures.map((f) => `${f.name}: ${(f.error as Problem).message}`).join(' '))
  return results.flatMap((r) => (r.status === 'fulfilled' ? r.value : []))
}
