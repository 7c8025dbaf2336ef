import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type FailureTable, PlatformFailure } from '#kit/facts/failures.ts'
import { createHttp, type HttpOptions, redact } from './http.ts'
import { SendFailed } from './send.ts'
import { namedBy } from './steps.ts'

const failures: FailureTable = {
  platform: 'toy',
  read: (a) => ({ text: (a.body as { said?: string })?.said }),
  rules: [{ status: 400, kind: 'refused-content', word: 'refused', say: 'Refused: {text}' }],
}
const url = 'https://toy.test/posts'
const client = (send: typeof fetch, more: Partial<HttpOptions> = {}) =>
  createHttp({ realm: 'live', failures, fetch: send, now: () => 0, ...more })
const failureOf = async (run: Promise<unknown>) => {
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  )
  if (!(error instanceof PlatformFailure)) throw error
  return error.failure
}
describe('time', () => {
  it('runs while the address is looked at, so that nothing leaves after it is over', async () => {
    let sent = 0
    const slow = client(
      async (_input, init) => {
        init?.signal?.throwIfAborted()
        sent++
        return new Response('{}')
      },
      { allow: () => new Promise((r) => setTimeout(r, 60)) },
    )
    const failure = await failureOf(slow({ method: 'POST', url, timeoutMs: 20 }))
    expect([failure.code, sent]).toEqual(['http.timeout', 0])
  })
})

describe('secrets', () => {
  const secret = 'tok+en/with=signs-0123456789'
  it('do not survive in a text, nor as they look in a URL', () => {
    expect(redact(`a ${secret} b ${encodeURIComponent(secret)}`, [secret])).toBe('a *** b ***')
  })
  it('are hidden before an answer is cut, so that no half of one is left', async () => {
    const said = `${'x'.repeat(290)}${secret}`
    const raw = JSON.stringify({ pad: 'y'.repeat(1_960), said: secret })
    for (const body of [JSON.stringify({ said }), raw]) {
      const http = client(async () => new Response(body, { status: 400 }), { secrets: [secret] })
      const failure = await failureOf(http({ method: 'POST', url }))
      expect(JSON.stringify(failure)).not.toContain(secret.slice(0, 6))
    }
  })
})

describe('a success nobody can read', () => {
  it.each([
    ['{"access_token":"fresh-grant-1","id_token":"fresh-grant-2","expires_in":"soon"}'],
    ['{"data":{"upload_url":"https://up.toy.test/?sig=fresh-grant-1","n":1}}'],
    ['{"accessJwt":"fresh\\"-grant-1","uploadUrl":"https://fresh-grant-2"}'],
    ['access_token=fresh-grant-1&expires_in=5'],
  ])('does not keep what it hands out: %s', async (body) => {
    const http = client(async () => new Response(body))
    const failure = await failureOf(http({ method: 'POST', url, expect: z.object({ never: z.string() }) }))
    expect(failure.code).toBe('toy.unreadable')
    expect(failure.raw).toContain('***')
    expect(failure.raw).not.toContain('grant-')
  })
})

describe('a post only a person has seen', () => {
  const t = (checkpoint: unknown) => ({ done: <C>() => checkpoint as C })
  it('can be built on when its link holds the id', () => {
    const find = (link: string) => /\/status\/(\d+)/.exec(link)?.[1]
    const named = namedBy(t({ id: null, url: 'https://x.test/a/status/42' }), 'create:0', find)
    expect(named.id).toBe('42')
  })
  it.each([undefined, { id: null, url: null }, { id: null, url: 'https://x.test/a' }])(
    'cannot be built on otherwise (%o)',
    (checkpoint) => {
      expect(() => namedBy(t(checkpoint), 'create:0')).toThrow(/does not know the id/)
    },
  )
})

describe('numbers', () => {
  it('too wide for JavaScript stay exact, and small ones stay numbers', async () => {
    const http = client(async () => new Response('{"id":7216492173651870731,"n":12,"f":1.5,"big":1e30}'))
    const { body } = await http<Record<string, unknown>>({ method: 'GET', url })
    expect(body).toEqual({ id: '7216492173651870731', n: 12, f: 1.5, big: 1e30 })
  })
})

describe('a budget', () => {
  const cost = { bucket: 'units', units: 50 }
  const kept = (send: typeof fetch) => {
    const told: string[] = []
    const note = (word: string) => async (c: typeof cost) => void told.push(`${word} ${c.units} ${c.bucket}`)
    return { told, http: client(send, { spend: note('spend'), refund: note('refund') }) }
  }
  it('is asked before the call leaves', async () => {
    const { told, http } = kept(async () => {
      told.push('sent')
      return new Response('{}')
    })
    await http({ method: 'POST', url, charge: cost })
    expect(told).toEqual(['spend 50 units', 'sent'])
  })
  it('is given back only when the call provably never left', async () => {
    const never = kept(() => Promise.reject(new SendFailed(false, new Error('refused'))))
    await failureOf(never.http({ method: 'POST', url, charge: cost }))
    expect(never.told).toEqual(['spend 50 units', 'refund 50 units'])
    const maybe = kept(() => Promise.reject(new SendFailed(true, new Error('reset'))))
    await failureOf(maybe.http({ method: 'POST', url, charge: cost }))
    expect(maybe.told).toEqual(['spend 50 units'])
  })
  it('that is spent keeps the call at home', async () => {
    let sent = 0
    const http = client(
      async () => {
        sent++
        return new Response('{}')
      },
      {
        spend: async () => {
          throw new PlatformFailure({ kind: 'too-fast', code: 'toy.spent', message: 'Spent.' })
        },
      },
    )
    expect((await failureOf(http({ method: 'POST', url, charge: cost }))).code).toBe('toy.spent')
    expect(sent).toBe(0)
  })
})

describe('the sandbox realm', () => {
  it('maps real addresses, and leaves those the sandbox handed out as they are', async () => {
    const asked: string[] = []
    const sandbox = client(
      async (input) => {
        asked.push(String(input))
        return new Response('{}')
      },
      { realm: 'sandbox', sandboxUrl: 'http://127.0.0.1:9/sandbox/' },
    )
    await sandbox({ method: 'PUT', url: 'https://upload.toy.test/a?b=1' })
    await sandbox({ method: 'PUT', url: 'http://127.0.0.1:9/sandbox/upload.toy.test/a?b=1' })
    expect(asked).toEqual(Array(2).fill('http://127.0.0.1:9/sandbox/upload.toy.test/a?b=1'))
  })
})

it('pins the call to a host that somebody named; the network’s own hosts are called by name', async () => {
  const pins: unknown[] = []
  const judged = [{ address: '93.184.216.34', family: 4 as const }]
  const http = createHttp({
    realm: 'live',
    failures,
    hosts: ['toy.test'],
    allow: async () => judged,
    fetch: async (_url, _init, to) => {
      pins.push(to)
      return new Response('{}')
    },
    now: () => 0,
  })
  await http({ method: 'GET', url: 'https://toy.test/posts' })
  await http({ method: 'POST', url: 'https://pds.somebody.example/posts', json: {} })
  await http({ method: 'GET', url: 'https://toy.test:8443/posts' })
  expect(pins).toEqual([undefined, judged, judged])
})
