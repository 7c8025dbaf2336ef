import { Check, CloudOff, LoaderCircle, TriangleAlert } from 'lucide-react'
import { Button } from '#ui/button.tsx'
import { tell, useT } from '../i18n/index.ts'
import { hasContent } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** Where the draft is right now: saved, being saved, only in this browser, refused. */
export const SaveLine = ({ composer }: { composer: Composer }) => {
  const t = useT()
  const { save, saver, post } = composer
  const explicit = post !== null && post.state !== 'draft'
  const body = () => {
    switch (save.kind) {
      case 'clean':
        return post ? (
          <>
            <Check aria-hidden className="size-4" />
            {t('save.clean')}
          </>
        ) : (
          t('save.empty')
        )
      case 'dirty':
        return explicit ? (
          <>
            <TriangleAlert aria-hidden className="size-4 text-warn" />
            <span className="text-warn">{t('save.unsaved')}</span>
          </>
        ) : post === null && !hasContent(composer.draft) ? (
          // A channel alone makes no draft: nothing will be saved, and nothing is lost.
          t('save.empty')
        ) : (
          <>
            <LoaderCircle aria-hidden className="size-4" />
            {t('save.dirty')}
          </>
        )
      case 'saving':
        return (
          <>
            <LoaderCircle aria-hidden className="size-4 animate-spin" />
            {t('save.saving')}
          </>
        )
      case 'saved':
        return (
          <>
            <Check aria-hidden className="size-4 text-ok" />
            {t('save.saved')}
          </>
        )
      case 'offline':
        return (
          <>
            <CloudOff aria-hidden className="size-4 text-warn" />
            <span className="text-warn">{t(saver.storageWorks ? 'save.offline' : 'save.offline.nowhere')}</span>
          </>
        )
      case 'conflict':
        return (
          <>
            <TriangleAlert aria-hidden className="size-4 text-warn" />
            <span className="text-warn">{t('save.conflict.short')}</span>
          </>
        )
      case 'failed':
        return (
          <>
            <TriangleAlert aria-hidden className="size-4 text-danger" />
            <span className="text-danger">{tell(t, save.error).title}</span>
          </>
        )
    }
  }
  return (
    <div className="mr-auto flex min-w-0 items-center gap-2 text-sm text-muted">
      <p role="status" data-save={save.kind} className="flex min-w-0 items-center gap-2 [&_svg]:shrink-0">
        {body()}
      </p>
      {save.kind === 'failed' || save.kind === 'offline' ? (
        <Button size="sm" onClick={() => void saver.flush().catch(() => undefined)}>
          {t('action.tryAgain')}
        </Button>
      ) : null}
    </div>
  )
}
