/** Doors of setup, me, workspaces, members and API keys. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { Problem } from '#contract/problems.ts'
import type { Actor, People } from '#planner/people/service.ts'
import type { Auth } from '../auth.ts'
import type { Bind, Ctx } from '../bind.ts'
import { isHere } from '../this-machine.ts'

export type PeopleDeps = {
  people: People
  auth: Pick<Auth, 'signIn' | 'changePassword'>
  setupToken: string | null
  sandbox: boolean
  version: string
  videoBytes: number
}

const digest = (s: string) => createHash('sha256').update(s).digest()
const actor = (ctx: Ctx): Actor => ({ userId: ctx.userId!, role: ctx.ws!.role, key: ctx.key })

export const registerPeople = (
  bind: Bind,
  { people, auth, setupToken, sandbox, version, videoBytes }: PeopleDeps,
): void => {
  const me = async (userId: string) => ({ ...(await people.me(userId)), sandbox, version, videoBytes })

  bind('setupState', async () => {
    const needed = await people.setupNeeded()
    return { needed, tokenRequired: needed && setupToken !== null }
  })
  bind('setup', async ({ body: { token, ...input } }, ctx) => {
    if (!(await people.setupNeeded())) throw new Problem('setup-done')
    if (setupToken !== null && !timingSafeEqual(digest(token ?? ''), digest(setupToken)))
      throw new Problem('setup-token')
    // Without a token the address is the guard: a page whose name was made to point here says that name.
    if (setupToken === null && !isHere(ctx.request.raw))
      throw new Problem('forbidden', 'The owner is made from the machine Clarion runs on.')
    const { userId } = await people.setup(input)
    ctx.setHeader('set-cookie', await auth.signIn(ctx.request, input.email.trim(), input.password))
    return me(userId)
  })
  bind('me', (_input, ctx) => me(ctx.userId!))
  bind('passwordChange', async ({ body }, ctx) => {
    const words = { from: body.currentPassword, to: body.newPassword }
    ctx.setHeader('set-cookie', await auth.changePassword(ctx.request, ctx.userId!, words))
    await people.passwordChosen(ctx.userId!)
    return { ok: true as const }
  })

  bind('workspaceGet', (_input, ctx) => people.workspace(ctx.userId!, ctx.ws!.id))
  bind('workspacePatch', ({ body }, ctx) => people.patchWorkspace(actor(ctx), ctx.ws!.id, body))
  bind('workspacePause', (_input, ctx) => people.setPaused(actor(ctx), ctx.ws!.id, true))
  bind('workspaceResume', (_input, ctx) => people.setPaused(actor(ctx), ctx.ws!.id, false))

  bind('memberList', async (_input, ctx) => ({ items: await people.members(ctx.ws!.id) }))
  bind('memberAdd', ({ body }, ctx) => people.addMember(actor(ctx), ctx.ws!.id, body))
  bind('memberPatch', ({ params, body }, ctx) => people.changeMember(actor(ctx), ctx.ws!.id, params.userId, body.role))
  bind('memberRemove', async ({ params }, ctx) => {
    await people.changeMember(actor(ctx), ctx.ws!.id, params.userId, null)
    return { ok: true as const }
  })

  bind('memberPassword', async ({ params, body }, ctx) => {
    await people.resetPassword(actor(ctx), ctx.ws!.id, params.userId, body.password)
    return { ok: true as const }
  })

  bind('keyList', async (_input, ctx) => ({ items: await people.keys(ctx.ws!.id) }))
  bind('keyCreate', ({ body }, ctx) => people.createKey(actor(ctx), ctx.ws!.id, body))
  bind('keyRevoke', async ({ params }, ctx) => {
    await people.revokeKey(ctx.ws!.id, params.id)
    return { ok: true as const }
  })
}
