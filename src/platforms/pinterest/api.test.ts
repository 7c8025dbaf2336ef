import { expect, test } from 'vitest'
import type { Http } from '#kit/client/http.ts'
import { createPin } from './api.ts'

test('a pin is made when its id is there, whatever else is odd', async () => {
  const body = { id: '813744226420795884', media: { media_type: 7, items: 'none' }, pin_metrics: 'later' }
  const http = (async (r: Parameters<Http>[0]) => ({
    status: 201,
    headers: {},
    body: r.expect!.parse(body),
    text: '',
  })) as unknown as Http
  expect(await createPin({ http, access: 'a', environment: 'production' }, {})).toEqual({ id: body.id })
})
