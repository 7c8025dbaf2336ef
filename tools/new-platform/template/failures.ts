/** {{name}}'s refusals: `{ error: { code, message } }`. What no rule knows is an unknown outcome, whatever its status. */
import type { FailureTable } from '#kit/facts/failures.ts'

const member = (value: unknown, name: string): unknown =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[name] : undefined
const word = (value: unknown) => (typeof value === 'string' ? value : undefined)

export const failures: FailureTable = {
  platform: '{{id}}',
  read: ({ body }) => {
    const error = member(body, 'error')
    return { code: word(member(error, 'code')), text: word(member(error, 'message')) }
  },
  rules: [
    { code: ['bad_key', 'bad_token'], kind: 'reconnect', word: 'token', say: '{{name}} does not accept the sign-in. Connect the account again.' },
    { code: 'rate_limited', kind: 'too-fast', word: 'rate-limit', say: '{{name}} asked us to slow down.' },
    { code: 'bad_media', kind: 'refused-media', word: 'media', say: '{{name}} refused the picture: {text}' },
    { code: 'bad_post', kind: 'refused-content', word: 'post', say: '{{name}} refused the post: {text}' },
    { code: 'bad_request', kind: 'our-bug', word: 'request', say: '{{name}} did not understand Clarion: {text}' },
    { code: 'not_found', kind: 'gone', word: 'gone', say: 'This does not exist on {{name}} any more.' },
  ],
}
