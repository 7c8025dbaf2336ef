/** The fault desk of a sandbox in another process, over HTTP. */
import type { FaultInput } from '../../src/sandbox/faults.ts'

/** What a network was asked to publish, as its ledger has it. */
export type Entry = {
  id: string
  account: string
  text: string
  kind?: string
  media: unknown[]
  at: number
  deleted?: boolean
}

export type Desk = ReturnType<typeof deskOf>

export const deskOf = (sandboxUrl: string) => {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const res = await fetch(`${sandboxUrl}/_desk${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    if (!res.ok) throw new Error(`desk ${method} ${path}: ${res.status} ${await res.text()}`)
    return (await res.json()) as T
  }
  return {
    call,
    /** Everything a network ever got, what was deleted since included. */
    entries: (platform: string) => call<Entry[]>('GET', `/${platform}/posts`),
    knobs: (platform: string, values?: Record<string, number>) =>
      call<Record<string, number>>(values ? 'POST' : 'GET', `/${platform}/knobs`, values),
    fault: (fault: FaultInput) => call<{ id: number }>('POST', '/faults', fault),
    faults: () => call<{ id: number; platform: string; fired: number; do: string }[]>('GET', '/faults'),
    clearFaults: () => call('DELETE', '/faults'),
  }
}
