/**
 * Looking for a video or comment whose answer was lost. An open session names its video; once YouTube has forgotten the
 * session, the list of uploads decides, after it has had time to show what is there (fact sheet §4).
 */
import { absent, type Created, found, unsure, type Witness } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { comments, playlistItems, type Video, videos } from './api.ts'
import { descriptionOf, titleOf, videoOf } from './body.ts'
import { accessOf, type T, videoIn } from './context.ts'
import { isShort } from './spec.ts'
import { plainText } from './text.ts'
import { sessionState } from './upload.ts'

/** Clocks differ, and YouTube's times have whole seconds. */
const clockSlackMs = 60_000

/** How long the list of uploads may not show a video that is there. */
export const listLagMs = 90_000

/** An open session. `known`: videos that were there before it, which cannot be its own. */
export type Session = { session: string; total: number; openedAt: number; known: string[] }

export type Uploaded = Session & { from: number }

/** `triedAt`: when the piece that makes the video was sent; from then on the video may exist. */
export type Trying = Session & { triedAt: number | null }

const uploadsOf = (t: T) => String(t.channel.facts.uploads ?? `UU${t.channel.externalId.slice(2)}`)

/** The newest uploads. A channel without any may have no such playlist yet. */
export const newest = async (t: T) => {
  try {
    return (await playlistItems(accessOf(t), uploadsOf(t))).items
  } catch (error) {
    if (error instanceof PlatformFailure && error.failure.kind === 'gone') return []
    throw error
  }
}

export const posted = (t: T, id: string): Created => {
  const short = isShort(videoOf(t))
  return {
    id,
    url: short ? `https://www.youtube.com/shorts/${id}` : `https://www.youtube.com/watch?v=${id}`,
    kind: short ? 'short' : 'video',
  }
}

/** Looks among the uploads for the video of a session YouTube has forgotten. */
export const lookForVideo = async (t: T, s: Session): Promise<Video | null> => {
  const since = s.openedAt - clockSlackMs
  const [title, description] = [plainText(titleOf(t.settings)), plainText(descriptionOf(t))]
  const maybe = (await newest(t)).filter(
    ({ snippet: x }) =>
      !s.known.includes(x.resourceId.videoId) &&
      plainText(x.title) === title &&
      plainText(x.description) === description &&
      (!x.publishedAt || Date.parse(x.publishedAt) >= since),
  )
  if (maybe.length === 0) return null
  const ids = maybe.map((i) => i.snippet.resourceId.videoId)
  const full = await videos(accessOf(t), ids, 'snippet,status,fileDetails')
  const ours = full.filter((v) => !v.fileDetails?.fileSize || Number(v.fileDetails.fileSize) === s.total)
  // The oldest: a later twin is somebody's second press of the button.
  return ours.sort((a, b) => (a.snippet?.publishedAt ?? '').localeCompare(b.snippet?.publishedAt ?? ''))[0] ?? null
}

export const mayExist = (s: Trying): s is Trying & { triedAt: number } => s.triedAt !== null

export const witness = async (t: T): Promise<Witness> => {
  const up = t.done<Uploaded>('upload')
  const s = (t.saved as Trying | undefined) ?? (up ? { ...up, triedAt: t.firstBegunAt } : undefined)
  if (!s) return absent
  const state = await sessionState(accessOf(t), s.session, s.total)
  if (state !== 'gone') return 'video' in state ? found(posted(t, state.video.id)) : absent
  if (!mayExist(s)) return absent
  const there = await lookForVideo(t, s)
  if (there) return found(posted(t, there.id))
  return t.now() - s.triedAt < listLagMs
    ? unsure('YouTube has forgotten the upload, and its list of videos may not show the newest one yet.')
    : absent
}

/** Looks for the first comment among the newest ones under the video. */
export const lookForComment = async (t: T): Promise<Witness> => {
  const { id } = videoIn(t)
  const since = t.firstBegunAt - clockSlackMs
  const said = plainText(t.firstComment!)
  const { items } = await comments(accessOf(t), id)
  const hit = items
    .filter(({ snippet: { topLevelComment: x } }) => {
      const { authorChannelId: author, textOriginal, textDisplay, publishedAt } = x.snippet
      return (
        author?.value === t.channel.externalId &&
        plainText(textOriginal ?? textDisplay ?? '') === said &&
        (!publishedAt || Date.parse(publishedAt) >= since)
      )
    })
    .at(-1)
  return hit ? found(commented(id, hit.id)) : absent
}

export const commented = (videoId: string, id: string): Created => ({
  id,
  url: `https://www.youtube.com/watch?v=${videoId}&lc=${id}`,
  kind: 'comment',
})
