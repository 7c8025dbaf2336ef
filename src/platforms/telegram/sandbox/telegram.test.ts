import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { png } from '#kit/testing/media.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)
const CHANNEL = '@canal_street_bakery'
const GROUP = '@night_cyclists'

let box: TestSandbox
beforeAll(async () => {
  box = await startSandbox([imitation])
})
beforeEach(() => box.desk.reset())
afterAll(() => box.close())

type Answer = {
  ok: boolean
  error_code?: number
  description?: string
  result?: unknown
  parameters?: { retry_after?: number }
}
const token = () => box.desk.tokens('telegram').credentials.botToken!
const call = async (
  method: string,
  body: Record<string, unknown> | FormData = {},
  bot = token(),
): Promise<Answer & { status: number }> => {
  const json = !(body instanceof FormData)
  const res = await box.call(`https://api.telegram.org/bot${bot}/${method}`, {
    method: 'POST',
    headers: json ? { 'content-type': 'application/json' } : {},
    body: json ? JSON.stringify(body) : body,
  })
  return { status: res.status, ...((await res.json()) as Answer) }
}
const say = (text: string, more: Record<string, unknown> = {}) =>
  call('sendMessage', { chat_id: CHANNEL, text, ...more })
const ledger = () => box.desk.posts('telegram').filter((p) => !p.deleted)
const form = (fields: Record<string, string>, files: Record<string, Buffer>) => {
  const f = new FormData()
  for (const [k, v] of Object.entries(fields)) f.set(k, v)
  for (const [k, v] of Object.entries(files)) f.set(k, new Blob([new Uint8Array(v)]), `${k}.png`)
  return f
}

describe('tokens and calling', () => {
  test('four ways to pass parameters, method names in any case', async () => {
    const bot = token()
    const url = `https://api.telegram.org/bot${bot}`
    expect((await box.call(`${url}/getme`)).status).toBe(200)
    expect((await box.call(`${url}/sendMessage?chat_id=${CHANNEL}&text=q`)).status).toBe(200)
    expect(
      (
        await box.call(`${url}/sendMessage`, {
          method: 'POST',
          body: new URLSearchParams({ chat_id: CHANNEL, text: 'f' }),
        })
      ).status,
    ).toBe(200)
    expect((await call('SENDMESSAGE', { chat_id: -1002200000001, text: 'j' })).ok).toBe(true)
    expect((await call('sendMessage', form({ chat_id: CHANNEL, text: 'm' }, {}))).ok).toBe(true)
    expect(ledger().map((p) => p.text)).toEqual(['q', 'f', 'j', 'm'])
  })
  test('no token, a foreign one and a revoked one; a new one from the desk works', async () => {
    const old = token()
    expect(await call('getMe', {}, 'nonsense')).toMatchObject({ status: 404, description: 'Not Found' })
    expect(await call('getMe', {}, `1${old}`)).toMatchObject({ status: 401, description: 'Unauthorized' })
    box.desk.revoke('telegram')
    expect((await call('getMe', {}, old)).status).toBe(401)
    const fresh = token()
    expect(fresh).not.toBe(old)
    expect((await call('getMe', {}, fresh)).ok).toBe(true)
    expect(await call('flyAway')).toMatchObject({ status: 404, description: 'Not Found: method not found' })
  })
})

