/** Doors of the backlog: what an outage left behind, and what a person may do about all of it at once. */
import type { People } from '#planner/people/service.ts'
import type { BacklogOf } from '#planner/publishing/backlog.ts'
import type { Bind, Ctx } from '../bind.ts'

export const registerBacklog = (
  bind: Bind,
  { backlog, people }: { backlog: BacklogOf; people: Pick<People, 'nameOf'> },
): void => {
  const asked = async (ctx: Ctx) => ({ ws: ctx.ws!.id, by: await people.nameOf(ctx.userId!) })
  bind('backlogGet', (_, ctx) => backlog.read(ctx.ws!.id))
  bind('backlogPause', async (_, ctx) => backlog.setAside(await asked(ctx)))
  bind('backlogResume', async (_, ctx) => backlog.takeUp(await asked(ctx)))
  bind('backlogDrop', async ({ body }, ctx) => backlog.drop({ ...(await asked(ctx)), count: body.count }))
}
