/** Doors of platforms: what there is, how to connect it, and its app credentials. */
import { readFile } from 'node:fs/promises'
import type { PlatformInfo } from '#contract/channels.ts'
import type { Platform } from '#kit/client/platform.ts'
import type { Credentials } from '#planner/channels/credentials.ts'
import { loopbackLiteral } from '#planner/channels/rules.ts'
import type { Signals } from '#planner/signals/service.ts'
import type { Bind, Ctx } from '../bind.ts'

export type PlatformsDeps = {
  platforms: ReadonlyMap<string, Platform>
  credentials: Credentials
  redirectUri: (platform: string) => string
  webhooks: Pick<Signals, 'door'>
}

const guides = new Map<string, Promise<string>>()
/** The platform folder's README, the setup guide; a platform without one has an empty guide. Ids come from the registry, never from a request. */
const guideOf = (id: string): Promise<string> => {
  const known = guides.get(id)
  if (known) return known
  const read = readFile(new URL(`../../platforms/${id}/README.md`, import.meta.url), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      guides.delete(id)
      throw error
    },
  )
  guides.set(id, read)
  return read
}

export const registerPlatforms = (
  bind: Bind,
  { platforms, credentials, redirectUri, webhooks }: PlatformsDeps,
): void => {
  // Who has the word can make an event look like the network's: it is for the owner's eyes, and no API key carries it off.
  const mayKnow = (ctx: Ctx) => ctx.ws?.role === 'owner' && ctx.keyId === null
  const info = async ({ spec, webhook }: Platform, ctx: Ctx): Promise<PlatformInfo> => {
    // The console is the live network's; the sandbox has a word of its own and asks nobody.
    const door = webhook ? await webhooks.door(ctx.ws!.id, spec.id, 'live') : null
    return {
      id: spec.id,
      name: spec.name,
      connect: spec.connect,
      connectForm: [...(spec.connectForm ?? [])],
      ways: await Promise.all(
        (spec.ways ?? []).map(async (w) => ({
          id: w.id,
          label: w.label,
          help: w.help ?? null,
          connect: w.connect,
          form: [...(w.form ?? [])],
          credentialsSet: await credentials.complete(ctx.ws!.id, spec.id, w.credentials),
        })),
      ),
      credentials: [...spec.credentials],
      credentialsSet: await credentials.complete(ctx.ws!.id, spec.id),
      redirectUri: loopbackLiteral(redirectUri(spec.id)),
      webhookUrl: door?.url ?? null,
      webhookSecret: door && mayKnow(ctx) ? door.secret : null,
      guide: await guideOf(spec.id),
      verified: spec.verified,
    }
  }

  bind('platformList', async (_input, ctx) => ({
    items: await Promise.all([...platforms.values()].map((p) => info(p, ctx))),
  }))
  bind('credentialsSet', async ({ params, body }, ctx) => {
    await credentials.set(ctx.ws!.id, params.platform, body.values)
    return { ok: true }
  })
}