describe('sendMessage', () => {
  test('markup is taken out and its entities come back', async () => {
    const { result } = await say('<b>Fresh</b> at <a href="https://example.com">ours</a> &amp; <i>warm</i>', {
      parse_mode: 'HTML',
    })
    expect(result).toMatchObject({
      text: 'Fresh at ours & warm',
      entities: [
        { type: 'bold', offset: 0, length: 5 },
        { type: 'text_link', url: 'https://example.com', offset: 9, length: 4 },
        { type: 'italic', offset: 16, length: 4 },
      ],
    })
    const v2 = await say('*bold _both_* [link](https://example\\.com) `a.b` \\!', { parse_mode: 'MarkdownV2' })
    expect(v2.result).toMatchObject({ text: 'bold both link a.b !' })
  })
  const refusals: [string, Record<string, unknown>, string][] = [
    ['nothing', { text: '' }, 'message text is empty'],
    ['only markup', { text: '<b> </b>', parse_mode: 'HTML' }, 'message text is empty'],
    ['4,097 units', { text: 'a'.repeat(4097) }, 'message is too long'],
    [
      'a paragraph tag',
      { text: '<p>x</p>', parse_mode: 'HTML' },
      'can\'t parse entities: Unsupported start tag "p" at byte offset 0',
    ],
    [
      'a tag left open',
      { text: '<b>x', parse_mode: 'HTML' },
      'can\'t parse entities: Can\'t find end tag corresponding to start tag "b"',
    ],
    [
      'tags crossed',
      { text: 'ż<b><i>x</b></i>', parse_mode: 'HTML' },
      'can\'t parse entities: Unmatched end tag at byte offset 9, expected "</i>", found "</b>"',
    ],
    [
      'a dot in MarkdownV2',
      { text: 'a.b', parse_mode: 'MarkdownV2' },
      "can't parse entities: Character '.' is reserved and must be escaped with the preceding '\\'",
    ],
    [
      'bold left open',
      { text: '*a', parse_mode: 'MarkdownV2' },
      "can't parse entities: Can't find end of Bold entity at byte offset 0",
    ],
    ['an unknown mode', { text: 'a', parse_mode: 'BBCode' }, 'unsupported parse_mode'],
    ['an unknown chat', { text: 'a', chat_id: '@nobody_here' }, 'chat not found'],
    ['no chat', { text: 'a', chat_id: '' }, 'chat_id is empty'],
    ['a topic that is not there', { text: 'a', message_thread_id: 1 }, 'message thread not found'],
    ['a reply to nothing', { text: 'a', reply_parameters: { message_id: 999 } }, 'message to be replied not found'],
  ]
  test.each(refusals)('%s is refused', async (_name, members, description) => {
    expect(await call('sendMessage', { chat_id: CHANNEL, ...members })).toMatchObject({
      status: 400,
      ok: false,
      error_code: 400,
      description: `Bad Request: ${description}`,
    })
    expect(ledger()).toEqual([])
  })
  test('4,096 units after the markup fit', async () => {
    expect((await say(`<b>${'a'.repeat(4096)}</b>`, { parse_mode: 'HTML' })).ok).toBe(true)
  })
  test('without rights, and outside the chat, the bot is told so', async () => {
    box.desk.act('telegram', { do: 'demote', chat: CHANNEL })
    expect((await say('x')).description).toBe('Bad Request: need administrator rights in the channel chat')
    box.desk.act('telegram', { do: 'kick', chat: CHANNEL })
    expect(await say('x')).toMatchObject({
      status: 403,
      description: 'Forbidden: bot was kicked from the channel chat',
    })
    box.desk.act('telegram', { do: 'demote', chat: GROUP })
    expect((await say('x', { chat_id: GROUP })).description).toBe(
      'Bad Request: not enough rights to send text messages to the chat',
    )
  })
  test('the 21st message in a minute is too fast, and says how long', async () => {
    for (let i = 0; i < 20; i++) {
      await say(`n${i}`)
      box.desk.advance(100)
    }
    const res = await say('n20')
    expect(res).toMatchObject({ status: 429, parameters: { retry_after: 58 } })
    box.desk.advance(58_000)
    expect((await say('n20')).ok).toBe(true)
  })
})

