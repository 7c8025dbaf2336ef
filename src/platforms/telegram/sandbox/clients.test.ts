/** Other people's libraries against this imitation: what they send is not ours, so it cannot share our mistakes. */
import { Bot, InputFile } from 'grammy'
import { InputFile as File, Bot as NodeBot } from 'node-telegram-bot-api'
import sharp from 'sharp'
import { Telegram } from 'telegraf'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mp4 } from '#kit/testing/video.ts'
import { startSandbox, type TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
let given: { token: string; chat_id: number; api_root: string }
const jpeg = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#a33' } })
  .jpeg()
  .toBuffer()

beforeEach(async () => {
  box = await startSandbox([imitation])
  given = box.desk.tokens('telegram').tokens as typeof given
})
afterEach(async () => {
  expect(box.trouble).toEqual([])
  await box.close()
})

test('grammY publishes, edits, pins, takes down and counts', async () => {
  const { api } = new Bot(given.token, { client: { apiRoot: given.api_root } })
  const chat = given.chat_id
  const picture = () => new InputFile(jpeg, 'bread.jpg')

  const message = await api.sendMessage(chat, '<b>Fresh</b> bread', { parse_mode: 'HTML' })
  expect(message.entities).toEqual([{ offset: 0, length: 5, type: 'bold' }])
  expect((await api.sendPhoto(chat, picture(), { caption: 'Bread' })).photo?.[0]).toMatchObject({ width: 640 })
  const album = [picture(), picture()].map((media) => ({ type: 'photo' as const, media }))
  expect(await api.sendMediaGroup(chat, album)).toHaveLength(2)
  const video = await api.sendVideo(chat, new InputFile(mp4({ ms: 5000 }), 'oven.mp4'))
  expect(video.video).toMatchObject({ duration: 5, width: 720 })
  expect((await api.sendPoll(chat, 'Rye or wheat?', ['Rye', 'Wheat'])).poll.options).toHaveLength(2)
  expect(await api.editMessageText(chat, message.message_id, 'Stale bread')).toMatchObject({ text: 'Stale bread' })
  expect(await api.pinChatMessage(chat, message.message_id)).toBe(true)
  expect(await api.getChatMemberCount(chat)).toBeGreaterThan(0)
  expect((await api.copyMessage(chat, chat, message.message_id)).message_id).toBeGreaterThan(message.message_id)
  expect(await api.deleteMessage(chat, message.message_id)).toBe(true)
})

test('telegraf signs in, publishes texts, pictures, albums, videos and polls, edits, counts and takes down', async () => {
  const api = new Telegram(given.token, { apiRoot: `${given.api_root}/` })
  const chat = given.chat_id
  expect((await api.getMe()).is_bot).toBe(true)
  const message = await api.sendMessage(chat, 'Fresh bread', { link_preview_options: { is_disabled: true } })
  const reply = await api.sendMessage(chat, 'Still warm', { reply_parameters: { message_id: message.message_id } })
  expect(reply.message_id).toBeGreaterThan(message.message_id)
  expect((await api.sendPhoto(chat, { source: jpeg }, { caption: 'Bread' })).photo[0]).toMatchObject({ width: 640 })
  expect((await api.sendDocument(chat, { source: jpeg, filename: 'bread.jpg' })).document.file_name).toBe('bread.jpg')
  const album = ['one', 'two'].map((caption) => ({ type: 'photo' as const, media: { source: jpeg }, caption }))
  expect(await api.sendMediaGroup(chat, album)).toHaveLength(2)
  expect((await api.sendVideo(chat, { source: mp4({ ms: 5000 }) })).video.duration).toBe(5)
  expect((await api.sendPoll(chat, 'Rye or wheat?', ['Rye', 'Wheat'])).poll.options).toHaveLength(2)
  await api.editMessageText(chat, message.message_id, undefined, 'Stale bread')
  expect(await api.getChatMembersCount(chat)).toBeGreaterThan(0)
  expect((await api.copyMessage(chat, chat, message.message_id)).message_id).toBeGreaterThan(message.message_id)
  expect(await api.deleteMessage(chat, message.message_id)).toBe(true)
  expect(box.desk.posts('telegram').filter((p) => !p.deleted)).toHaveLength(7)
  // It says the method again in every upload, and numbers a poll's options as strings.
  const told = box.desk.notices().map((n) => n.what)
  expect(told).toContain('method')
  expect(told).toContain('options as strings, now as objects')
})

test('node-telegram-bot-api publishes, reads the chat, edits and takes down', async () => {
  const { api } = new NodeBot(given.token, { apiRoot: given.api_root })
  const chat_id = given.chat_id
  expect((await api.getMe()).is_bot).toBe(true)
  const { message_id } = await api.sendMessage({ chat_id, text: '*Fresh* bread', parse_mode: 'MarkdownV2' })
  const photo = new File(new Uint8Array(jpeg), { filename: 'bread.jpg' })
  expect((await api.sendPhoto({ chat_id, photo, caption: 'Bread' })).photo?.[0]).toMatchObject({ width: 640 })
  await api.sendVideo({ chat_id, video: new File(new Uint8Array(mp4({ ms: 5000 })), { filename: 'oven.mp4' }) })
  expect(await api.getChat({ chat_id })).toMatchObject({ id: chat_id, type: 'channel' })
  await api.editMessageText({ chat_id, message_id, text: 'Stale bread' })
  expect(await api.getChatMemberCount({ chat_id })).toBeGreaterThan(0)
  expect(await api.deleteMessage({ chat_id, message_id })).toBe(true)
  expect(box.desk.posts('telegram').filter((p) => !p.deleted)).toHaveLength(2)
})
