/** The saver as this browser runs it: over our API, with copies in its storage. */
import { etagOf } from '#contract/etag.ts'
import type { Post } from '#contract/posts.ts'
import { api } from '../api/client.ts'
import { now } from '../lib/clock.ts'
import { localKeep } from './local.ts'
import { Saver } from './saver.ts'

/** A draft saves itself this long after the last keystroke (ms); a scheduled post only when somebody says so. */
export const debounceOf = (post: Post | null): number | null => (post === null || post.state === 'draft' ? 800 : null)

export const makeSaver = (ws: string, post: Post | null, onSaved: (post: Post) => void): Saver =>
  new Saver(
    {
      send: ({ id, version, body, key }) =>
        id === null
          ? api('postCreate', { params: { ws }, body, idempotencyKey: key })
          : api('postPut', { params: { ws, id }, body, ifMatch: etagOf(version ?? 0), idempotencyKey: key }),
      sendAlt: async (id, alt) => void (await api('mediaPatch', { params: { ws, id }, body: { alt } })),
      keep: localKeep(ws, localStorage),
      now,
      onSaved,
      debounceMs: debounceOf(post),
    },
    post,
  )
