/** The desk's notices: what imitations took without a word, by client and call. In memory, bounded, the same thing once. */
import { sandboxClient } from '#contract/sandbox-client.ts'
import type { NoticeKind } from '#kit/sandbox/notices.ts'

/** As many different ones are kept; the oldest goes first, those of others before Clarion's own. */
const KEPT_NOTICES = 500
const LONGEST_CLIENT = 80

export type Notice = {
  /** Epoch ms of the virtual clock, of the last time. */
  at: number
  times: number
  /** `Clarion`, or how the client calls itself. */
  client: string
  platform: string
  /** Name of the route. */
  route: string
  /** `POST graph.facebook.com/:version/me/feed`. */
  call: string
  kind: NoticeKind
  /** Names of what was ignored, never values. */
  what: string
}

export type NoticeFilter = { client?: string; platform?: string }

/** Who calls: Clarion by its header, others by their user agent. */
export const clientOf = (headers: Record<string, string>): string =>
  headers[sandboxClient.header] === sandboxClient.name
    ? sandboxClient.name
    : (headers['user-agent']?.slice(0, LONGEST_CLIENT) ?? 'no user agent').replace(sandboxClient.name, 'clarion')

export const createNotices = (now: () => number) => {
  const kept = new Map<string, Notice>()
  return {
    write: (notice: Omit<Notice, 'at' | 'times'>): void => {
      const key = JSON.stringify([notice.client, notice.platform, notice.call, notice.kind, notice.what])
      const times = (kept.get(key)?.times ?? 0) + 1
      kept.delete(key)
      kept.set(key, { at: now(), times, ...notice })
      if (kept.size <= KEPT_NOTICES) return
      const [oldest] = [...kept].find(([, n]) => n.client !== sandboxClient.name) ?? [...kept][0]!
      kept.delete(oldest)
    },
    /** The last ones, oldest first. */
    list: (filter: NoticeFilter = {}): Notice[] =>
      [...kept.values()]
        .filter(
          (n) =>
            (filter.client === undefined || n.client === filter.client) &&
            (filter.platform === undefined || n.platform === filter.platform),
        )
        .map((n) => ({ ...n })),
    clear: (platform?: string): void => {
      for (const [key, n] of kept) if (platform === undefined || n.platform === platform) kept.delete(key)
    },
  }
}
export type Notices = ReturnType<typeof createNotices>
