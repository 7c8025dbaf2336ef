/** Guessing: signing in, keys, and the sandbox, as often as one likes (A4, A6, A9). They spend their limits, so they come last. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#infra/testing/free-port.ts'
import { startClarion } from '../../tools/demo/clarion.ts'
import { asker, type Case, group, type Stand } from './stand.ts'

const signIn = (s: Stand, email: string, headers: Record<string, string> = {}) =>
  s.ask('/api/auth/sign-in/email', {
    as: 'nobody',
    headers: { origin: s.url, ...headers },
    body: { email, password: `guess ${crypto.randomUUID()}` },
  })

/** Does every 429 say how long to wait, and what the limit is? */
const tells = (headers: Headers): string | null => {
  const missing = ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining'].filter((h) => !headers.get(h))
  return missing.length === 0 ? null : `429 without ${missing.join(', ')}`
}
/** Asks again and again; null when it was stopped, and told properly. */
const stopped = async (most: number, ask: (n: number) => Promise<{ status: number; headers: Headers }>) => {
  for (let n = 0; n < most; n++) {
    const r = await ask(n)
    if (r.status === 429) return tells(r.headers)
  }
  return `${most} tries were let through`
}

export const limits: readonly Case[] = [
  ...group('A4', {
    'one account is not guessed at without end, whatever address is claimed': async (s) => {
      const { email } = await s.person('viewer')
      return stopped(60, (n) => signIn(s, email, { 'x-forwarded-for': `9.9.${n}.${n}, 8.8.8.${n}` }))
    },
    'behind one proxy, the left end of X-Forwarded-For is nobody’s address': async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'clarion-proxied-'))
      await chmod(dataDir, 0o755)
      const env = { CLARION_TRUST_PROXY: '1' }
      const proxied = await startClarion({ dataDir, port: await freePort(), env }).catch(async (error: Error) => {
        await rm(dataDir, { recursive: true, force: true })
        throw error
      })
      try {
        const ask = asker(proxied.url, '')
        const guess = (n: number, from: string, email: string) =>
          ask('/api/auth/sign-in/email', {
            as: 'nobody',
            headers: { origin: proxied.url, 'x-forwarded-for': `9.9.${n}.${n}, ${from}` },
            body: { email, password: 'a guess of many' },
          })
        return (
          // The proxy writes the right end: one person, who claims to be many.
          (await stopped(40, (n) => guess(n, '8.8.8.8', `nobody${n}@example.test`))) ??
          // And many who guess at one account.
          (await stopped(40, (n) => guess(n, `8.8.4.${n}`, 'one@example.test')))
        )
      } finally {
        await proxied.stop()
        await rm(dataDir, { recursive: true, force: true })
      }
    },
    'one address does not guess at many accounts': (s) => stopped(60, (n) => signIn(s, `nobody${n}@example.test`)),
  }),
  ...group('A9', {
    'keys are not guessed': (s) =>
      stopped(200, () => s.ask(`${s.ws}/posts`, { as: { key: `clr_${crypto.randomUUID().replaceAll('-', '')}` } })),
    'one person does not ask without end': (s) => stopped(1_500, () => s.ask('/api/v1/me')),
  }),
  ...group('A6', {
    'the sandbox has a limit in front': async (s) => {
      const all = Array.from({ length: 40 }, (_, lane) => lane)
      const found: { status: number; headers: Headers }[] = []
      await Promise.all(
        all.map(async () => {
          for (let n = 0; n < 150 && found.length === 0; n++) {
            const r = await s.ask('/sandbox/api.x.com/nowhere', { as: 'nobody' })
            if (r.status === 429) found.push(r)
          }
        }),
      )
      return found[0] ? tells(found[0].headers) : '6,000 calls were let through'
    },
  }),
]
