/** Media the settings of a channel point at: covers, thumbnails, posters. */
import type { WebBody } from '#kit/web/slots.ts'
import type { Draft } from './draft.ts'

/** Ids, in the order the platform names them; none while the settings are not yet what its schema wants. */
export const attachedIds = (face: WebBody | undefined, settings: Record<string, unknown>): string[] => {
  const { schema, media } = face?.spec.settings ?? {}
  const parsed = media ? schema?.safeParse(settings) : undefined
  return parsed?.success ? media!(parsed.data).map((a) => a.id) : []
}

/** Of all channels of the draft. `platformOf`: the platform of a channel id. */
export const allAttached = (
  draft: Draft,
  bodies: ReadonlyMap<string, WebBody>,
  platformOf: (channelId: string) => string | undefined,
): string[] => draft.channels.flatMap((c) => attachedIds(bodies.get(platformOf(c.channelId) ?? ''), c.settings))
