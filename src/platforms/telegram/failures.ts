/**
 * Telegram's refusals (fact sheet §8): `{ ok: false, error_code, description, parameters }`, HTTP status = error_code.
 * There are no finer codes, so the rules are patterns over `description`. An unknown 400 stays unknown: the bot cannot
 * look, so a person decides.
 */
import type { FailureTable } from '#kit/facts/failures.ts'

type Bag = Record<string, unknown>
const bag = (value: unknown): Bag => (value !== null && typeof value === 'object' ? (value as Bag) : {})

export const failures: FailureTable = {
  platform: 'telegram',
  isError: ({ body }) => bag(body).ok === false,
  read: ({ body }) => {
    const b = bag(body)
    return {
      code: typeof b.error_code === 'number' ? String(b.error_code) : undefined,
      subcode: bag(b.parameters).migrate_to_chat_id === undefined ? undefined : 'migrate',
      text: typeof b.description === 'string' ? b.description : undefined,
    }
  },
  until: ({ body }, now) => {
    const seconds = bag(bag(body).parameters).retry_after
    return typeof seconds === 'number' ? now + seconds * 1000 : undefined
  },
  rules: [
    {
      code: '401',
      kind: 'reconnect',
      word: 'token-revoked',
      say: 'Telegram does not accept the bot token. Enter the new one from @BotFather in Settings -> Platforms.',
    },
    {
      code: '404',
      match: /method not found/i,
      kind: 'our-bug',
      word: 'no-method',
      say: 'Telegram does not know the call Clarion made.',
    },
    {
      code: '404',
      kind: 'reconnect',
      word: 'token-malformed',
      say: 'Telegram does not know this bot. Check the bot token in Settings -> Platforms.',
    },
    { code: '429', kind: 'too-fast', word: 'rate-limit', say: 'Telegram asked us to slow down.' },
    {
      code: '409',
      kind: 'refused-account',
      word: 'conflict',
      say: 'Another program uses this bot ({text}). Stop it, or make a bot only for Clarion.',
    },
    { code: '406', kind: 'refused-account', word: 'frozen', say: 'Telegram has frozen the bot ({text}).' },
    { status: 413, kind: 'refused-media', word: 'too-large', say: 'Telegram says the upload is too large.' },
    {
      subcode: 'migrate',
      kind: 'refused-account',
      word: 'migrated',
      say: 'The group became a supergroup. Connect it again.',
    },
    {
      code: '403',
      match: /not enough rights|need administrator rights|have no rights/i,
      kind: 'not-permitted',
      word: 'no-rights',
      say: 'The bot may not post here. Make it an administrator with the right to post messages.',
    },
    {
      code: '403',
      match: /kicked|not a member|blocked|deleted|deactivated/i,
      kind: 'refused-account',
      word: 'removed',
      say: 'The bot is no longer in this chat ({text}). Add it again.',
    },
    {
      code: '400',
      match: /chat not found|user is deactivated|group chat was deleted/i,
      kind: 'refused-account',
      word: 'chat-gone',
      say: 'Telegram does not find this chat for the bot. Add the bot again, then reconnect.',
    },
    {
      code: '400',
      match:
        /not enough rights|need administrator rights|have no rights|CHAT_WRITE_FORBIDDEN|CHAT_SEND_\w+_FORBIDDEN|CHAT_ADMIN_REQUIRED|TOPIC_CLOSED/i,
      kind: 'not-permitted',
      word: 'no-rights',
      say: 'The bot may not post this here ({text}). Check its rights in the chat.',
    },
    {
      code: '400',
      match: /message is not modified/i,
      kind: 'duplicate',
      word: 'not-modified',
      say: 'The message is already so.',
    },
    {
      code: '400',
      match: /message to (delete|pin|edit) not found|MESSAGE_ID_INVALID/i,
      kind: 'gone',
      word: 'message-gone',
      say: 'The message does not exist any more.',
    },
    {
      code: '400',
      match: /message can't be (edited|deleted)/i,
      kind: 'not-permitted',
      word: 'too-old',
      say: 'Telegram does not let the bot change this message: it is older than 48 hours or not the bot’s own.',
    },
    {
      code: '400',
      match:
        /wrong (remote )?file|wrong HTTP URL|failed to get HTTP URL content|wrong type of the web page content|can't upload file|PHOTO_\w+|IMAGE_PROCESS_FAILED|can't use the media|file is too big|too large|file must be non-empty|there is no \w+ in the request|MEDIA_\w+/i,
      kind: 'refused-media',
      word: 'media',
      say: 'Telegram refused the picture: {text}',
    },
    {
      code: '400',
      match:
        /text is empty|message is too long|caption is too long|MESSAGE_TOO_LONG|can't parse entities|thread not found|to be replied not found|BUTTON_\w+|POLL_\w+|\bpolls?\b|(too many|not enough|wrong number of) messages|chat_id is empty/i,
      kind: 'refused-content',
      word: 'content',
      say: 'Telegram refused the message: {text}',
    },
    {
      code: '400',
      match: /can't parse (?!entities)|unknown parameter|unexpected/i,
      kind: 'our-bug',
      word: 'malformed',
      say: 'Clarion sent something Telegram cannot read: {text}',
    },
    {
      status: [500, 502, 503, 504],
      kind: 'unknown-outcome',
      word: 'server',
      say: 'Telegram had an error. The message may be there all the same.',
    },
  ],
}
