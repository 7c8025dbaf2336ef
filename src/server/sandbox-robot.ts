/**
 * The hands of "connect all sandbox networks": what a person would do on the imitations' pages, done by plain HTTP.
 * It knows the sandbox's consent form and its desk, never a live network.
 */
import { z } from 'zod'
import { Problem } from '#contract/problems.ts'
import { asClarion } from '#contract/sandbox-client.ts'
import { createSend, type Send } from '#kit/client/send.ts'
import type { Robot } from '#planner/channels/connect-all.ts'

export type RobotDeps = {
  /** The sandbox as this process reaches it, e.g. `http://127.0.0.1:4400/sandbox`. */
  sandboxUrl: string
  /** The sandbox as browsers see it, where flows point to; the robot takes the inner way to the same place. */
  browserSandboxUrl: string
  /** Where each network sends its webhooks; absent: nowhere, since nobody listens. */
  webhookUrl?: (platform: string) => string
  fetch?: Send
}

const issued = z.object({
  credentials: z.record(z.string(), z.string()),
  form: z.record(z.string(), z.string()).optional(),
})

export type SandboxRobot = Robot & {
  /** App credentials of an imitation, for `createCredentials`. */
  credentials: (platform: string) => Promise<Record<string, string>>
}

/** All functions raise Problem `connect-failed` when the sandbox does not play along. */
export const createSandboxRobot = (deps: RobotDeps): SandboxRobot => {
  const send = deps.fetch ?? createSend()
  const inner = (url: string) =>
    url.startsWith(deps.browserSandboxUrl) ? `${deps.sandboxUrl}${url.slice(deps.browserSandboxUrl.length)}` : url
  const refuse = (what: string): never => {
    throw new Problem('connect-failed', `The sandbox ${what}.`)
  }

  const desk = async (path: string, body: unknown): Promise<unknown> => {
    const res = await send(`${deps.sandboxUrl}/_desk/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    }).catch((error: unknown) => refuse(`cannot be reached (${(error as Error).message})`))
    const text = await res.text()
    if (res.status >= 300) return refuse(`desk answered ${res.status}: ${text.slice(0, 200)}`)
    return JSON.parse(text)
  }
  const tokens = async (platform: string) => {
    const parsed = issued.safeParse(await desk(`${platform}/tokens`, {}))
    return parsed.success ? parsed.data : refuse(`desk gave no tokens for ${platform}`)
  }

  return {
    credentials: async (platform) => {
      const { credentials } = await tokens(platform)
      // What an operator enters in the network's console.
      if (deps.webhookUrl) await desk(`${platform}/webhook`, { url: deps.webhookUrl(platform) })
      return credentials
    },
    form: async (platform) => (await tokens(platform)).form ?? refuse(`has no form answers for ${platform}`),
    prove: async (platform, code) => void (await desk(`${platform}/act`, { do: 'prove', code })),

    consent: async (url) => {
      if (!url.startsWith(deps.browserSandboxUrl)) return refuse('was asked to consent outside of itself')
      // The address is of Clarion's own making, so what a network has to ignore in it is Clarion's own slip.
      const page = await send(inner(url), {
        redirect: 'manual',
        headers: asClarion(),
        signal: AbortSignal.timeout(15_000),
      })
      // A network that dislikes the request sends the browser straight back with an error.
      let location = page.headers.get('location')
      if (page.status === 200 && (await page.text()).includes('<form')) {
        const posted = await send(inner(url), {
          method: 'POST',
          redirect: 'manual',
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...asClarion() },
          body: 'decision=allow',
          signal: AbortSignal.timeout(15_000),
        })
        location = posted.headers.get('location')
      }
      if (!location) return refuse(`showed no consent page (${page.status})`)
      return Object.fromEntries(new URL(location).searchParams)
    },
  }
}
