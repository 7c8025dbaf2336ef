/** Doors of posts. */
import type { Posts } from '#planner/posts/service.ts'
import type { Bind } from '../bind.ts'

export type PostsDoorDeps = { posts: Posts }

export const registerPosts = (bind: Bind, { posts }: PostsDoorDeps): void => {
  bind('postList', ({ query }, ctx) => posts.list(ctx.ws!, query))
  bind('postCreate', ({ body }, ctx) => posts.create(ctx.ws!, ctx.userId!, body))
  bind('postDuplicate', ({ params }, ctx) => posts.duplicate(ctx.ws!, ctx.userId!, params.id))
  bind('postGet', ({ params }, ctx) => posts.get(ctx.ws!, params.id))
  bind('postPut', ({ params, body }, ctx) => posts.replace(ctx.ws!, params.id, body, ctx.ifMatch))
  bind('postRemove', async ({ params }, ctx) => {
    await posts.remove(ctx.ws!, params.id, ctx.ifMatch)
    return { ok: true }
  })
  bind('postSchedule', ({ params, body }, ctx) => posts.schedule(ctx.ws!, params.id, body, ctx.ifMatch))
  bind('postUnschedule', ({ params }, ctx) => posts.unschedule(ctx.ws!, params.id, ctx.ifMatch))
  bind('postPreflight', ({ body }, ctx) => posts.preflight(ctx.ws!, body))
}
