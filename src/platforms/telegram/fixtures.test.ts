import { expect, test } from 'vitest'
import { classify } from '#kit/facts/failures.ts'
import { fixtureSuite, readFixtures } from '#kit/testing/fixtures.ts'
import { getChatMember, getMe, sendAlbum, sendMessage } from './api.ts'
import platform from './index.ts'

const folder = `${import.meta.dirname}/fixtures`
const photo = { blob: new Blob(['x']), mime: 'image/png', kind: 'photo' as const }

fixtureSuite({
  platform,
  folder,
  calls: {
    getMe: (http) => getMe({ http, token: '1:x' }),
    getChatMember: (http) => getChatMember({ http, token: '1:x' }, -1001, 1),
    sendMessage: (http) => sendMessage({ http, token: '1:x' }, { chat_id: '-1001', text: 'x' }),
    sendMediaGroup: (http) => sendAlbum({ http, token: '1:x' }, { chat_id: '-1001' }, {}, [photo, photo]),
  },
})

test('a rate limit waits as long as retry_after says', () => {
  const f = readFixtures(folder).find(([n]) => n === 'send.rate-limited')![1]
  expect(classify(platform.failures, { ...f.response, text: '' }, 1_000).until).toBe(new Date(35_000).toISOString())
})