describe('files', () => {
  test('a photo with a caption; again by its file_id; the bytes can be downloaded', async () => {
    const sent = await call(
      'sendPhoto',
      form({ chat_id: CHANNEL, caption: '<b>dot</b>', parse_mode: 'HTML' }, { photo: PNG }),
    )
    const { photo } = sent.result as { photo: { file_id: string; width: number }[] }
    expect(photo[0]!.width).toBe(1)
    expect((await call('sendPhoto', { chat_id: CHANNEL, photo: photo[0]!.file_id })).ok).toBe(true)
    const { file_path } = (await call('getFile', { file_id: photo[0]!.file_id })).result as { file_path: string }
    const res = await box.call(`https://api.telegram.org/file/bot${token()}/${file_path}`)
    expect(Buffer.from(await res.arrayBuffer()).equals(PNG)).toBe(true)
    expect(ledger()).toMatchObject([
      { text: 'dot', media: [{ mime: 'image/png' }] },
      { media: [{ mime: 'image/png' }] },
    ])
  })
  test('an album is one post of several messages; an attached part must be there', async () => {
    const media = JSON.stringify(
      [0, 1].map((i) => ({ type: 'photo', media: `attach://p${i}`, ...(i === 0 ? { caption: 'two' } : {}) })),
    )
    const sent = await call('sendMediaGroup', form({ chat_id: CHANNEL, media }, { p0: PNG, p1: PNG }))
    expect(sent.result).toHaveLength(2)
    expect(ledger()).toMatchObject([{ text: 'two', media: [{}, {}] }])
    expect((await call('sendMediaGroup', form({ chat_id: CHANNEL, media }, { p0: PNG }))).status).toBe(400)
    const ids = (sent.result as { message_id: number }[]).map((m) => m.message_id)
    expect((await call('deleteMessages', { chat_id: CHANNEL, message_ids: ids })).result).toBe(true)
    expect(ledger()).toEqual([])
  })
  test('what is no photo, too big, too long in words, unknown or elsewhere is refused', async () => {
    const photo = (bytes: Buffer, caption = '') =>
      call('sendPhoto', form({ chat_id: CHANNEL, caption }, { photo: bytes }))
    expect((await photo(Buffer.from('words'))).description).toBe('Bad Request: IMAGE_PROCESS_FAILED')
    expect((await photo(Buffer.concat([PNG, Buffer.alloc(10 * 1024 * 1024)]))).description).toContain('file is too big')
    expect((await photo(PNG, 'a'.repeat(1025))).description).toBe('Bad Request: message caption is too long')
    const wide = Buffer.from(PNG)
    wide.writeUInt32BE(21, 16)
    expect((await photo(wide)).description).toBe('Bad Request: PHOTO_INVALID_DIMENSIONS')
    expect((await call('sendPhoto', { chat_id: CHANNEL, photo: 'AgACnothing' })).description).toBe(
      'Bad Request: wrong file identifier/HTTP URL specified',
    )
    expect((await call('sendPhoto', { chat_id: CHANNEL, photo: 'https://example.com/a.png' })).description).toBe(
      'Bad Request: failed to get HTTP URL content',
    )
    const eleven = Array(11).fill({ type: 'photo', media: 'AgACx' })
    expect((await call('sendMediaGroup', { chat_id: CHANNEL, media: eleven })).description).toBe(
      'Bad Request: too many messages to send as an album',
    )
    expect(ledger()).toEqual([])
  })
})

test('polls: a channel has only anonymous ones', async () => {
  const poll = (more: Record<string, unknown>) =>
    call('sendPoll', { chat_id: CHANNEL, question: 'Rye?', options: [{ text: 'yes' }, { text: 'no' }], ...more })
  expect((await poll({})).ok).toBe(true)
  expect((await poll({ is_anonymous: false })).status).toBe(400)
  expect((await poll({ question: 'q'.repeat(301) })).status).toBe(400)
  expect((await poll({ options: [{ text: 'o'.repeat(101) }] })).status).toBe(400)
  expect(ledger()).toHaveLength(1)
})

test('edit, pin, delete: each with its refusal', async () => {
  const { message_id } = (await say('one')).result as { message_id: number }
  const at = { chat_id: CHANNEL, message_id }
  expect((await call('editMessageText', { ...at, text: 'one' })).description).toContain('message is not modified')
  expect((await call('editMessageText', { ...at, text: 'two' })).result).toMatchObject({
    text: 'two',
    edit_date: expect.any(Number),
  })
  expect((await call('pinChatMessage', at)).result).toBe(true)
  box.desk.act('telegram', { do: 'no-pin', chat: CHANNEL })
  expect((await call('pinChatMessage', at)).description).toContain('not enough rights')
  expect((await call('deleteMessage', at)).result).toBe(true)
  expect((await call('deleteMessage', at)).description).toBe('Bad Request: message to delete not found')
})

