/** {{name}}'s calls, typed thin: one function a call, every answer parsed, no decisions. */
import { z } from 'zod'
import { readTokens } from '#kit/client/connectors.ts'
import type { Http } from '#kit/client/http.ts'

const base = 'https://api.{{id}}.example/v1'

/** Whose account, with which token. */
export type Home = { http: Http; token: string }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const session = z.object({ token: z.string().min(1), account: z.object({ id: z.string(), handle: z.string(), name: z.string() }) })
const post = z.object({ id: z.string(), text: z.string(), media_ids: z.array(z.string()), url: z.string() })
export type Post = z.output<typeof post>

export const createSession = async (http: Http, handle: string, key: string) =>
  readTokens('{{id}}', '{{name}}', session, (await http({ method: 'POST', url: `${base}/session`, json: { handle, key } })).body)

/** Raw bytes. Repeating makes a second upload nobody sees. */
export const uploadMedia = async (h: Home, bytes: Blob, mime: string, alt: string): Promise<string> => {
  const query = alt ? { alt } : {}
  const reply = await h.http({ method: 'POST', url: `${base}/media`, query, headers: { ...bearer(h.token), 'content-type': mime }, bytes, expect: z.object({ id: z.string() }) })
  return reply.body.id
}

export const createPost = async (h: Home, body: { text: string; media_ids: string[]; visibility: string }): Promise<Post> =>
  (await h.http({ method: 'POST', url: `${base}/posts`, headers: bearer(h.token), json: body, expect: post })).body

/** The newest posts of the account, newest first, at most 50. */
export const listPosts = async (h: Home): Promise<Post[]> =>
  (await h.http({ method: 'GET', url: `${base}/posts`, headers: bearer(h.token), expect: z.object({ posts: z.array(post) }) })).body.posts

export const deletePost = async (h: Home, id: string): Promise<void> => {
  await h.http({ method: 'DELETE', url: `${base}/posts/${encodeURIComponent(id)}`, headers: bearer(h.token) })
}
