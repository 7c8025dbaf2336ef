/**
 * Changing title and description of a video that is out (fact sheet §5). Members missing from a part that is sent are
 * cleared, so what is there now is read first: tags a person added in YouTube Studio stay.
 */
import type { ChannelContext } from '#kit/client/platform.ts'
import type { Created } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { updateVideo, videos } from './api.ts'
import { videoIdIn } from './context.ts'
import type { Settings } from './spec.ts'

export const edit = async (t: ChannelContext, created: Created, text: string, settings: Settings): Promise<void> => {
  const id = created.id ?? (created.url ? videoIdIn(created.url) : undefined)
  const c = { http: t.http, access: t.grant.access }
  const [now] = id ? await videos(c, [id], 'snippet') : []
  if (!now?.snippet)
    throw new PlatformFailure({ kind: 'gone', code: 'youtube.gone', message: 'The video is not on YouTube any more.' })
  const { snippet } = now
  await updateVideo(
    c,
    {
      id: now.id,
      snippet: {
        title: settings.title?.trim() || snippet.title,
        description: text,
        categoryId: snippet.categoryId ?? settings.category,
        ...(snippet.tags ? { tags: snippet.tags } : {}),
        ...(snippet.defaultLanguage ? { defaultLanguage: snippet.defaultLanguage } : {}),
        ...(snippet.defaultAudioLanguage ? { defaultAudioLanguage: snippet.defaultAudioLanguage } : {}),
      },
    },
    'snippet',
  )
}
