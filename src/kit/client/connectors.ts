/** The two other ways to connect: a form with a password made for us, and a code only the owner of a place can post. */
import type { z } from 'zod'
import { PlatformFailure } from '#kit/facts/failures.ts'
import type { ChannelOffer, ConnectContext, ConnectFinish, Connector } from './platform.ts'
import type { Grant, Json } from './steps.ts'

/**
 * Parses an answer that carries tokens. Used instead of `expect`, whose failure keeps the raw answer: here that answer
 * would be a live secret. Raises `unknown-outcome` when it is not in the form `schema` says.
 */
export const readTokens = <T>(platform: string, name: string, schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  throw new PlatformFailure({
    kind: 'unknown-outcome',
    code: `${platform}.unreadable-token`,
    message: `${name} answered the sign-in in a form Clarion does not know.`,
  })
}

type Rest = Pick<Connector, 'refresh' | 'revoke' | 'rotates'>

/** `logIn` trades the form's fields for a grant and its accounts; raises `PlatformFailure` with the sentence for the person. */
export const formConnector = (
  o: Rest & {
    logIn: (t: ConnectContext, form: Record<string, string>) => Promise<{ grant: Grant; offers: ChannelOffer[] }>
  },
): Connector => ({
  rotates: o.rotates,
  refresh: o.refresh,
  revoke: o.revoke,
  begin: async () => ({ kind: 'form', keep: null }),
  finish: (t, form) => o.logIn(t, form),
})

/** No I, L, O, U, 0, 1: a person may have to type it from another screen. */
const codeAlphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'

/** A code nobody guesses while it lives: 12 signs of 30, about 58 bits. */
export const connectCode = (length = 12): string => {
  let code = ''
  // Bytes over the last whole multiple of 30 are thrown away, so that every sign is as likely as any other.
  while (code.length < length)
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2)))
      if (byte < 240 && code.length < length) code += codeAlphabet[byte % codeAlphabet.length]
  return code
}

/**
 * `show` says where to post the code; `readCode` reads the network once and answers `{ pending }` until it is there.
 * Being polled, `readCode` must leave what other flows wait for unread.
 */
export const codeConnector = (
  o: Rest & {
    show: (t: ConnectContext, code: string) => Promise<{ link?: string; instructions: string }>
    readCode: (t: ConnectContext, code: string) => Promise<ConnectFinish>
  },
): Connector => ({
  rotates: o.rotates,
  refresh: o.refresh,
  revoke: o.revoke,
  begin: async (t) => {
    const code = connectCode()
    return { kind: 'code', code, ...(await o.show(t, code)), keep: { code } satisfies Json }
  },
  finish: (t, _answer, keep) => o.readCode(t, (keep as { code: string }).code),
})
