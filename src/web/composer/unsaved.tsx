/**
 * Changes to a scheduled post count once somebody saves them; until then they lie in this browser and the old text goes
 * out. This says so: when a person leaves the composer, and wherever the post is shown.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Link, useBlocker, useNavigate } from 'react-router'
import type { Post } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'
import { toInput } from './draft.ts'
import { localKeep } from './local.ts'
import { isUnsaved, type Saver } from './saver.ts'
import { makeSaver } from './saver-here.ts'

/** Asks before the composer is left with changes that only a person saves. Drafts save themselves, so they never ask. */
export const LeaveGuard = ({ saver, post }: { saver: Saver; post: Post | null }) => {
  const t = useT()
  const format = useFormat()
  const [busy, setBusy] = useState(false)
  const unsaved = () => !saver.autoSaves && isUnsaved(saver.state)
  const blocker = useBlocker(({ currentLocation, nextLocation }) => {
    return unsaved() && currentLocation.pathname !== nextLocation.pathname
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks the saver, which is one for the life of the screen
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (unsaved()) event.preventDefault()
    }
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [saver])
  const saveAndLeave = () => {
    setBusy(true)
    saver
      .flush()
      .then(() => {
        say(t('save.saved'))
        blocker.proceed?.()
      })
      .catch((e: unknown) => {
        sayError(t, e)
        blocker.reset?.()
      })
      .finally(() => setBusy(false))
  }
  return (
    <Dialog
      open={blocker.state === 'blocked'}
      onOpenChange={(open) => !open && blocker.reset?.()}
      title={t('unsaved.leave')}
      description={
        post?.dueAt ? t('unsaved.leave.due', { when: format.dateTime(post.dueAt) }) : t('unsaved.leave.lead')
      }
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={() => blocker.proceed?.()}>{t('unsaved.leave.without')}</Button>
          <Button tone="primary" busy={busy} onClick={saveAndLeave}>
            {t('unsaved.leave.save')}
          </Button>
        </>
      }
    />
  )
}

/** Does this browser keep changes of the post that nobody has saved? */
export const hasUnsaved = (ws: string, post: Post): boolean =>
  post.state !== 'draft' && localKeep(ws, localStorage).read(post.id) !== null

/** The kept changes of a post, where it is shown: one press saves them. Nothing when there are none. */
export const UnsavedChanges = ({ post }: { post: Post }) => {
  const t = useT()
  const { ws, can } = useSession()
  const format = useFormat()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [, look] = useState(0)
  const keep = localKeep(ws.id, localStorage)
  const copy = hasUnsaved(ws.id, post) ? keep.read(post.id) : null
  if (!copy || !can('editor')) return null
  const editable = post.state === 'scheduled' && post.publications.every((p) => !p.begun)
  const run = (what: () => Promise<unknown>) => {
    setBusy(true)
    what()
      .catch((e: unknown) => sayError(t, e))
      // Before anything can be pressed: an editor opened on the version of before would be refused its save.
      .then(() => client.invalidateQueries({ queryKey: [ws.id] }))
      .finally(() => {
        setBusy(false)
        look((n) => n + 1)
      })
  }
  const save = async () => {
    const saver = makeSaver(ws.id, post, () => undefined)
    saver.restore(copy.draft, copy.baseVersion !== post.version)
    // Somebody else changed it meanwhile: both are shown in the composer, and the person chooses.
    if (saver.state.kind === 'conflict') return navigate(`/compose/${post.id}`)
    await saver.flush()
    say(t('save.saved'))
  }
  const asDraft = async () => {
    const made = await api('postCreate', { params: { ws: ws.id }, body: toInput(copy.draft) })
    keep.remove(post.id)
    await navigate(`/compose/${made.id}`)
  }
  return (
    <Notice
      tone="warn"
      title={t(editable ? 'unsaved.title' : 'unsaved.late')}
      action={
        <>
          {editable ? (
            <>
              <Button size="sm" tone="primary" busy={busy} onClick={() => run(save)}>
                {t('action.saveChanges')}
              </Button>
              <Button asChild size="sm">
                <Link to={`/compose/${post.id}`}>{t('unsaved.look')}</Link>
              </Button>
            </>
          ) : (
            <Button size="sm" busy={busy} onClick={() => run(asDraft)}>
              {t('unsaved.asDraft')}
            </Button>
          )}
          <Button
            size="sm"
            onClick={() => {
              keep.remove(post.id)
              look((n) => n + 1)
            }}
          >
            {t('save.restored.discard')}
          </Button>
        </>
      }
    >
      {editable && post.dueAt ? t('unsaved.due', { when: format.dateTime(post.dueAt) }) : null}
    </Notice>
  )
}