describe('updates', () => {
  test('a code posted by the owner arrives as channel_post; the bot never hears its own messages', async () => {
    await say('mine')
    box.desk.act('telegram', { do: 'prove', code: 'ab12', chat: CHANNEL })
    const { result } = await call('getUpdates', { timeout: 0 })
    expect(result).toMatchObject([{ channel_post: { text: '/connect ab12', chat: { type: 'channel' } } }])
    const { update_id } = (result as { update_id: number }[])[0]!
    expect((await call('getUpdates', { offset: update_id + 1 })).result).toEqual([])
    expect(ledger()).toHaveLength(1)
  })
  test('a long poll ends when news comes, and when another poll begins', async () => {
    const bot = token()
    const waiting = call('getUpdates', { timeout: 50 }, bot)
    while (box.desk.requests({ route: 'updates' }).length < 1) await new Promise((r) => setTimeout(r, 5))
    box.desk.act('telegram', { do: 'post', text: 'hello', chat: GROUP })
    expect((await waiting).result).toMatchObject([{ message: { text: 'hello' } }])
    const { update_id } = ((await call('getUpdates', {}, bot)).result as { update_id: number }[])[0]!
    const replaced = call('getUpdates', { timeout: 50, offset: update_id + 1 }, bot)
    while (box.desk.requests({ route: 'updates' }).length < 3) await new Promise((r) => setTimeout(r, 5))
    await call('getUpdates', {}, bot)
    expect(await replaced).toMatchObject({ status: 409 })
  })
  test('a webhook and polling exclude each other', async () => {
    expect((await call('setWebhook', { url: 'http://example.com/x' })).status).toBe(400)
    expect((await call('setWebhook', { url: 'https://planner.example/x', secret_token: 'not ok!' })).status).toBe(400)
    expect((await call('setWebhook', { url: 'https://planner.example/x', secret_token: 's3cret' })).result).toBe(true)
    expect((await call('getUpdates')).status).toBe(409)
    expect((await call('deleteWebhook')).result).toBe(true)
    expect((await call('getUpdates')).ok).toBe(true)
  })
})

describe('what Telegram ignores or still knows', () => {
  const told = () => box.desk.notices().map((n) => [n.kind, n.what])

  test('unknown parameters and members are passed over', async () => {
    const options = { is_disabled: true, loud: true }
    expect((await say('a', { method: 'sendMessage', link_preview_options: options })).ok).toBe(true)
    const form = new FormData()
    form.set('chat_id', String(CHANNEL))
    form.set('photo', new Blob([new Uint8Array(png({ width: 40, height: 30 }))], { type: 'image/png' }), 'a.png')
    form.set('extra', new Blob(['x']), 'x.txt')
    expect((await call('sendPhoto', form)).ok).toBe(true)
    expect(told()).toEqual([
      ['unknown-parameter', 'method'],
      ['unknown-field', 'link_preview_options.loud'],
      ['unknown-parameter', 'extra'],
    ])
  })
  test('older names mean what they meant', async () => {
    const { message_id } = (await say('one')).result as { message_id: number }
    const reply = await say('two', { reply_to_message_id: message_id, disable_web_page_preview: true })
    expect(reply.result).toMatchObject({ reply_to_message: { message_id } })
    expect((await say('three', { reply_to_message_id: 999 })).ok).toBe(false)
    expect((await say('four', { reply_to_message_id: 999, allow_sending_without_reply: true })).ok).toBe(true)
    const poll = { chat_id: CHANNEL, question: 'Rye?', options: ['yes', 'no'], type: 'quiz', correct_option_id: 1 }
    expect((await call('sendPoll', poll)).ok).toBe(true)
    expect(await call('getChatMembersCount', { chat_id: CHANNEL })).toMatchObject({ result: expect.any(Number) })
    expect(new Set(told().map(([kind]) => kind))).toEqual(new Set(['older-name']))
    expect(told().map(([, what]) => what)).toEqual([
      'disable_web_page_preview, now link_preview_options',
      'reply_to_message_id, now reply_parameters',
      'correct_option_id, now correct_option_ids',
      'options as strings, now as objects',
      'getChatMembersCount, now getChatMemberCount',
    ])
  })
  test('a message is copied, with another caption where it has one', async () => {
    const form = new FormData()
    form.set('chat_id', String(CHANNEL))
    form.set('caption', 'first')
    form.set('photo', new Blob([new Uint8Array(png({ width: 40, height: 30 }))], { type: 'image/png' }), 'a.png')
    const { message_id } = (await call('sendPhoto', form)).result as { message_id: number }
    const copy = (more: Record<string, unknown>) =>
      call('copyMessage', { chat_id: CHANNEL, from_chat_id: CHANNEL, message_id, ...more })
    expect((await copy({})).result).toEqual({ message_id: message_id + 1 })
    expect((await copy({ caption: 'second' })).ok).toBe(true)
    expect((await copy({ message_id: 999 })).description).toBe('Bad Request: message to copy not found')
    expect(ledger().map((p) => p.text)).toEqual(['first', 'first', 'second'])
  })
})
