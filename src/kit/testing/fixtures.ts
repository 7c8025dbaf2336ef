/**
 * Recorded and documented answers against a platform's own reading of them: refusals sort into the kind their file
 * names, successes are parsed by the very function that makes the call. Files are `<call>.<case>.json` with source and date.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createHttp, type Http } from '#kit/client/http.ts'
import type { Platform } from '#kit/client/platform.ts'
import { classify, failureKinds } from '#kit/facts/failures.ts'

const fixture = z.strictObject({
  source: z.string().min(1),
  date: z.iso.date(),
  request: z.object({ method: z.string(), path: z.string(), body: z.unknown().optional() }),
  response: z.object({ status: z.int(), headers: z.record(z.string(), z.string()), body: z.unknown() }),
  /** For refusals: how the table must read it. `until`: epoch seconds. */
  as: z.object({ kind: z.enum(failureKinds), code: z.string() }).optional(),
})
export type Fixture = z.output<typeof fixture>

/** The fixtures of a folder, by file name without `.json`. */
export const readFixtures = (folder: string): [name: string, fixture: Fixture][] =>
  readdirSync(folder)
    .filter((f) => f.endsWith('.json'))
    .sort()
    .map((f) => [f.slice(0, -5), fixture.parse(JSON.parse(readFileSync(join(folder, f), 'utf8')))])

/** Day the fixtures are read on: 2026-11-22, noon UTC. */
const now = Date.UTC(2026, 10, 22, 12)

/** An `Http` whose network is one stored answer. */
export const httpOf = (platform: Platform, f: Fixture): Http => {
  const { status, headers, body } = f.response
  return createHttp({
    realm: 'sandbox',
    sandboxUrl: 'http://fixture.invalid',
    failures: platform.failures,
    now: () => now,
    fetch: async () => new Response(JSON.stringify(body), { status, headers }),
  })
}

/** `calls`: the platform's function for each call of a success, and what it must give. A success nobody parses fails. */
export const fixtureSuite = (o: {
  platform: Platform
  folder: string
  calls: Record<string, (http: Http) => Promise<unknown>>
}): void => {
  describe(`${o.platform.spec.name} reads the stored answers`, () => {
    const all = readFixtures(o.folder)
    test('there are some of both kinds', () => {
      expect(all.some(([, f]) => f.as)).toBe(true)
      expect(all.some(([, f]) => !f.as)).toBe(true)
    })
    for (const [name, f] of all)
      if (f.as)
        test(`${name} is ${f.as.kind}`, () => {
          const { status, headers, body } = f.response
          const lower = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toLowerCase(), v]))
          const failure = classify(
            o.platform.failures,
            { status, headers: lower, body, text: typeof body === 'string' ? body : JSON.stringify(body) },
            now,
          )
          expect(failure).toMatchObject(f.as!)
          expect(failure.message).not.toMatch(/\{text\}|undefined/)
        })
      else
        test(`${name} is understood`, async () => {
          const call = o.calls[name.split('.')[0]!]
          expect(call, `no function reads ${name}`).toBeDefined()
          await expect(call!(httpOf(o.platform, f))).resolves.not.toThrow()
        })
  })
}
