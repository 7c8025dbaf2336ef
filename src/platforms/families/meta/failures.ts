/**
 * The refusals every Graph network shares (fact sheets facebook.md §8, instagram.md §8). A platform puts its own codes
 * in front: `read: graphRead, rules: [...own, ...graphRules('Facebook')]`. Sorted by code and subcode, never by HTTP status: Graph answers
 * 400 to throttling, and 500 to posts it has published.
 */
import type { FailureRule, FailureTable } from '#kit/facts/failures.ts'

const permissionCodes = ['3', '10', ...Array.from({ length: 100 }, (_, i) => String(200 + i))]
/** 17 user, 32 Page with a user token, 341 and 613 custom, 800xx business use cases. */
const throttleCodes = [
  '17',
  '32',
  '341',
  '613',
  ...['80000', '80001', '80002', '80003', '80004', '80005', '80006', '80008', '80009', '80014'],
]

/** `name`: the network as people know it. */
export const graphRules = (name: string): readonly FailureRule[] => [
  {
    code: '190',
    subcode: ['459', '464'],
    kind: 'refused-account',
    word: 'checkpoint',
    say: `${name} wants the person who connected this account to sign in and confirm who they are. Do that, then check the channel.`,
  },
  {
    code: '190',
    subcode: '492',
    kind: 'not-permitted',
    word: 'role-lost',
    say: `The person who connected this account no longer has a role on it. Somebody with full access must connect it again.`,
  },
  {
    code: '190',
    subcode: '460',
    kind: 'reconnect',
    word: 'password-changed',
    say: `The password at ${name} was changed, which ends Clarion's access. Connect the account again.`,
  },
  {
    code: '190',
    subcode: '458',
    kind: 'reconnect',
    word: 'app-removed',
    say: `Clarion was removed from the apps of this ${name} account. Connect the account again.`,
  },
  {
    code: ['190', '102'],
    kind: 'reconnect',
    word: 'unauthorized',
    say: `${name} no longer takes Clarion's access. Connect the account again.`,
  },
  {
    code: '4',
    kind: 'too-fast',
    word: 'app-rate-limited',
    spends: 'app',
    say: `The app has called ${name} too often ({text}). Clarion waits with all its accounts.`,
  },
  {
    code: throttleCodes,
    kind: 'too-fast',
    word: 'rate-limited',
    spends: 'channel',
    say: `${name} asked us to slow down ({text}).`,
  },
  {
    code: '368',
    kind: 'refused-account',
    word: 'blocked',
    say: `${name} has blocked this action for now because it looked like abuse ({text}). Look at the account there before going on.`,
  },
  {
    code: '506',
    kind: 'duplicate',
    word: 'duplicate',
    say: `${name} says this has been posted already.`,
  },
  {
    code: permissionCodes,
    kind: 'not-permitted',
    word: 'permission',
    say: `${name} did not permit this: {text} Connect the account again with every permission ticked; the app may need review.`,
  },
  // Meta's "unknown" and "service temporarily unavailable": seen after posts that went out.
  {
    code: ['1', '2'],
    kind: 'unknown-outcome',
    word: 'transient',
    say: `${name} had a problem of its own and does not say whether it acted ({text}).`,
  },
  // Also a known fault of Meta's reads, so it proves nothing.
  {
    code: '100',
    subcode: '33',
    kind: 'unknown-outcome',
    word: 'object-missing',
    say: `${name} cannot find what was asked for, or Clarion may not see it.`,
  },
  {
    code: '100',
    kind: 'refused-content',
    word: 'invalid-parameter',
    say: `${name} refused the post: {text}`,
  },
]

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})
const str = (value: unknown): string | undefined =>
  typeof value === 'string' && value ? value : typeof value === 'number' ? String(value) : undefined

/**
 * Reads every error envelope Meta has: `{error:{code,error_subcode,error_user_msg,message}}`, rupload's
 * `{debug_info:{type}}` (its type becomes the code), and the token hosts' flat `{error_type,code,error_message}`.
 */
export const graphRead: FailureTable['read'] = ({ body }) => {
  const b = bag(body)
  const debug = bag(b.debug_info)
  if (str(debug.type)) return { code: str(debug.type), text: str(debug.message) }
  if (b.error_message !== undefined || b.error_type !== undefined)
    return { code: str(b.code) ?? str(b.error_type), text: str(b.error_message) }
  const e = bag(b.error)
  return {
    code: str(e.code) ?? str(e.type),
    subcode: str(e.error_subcode),
    text: [str(e.error_user_title), str(e.error_user_msg) ?? str(e.message)].filter(Boolean).join(': ') || undefined,
  }
}
