/** Bluesky's own OAuth library against this imitation: what it sends is not ours, so it cannot share our mistakes. */
import { requestLocalLock } from '@atproto/oauth-client'
import { NodeOAuthClient, type NodeSavedSession, type NodeSavedState } from '@atproto/oauth-client-node'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#infra/clock.ts'
import { backFrom, startForClients } from '#sandbox/testing/clients.ts'
import type { TestSandbox } from '#sandbox/testing.ts'
import imitation from './index.ts'

let box: TestSandbox
beforeAll(async () => {
  // Its proofs tell the time of this computer.
  box = await startForClients([imitation], { clock: systemClock })
})
afterAll(() => box.close())

const store = <V>() => {
  const held = new Map<string, V>()
  return {
    get: async (key: string) => held.get(key),
    set: async (key: string, value: V) => void held.set(key, value),
    del: async (key: string) => void held.delete(key),
  }
}

test('it connects, posts with a picture, reads back, looks people up, refreshes, takes down and signs out', async () => {
  const redirect = 'http://127.0.0.1:4999/callback' as const
  const scope = 'atproto transition:generic'
  const client = new NodeOAuthClient({
    clientMetadata: {
      client_id: `http://localhost?${new URLSearchParams({ redirect_uri: redirect, scope })}`,
      redirect_uris: [redirect],
      scope,
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
    },
    stateStore: store<NodeSavedState>(),
    sessionStore: store<NodeSavedSession>(),
    handleResolver: 'https://bsky.social',
    requestLock: requestLocalLock,
    fetch: (input, init) => fetch(input, init),
  })
  const at = await client.authorize('lena.bsky.social', { scope })
  const { session } = await client.callback(await backFrom(at))

  const call = async <T>(
    path: string,
    body?: object | Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ): Promise<T> => {
    const raw = body instanceof Uint8Array ? body : body && JSON.stringify(body)
    const headers = { 'content-type': type }
    const res = await session.fetchHandler(`/xrpc/${path}`, raw ? { method: 'POST', headers, body: raw } : {})
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`)
    return (await res.json()) as T
  }
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#a33' } })
    .jpeg()
    .toBuffer()
  const { blob } = await call<{ blob: object }>('com.atproto.repo.uploadBlob', new Uint8Array(picture), 'image/jpeg')
  const collection = 'app.bsky.feed.post'
  const embed = { $type: 'app.bsky.embed.images', images: [{ alt: 'Bread', image: blob }] }
  const record = { $type: collection, text: 'Fresh bread', createdAt: new Date().toISOString(), embed }
  const made = await call<{ uri: string }>('com.atproto.repo.createRecord', { repo: session.did, collection, record })
  await session.getTokenInfo(true)
  const uris = new URLSearchParams({ uris: made.uri })
  const read = await call<{ posts: { record: { text: string } }[] }>(`app.bsky.feed.getPosts?${uris}`)
  expect(read.posts[0]!.record.text).toBe('Fresh bread')
  const found = await call<{ actors: { did: string }[] }>('app.bsky.actor.searchActorsTypeahead?q=lena&limit=5')
  expect(found.actors).toMatchObject([{ did: session.did }])
  const both = await call<{ profiles: object[] }>(`app.bsky.actor.getProfiles?actors=${session.did}&actors=nobody.test`)
  expect(both.profiles).toMatchObject([{ handle: 'lena.bsky.social' }])
  await call('com.atproto.repo.deleteRecord', { repo: session.did, collection, rkey: made.uri.split('/').at(-1) })
  expect(box.desk.posts('bluesky').filter((p) => !p.deleted)).toEqual([])
  await session.signOut()
  await expect(call('app.bsky.feed.getTimeline')).rejects.toThrow()
  expect(box.trouble).toEqual([])
})
