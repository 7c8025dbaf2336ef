/** Doors of publications: one post on one channel, its story, and what a person may do to it. */
import { isWanted } from '#contract/etag.ts'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import type { Db } from '#infra/db/database.ts'
import type { Posts } from '#planner/posts/service.ts'
import type { Edit } from '#planner/published/edit.ts'
import type { TakeDown } from '#planner/published/take-down.ts'
import { cancelPublication, resolvePublication, retryPublication, type Target } from '#planner/publishing/commands.ts'
import type { Bind, Ctx } from '../bind.ts'

export type PublicationsDoorDeps = { db: Db; clock: Clock; posts: Posts; takeDown: TakeDown; edit: Edit }

export const registerPublications = (bind: Bind, { db, clock, posts, takeDown, edit }: PublicationsDoorDeps): void => {
  /** Runs a command on a publication whose post is not deleted, and shows what became of it. */
  const act = async (ctx: Ctx, id: string, command: (t: Target) => Promise<void>) => {
    const before = await posts.publication(ctx.ws!, id)
    if (!isWanted(ctx.ifMatch, before.version)) throw new Problem('version-mismatch')
    await command({ id, ws: ctx.ws!.id, now: new Date(clock.now()), ifMatch: ctx.ifMatch })
    return posts.publication(ctx.ws!, id)
  }

  bind('publicationGet', ({ params }, ctx) => posts.publicationDetail(ctx.ws!, params.id))
  bind('publicationReschedule', ({ params, body }, ctx) => posts.reschedule(ctx.ws!, params.id, body, ctx.ifMatch))
  bind('publicationCancel', ({ params }, ctx) => act(ctx, params.id, (t) => cancelPublication(db, t)))
  bind('publicationRetry', ({ params }, ctx) => act(ctx, params.id, (t) => retryPublication(db, t)))
  bind('publicationResolve', ({ params, body }, ctx) =>
    act(ctx, params.id, (t) => resolvePublication(db, { ...t, ...body })),
  )
  bind('publicationRemove', ({ params }, ctx) => act(ctx, params.id, ({ id, ws }) => takeDown(ws, id)))
  bind('publicationEdit', ({ params, body }, ctx) => act(ctx, params.id, ({ id, ws }) => edit(ws, id, body.text)))
}
