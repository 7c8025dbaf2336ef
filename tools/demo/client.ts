/** A new user's hands: Clarion's HTTP API as anybody would call it, with cookies kept and problems told. */

export type Client = {
  call: <T>(method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<T>
  upload: <T>(path: string, file: Blob, name: string, alt: string) => Promise<T>
}

/** A client of one Clarion; `fetch`: what sends its requests. Throws an Error with the Problem's title, detail and fix. */
export const createClient = (base: string, fetch: typeof globalThis.fetch = globalThis.fetch): Client => {
  let cookie = ''
  const read = async <T>(res: Response): Promise<T> => {
    const set = res.headers.getSetCookie().map((c) => c.split(';')[0]!)
    if (set.length > 0) cookie = set.join('; ')
    const text = await res.text()
    const json = text
      ? (JSON.parse(text) as T & { title?: string; detail?: string; fix?: string })
      : (undefined as unknown as T & { title?: string; detail?: string; fix?: string })
    if (!res.ok) throw new Error(`${json?.title ?? res.status}: ${json?.detail ?? ''} ${json?.fix ?? ''}`.trim())
    return json
  }
  const common = () => ({ origin: base, ...(cookie ? { cookie } : {}) })
  return {
    call: async (method, path, body, headers) =>
      read(
        await fetch(base + path, {
          method,
          headers: {
            ...common(),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() }),
            ...headers,
          },
          body: body === undefined ? undefined : JSON.stringify(body),
        }),
      ),
    upload: async (path, file, name, alt) => {
      const form = new FormData()
      form.set('alt', alt)
      form.set('file', file, name)
      return read(
        await fetch(base + path, {
          method: 'POST',
          headers: { ...common(), 'idempotency-key': crypto.randomUUID() },
          body: form,
        }),
      )
    },
  }
}
