/** grammY against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { Bot, InputFile } from 'grammy'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { mp4 } from '#kit/testing/video.ts'
import { startSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

test('grammY publishes, edits, pins, takes down and counts', async () => {
  const box = await startSandbox([imitation])
  const tokens = box.desk.tokens('telegram').tokens as { token: string; chat_id: number; api_root: string }
  const { api } = new Bot(tokens.token, { client: { apiRoot: tokens.api_root } })
  const chat = tokens.chat_id
  const jpeg = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#a33' } })
    .jpeg()
    .toBuffer()
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
  expect(await api.deleteMessage(chat, message.message_id)).toBe(true)
  expect(box.trouble).toEqual([])
  await box.close()
})
