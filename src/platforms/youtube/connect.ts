/**
 * Google OAuth; one consent is one channel, for brand accounts are chosen in Google's own account picker (fact sheet §2).
 * Without the analytics permission everything works but watch time.
 */
import { PlatformFailure } from '#kit/facts/failures.ts'
import { googleOAuth } from '../families/google/oauth.ts'
import { myChannel } from './api.ts'

export const scopes = {
  manage: 'https://www.googleapis.com/auth/youtube.force-ssl',
  analytics: 'https://www.googleapis.com/auth/yt-analytics.readonly',
} as const

export const connect = googleOAuth({
  platform: 'youtube',
  name: 'YouTube',
  scopes: [scopes.manage],
  optionalScopes: [scopes.analytics],
  identify: async (t, grant) => {
    const channel = await myChannel({ http: t.http, access: grant.access })
    if (!channel)
      throw new PlatformFailure({
        kind: 'not-permitted',
        code: 'youtube.no-channel',
        message:
          'This Google account has no YouTube channel. Connect again and choose another account or brand account, or create a channel first.',
      })
    return [
      {
        externalId: channel.id,
        kind: 'channel',
        name: channel.snippet.title,
        handle: channel.snippet.customUrl ?? '',
        avatarUrl: channel.snippet.thumbnails?.medium?.url ?? channel.snippet.thumbnails?.default?.url ?? null,
        profileUrl: `https://www.youtube.com/channel/${channel.id}`,
        facts: { ...factsOf(channel), analytics: grant.scopes?.includes(scopes.analytics) ?? false },
      },
    ]
  },
})

/** What publishing needs to know of a channel. `uploads`: the playlist of everything it uploaded. */
export const factsOf = (channel: NonNullable<Awaited<ReturnType<typeof myChannel>>>) => ({
  uploads: channel.contentDetails?.relatedPlaylists.uploads ?? null,
  longUploads: channel.status?.longUploadsStatus ?? null,
  country: channel.snippet.country ?? null,
  subscribers: channel.statistics?.hiddenSubscriberCount ? null : Number(channel.statistics?.subscriberCount ?? 0),
})
