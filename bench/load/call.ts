/** One HTTP call as Clarion sent it, for the arms that are not Clarion to repeat as other posts. */
export type Sent = { method: string; url: string; headers: Record<string, string>; body: string }

/** The text of publication `i`: every one is different, and found again in a call. */
export const benchText = (i: number): string => `bench ${i} ${crypto.randomUUID()}`

const base32 = '234567abcdefghijklmnopqrstuvwxyz'
/** A record key like the real ones (13 characters that sort), one per number. */
const recordKey = (i: number): string =>
  `3m${Array.from({ length: 11 }, (_, k) => base32[Math.floor(i / 32 ** (10 - k)) % 32]).join('')}`

/** The call again, as post `id` with this text. */
export const vary = (call: Sent, post: { id: number; text: string }): Sent => ({
  ...call,
  body: call.body
    .replace(/bench \d+ [0-9a-f-]{36}/, post.text)
    .replace(/"rkey":"[^"]+"/, `"rkey":"${recordKey(post.id)}"`),
})
