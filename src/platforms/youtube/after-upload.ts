/**
 * What is done to a video that is out: thumbnail, playlists, captions. Each is tried though another was refused, and
 * what was refused is said at the end; the post stays published (fact sheet §3.3).
 */
import { done, type Outcome } from '#kit/client/steps.ts'
import { PlatformFailure } from '#kit/facts/failures.ts'
import { addCaptions, addToPlaylist, playlistItems, setThumbnail } from './api.ts'
import { accessOf, type T, videoIn } from './context.ts'

/** What was begun and what is over, by name. Begun but not over means: look before doing it again. */
type Progress = { begun: string[]; over: string[] }

/** These say that it was not done and never will be; anything else is the engine's business. */
const final = new Set(['not-permitted', 'refused-content', 'refused-media', 'gone', 'our-bug'])

type Extra = { name: string; run: (again: boolean) => Promise<void> }

const list = (t: T, id: string): Extra[] => {
  const { settings: s } = t
  const c = accessOf(t)
  const thumbnail = s.thumbnail ? t.attachments[s.thumbnail] : undefined
  return [
    ...(thumbnail
      ? [{ name: 'thumbnail', run: async () => setThumbnail(c, id, await thumbnail.blob(), thumbnail.mime) }]
      : []),
    ...s.playlists.map((playlist) => ({
      name: `playlist ${playlist}`,
      run: async (again: boolean) => {
        if (again && (await playlistItems(c, playlist, { videoId: id })).items.length > 0) return
        await addToPlaylist(c, playlist, id)
      },
    })),
    ...(s.captions ? [{ name: 'captions', run: () => addCaptions(c, id, s.captions!) }] : []),
  ]
}

export const extras = async (t: T): Promise<Outcome> => {
  const { id } = videoIn(t)
  const at = (t.saved as Progress | undefined) ?? { begun: [], over: [] }
  const refused: PlatformFailure[] = []
  for (const extra of list(t, id)) {
    if (at.over.includes(extra.name)) continue
    const again = at.begun.includes(extra.name)
    if (!again) {
      at.begun.push(extra.name)
      await t.save(at)
    }
    try {
      await extra.run(again)
    } catch (error) {
      if (!(error instanceof PlatformFailure)) throw error
      // There already: an earlier try whose answer was lost.
      if (error.failure.kind !== 'duplicate') {
        if (!final.has(error.failure.kind)) throw error
        refused.push(error)
        continue
      }
    }
    at.over.push(extra.name)
    await t.save(at)
  }
  hidden(t)
  if (refused[0]) throw refused[0]
  return done({ over: at.over })
}

/** Google made videos of unverified apps private until 2026-11-02; should it happen again, a person is told. */
const hidden = (t: T): void => {
  const { privacy } = t.done<{ privacy: string | null }>('process') ?? { privacy: null }
  if (privacy !== 'private' || t.settings.privacy === 'private') return
  throw new PlatformFailure({
    kind: 'not-permitted',
    code: 'youtube.locked-private',
    message: `YouTube keeps the video private though it was sent as ${t.settings.privacy}. Change it in YouTube Studio; the Google Cloud project may need an audit.`,
  })
}
