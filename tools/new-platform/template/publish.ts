/**
 * Publishing on {{name}}: upload the pictures, then one create. The network has no key of ours to go by, so a lost
 * answer asks the witness: is there a post newer than the newest one we knew, with this text and these pictures?
 */
import { absent, type Created, done, found, mediaAt, mediaIndices, type StepContext, step, steps, unsure, type Witness } from '#kit/client/steps.ts'
import { createPost, type Home, listPosts, type Post, uploadMedia } from './api.ts'
import type { Settings } from './spec.ts'

type T = StepContext<Settings>

/** The list of the network is this long at most; a full one that lacks our mark may have pushed the post out. */
const pageSize = 50

const home = (t: T): Home => ({ http: t.http, token: t.grant.access })
const created = (post: Post): Created => ({ id: post.id, url: post.url })
const mediaIds = (t: T) => mediaIndices(t, 0).map((n) => t.done<{ id: string }>(`upload:${n}`)!.id)

const witness = async (t: T): Promise<Witness> => {
  const { newest } = t.prepared as { newest: string | null }
  const posts = await listPosts(home(t))
  const mark = posts.findIndex((p) => p.id === newest)
  const since = mark < 0 ? posts : posts.slice(0, mark)
  const wanted = mediaIds(t)
  const ours = since.find((p) => p.text === t.segments[0]!.text && p.media_ids.length === wanted.length && p.media_ids.every((id, i) => id === wanted[i]))
  if (ours) return found(created(ours))
  return mark < 0 && posts.length >= pageSize ? unsure('The account posted so much since then that its list does not reach back.') : absent
}

export const publish = steps<Settings>(
  step('upload', { again: 'safe', each: 'media' }, async (t) => {
    const { media } = mediaAt(t, t.index)
    return done({ id: await uploadMedia(home(t), await media.blob(), media.mime, media.alt) })
  }),

  step(
    'create',
    {
      again: 'ask',
      // Stored before the call: what was the newest post then?
      prepare: async (t) => ({ newest: (await listPosts(home(t)))[0]?.id ?? null }),
      witness,
    },
    async (t) => done(created(await createPost(home(t), { text: t.segments[0]!.text, media_ids: mediaIds(t), visibility: t.settings.visibility }))),
  ),
)
