/** Sends the networks' webhooks, in order and outside of the request that caused them; keeps the last ones for the desk. */
import type { WorldFetch } from '#kit/sandbox/imitation.ts'
import type { SentHook } from './types.ts'

const KEPT = 200
/** A hook nobody takes is tried again after these waits (ms of the real clock), then dropped, as networks do. */
const RETRIES_MS = [200, 1000]
const TIMEOUT_MS = 5000

export const createPostman = (o: {
  send: WorldFetch
  log?: (message: string, details: Record<string, unknown>) => void
}) => {
  const sent: SentHook[] = []
  const closing = new AbortController()
  let line: Promise<unknown> = Promise.resolve()

  const once = async (hook: SentHook): Promise<boolean> => {
    hook.tries++
    try {
      const res = await o.send(hook.url, {
        method: 'POST',
        headers: hook.headers,
        body: hook.body,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await res.body?.cancel()
      hook.status = res.status
      hook.problem = null
      return res.ok
    } catch (error) {
      hook.status = null
      hook.problem = (error as Error).message
      return false
    }
  }
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      closing.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  const carry = async (hook: SentHook) => {
    for (const ms of [0, ...RETRIES_MS]) {
      if (ms > 0) await pause(ms)
      if (closing.signal.aborted || (await once(hook))) return
    }
    o.log?.('sandbox: nobody took a webhook', {
      platform: hook.platform,
      url: hook.url,
      status: hook.status,
      problem: hook.problem,
    })
  }

  return {
    sent,
    deliver: (platform: string, h: { url: string; headers: Record<string, string>; body: string }): void => {
      const hook: SentHook = { platform, ...h, status: null, problem: null, tries: 0 }
      sent.push(hook)
      if (sent.length > KEPT) sent.shift()
      line = line.then(() => carry(hook))
    },
    /** Resolves when nothing is under way any more; what was not sent is dropped. */
    close: async () => {
      closing.abort()
      await line
    },
  }
}
