import { ArrowLeft, ArrowRight, RotateCcw, X } from 'lucide-react'
import { Progress, Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Field, Textarea } from '#ui/field.tsx'
import { tell, useT } from '../i18n/index.ts'
import { moveMedia, type Part, removeMedia, setAlt, type Target } from './draft.ts'
import type { Composer } from './use-composer.ts'

/** The pictures of one part with their alt texts, in the order they are published, and uploads on their way. */
export const MediaStrip = ({
  composer,
  target,
  part,
  disabled,
}: {
  composer: Composer
  target: Target
  part: Part
  disabled: boolean
}) => {
  const t = useT()
  const { media, draft, edit } = composer
  const uploads = composer.uploads.filter((u) => u.target === target && u.partKey === part.key)
  if (part.mediaIds.length === 0 && uploads.length === 0) return null
  return (
    <ul className="grid grid-cols-1 gap-3">
      {part.mediaIds.map((id, index) => {
        const item = media[id]
        const name = item?.name ?? ''
        return (
          <li key={id} className="flex gap-3 rounded-lg border border-line p-2.5">
            {item ? (
              <img
                src={item.thumbUrl}
                alt={draft.alts[id] ?? item.alt}
                className="size-20 shrink-0 rounded-md bg-sunken object-cover"
              />
            ) : (
              <Skeleton className="size-20 shrink-0" />
            )}
            <Field label={t('media.alt')} className="min-w-0 flex-1 gap-1">
              {(control) => (
                <Textarea
                  {...control}
                  rows={2}
                  disabled={disabled || !item}
                  className="min-h-14 py-1.5 text-sm"
                  placeholder={t('media.alt.placeholder')}
                  value={draft.alts[id] ?? item?.alt ?? ''}
                  onChange={(e) => edit((d) => setAlt(d, id, e.target.value))}
                />
              )}
            </Field>
            <div className="grid shrink-0 content-start gap-0.5">
              <Button
                tone="quiet"
                size="icon-sm"
                disabled={disabled}
                aria-label={t('media.remove', { name })}
                onClick={() => edit((d) => removeMedia(d, target, part.key, id))}
              >
                <X aria-hidden />
              </Button>
              {part.mediaIds.length > 1 ? (
                <>
                  <Button
                    tone="quiet"
                    size="icon-sm"
                    disabled={disabled || index === 0}
                    aria-label={t('media.earlier', { name })}
                    onClick={() => edit((d) => moveMedia(d, target, part.key, id, -1))}
                  >
                    <ArrowLeft aria-hidden className="rotate-90" />
                  </Button>
                  <Button
                    tone="quiet"
                    size="icon-sm"
                    disabled={disabled || index === part.mediaIds.length - 1}
                    aria-label={t('media.later', { name })}
                    onClick={() => edit((d) => moveMedia(d, target, part.key, id, 1))}
                  >
                    <ArrowRight aria-hidden className="rotate-90" />
                  </Button>
                </>
              ) : null}
            </div>
          </li>
        )
      })}
      {uploads.map((u) => {
        const told = u.error ? tell(t, u.error) : null
        return (
          <li key={u.key} className="flex items-center gap-3 rounded-lg border border-dashed border-line-strong p-2.5">
            {u.preview ? (
              <img src={u.preview} alt="" className="size-14 shrink-0 rounded-md object-cover opacity-70" />
            ) : (
              <span className="size-14 shrink-0 rounded-md bg-sunken" />
            )}
            <div className="min-w-0 flex-1 text-sm">
              <p className="truncate font-medium">{u.name}</p>
              {told ? (
                <p role="alert" className="text-danger">
                  {[told.title, told.detail, told.fix].filter(Boolean).join(' ')}
                </p>
              ) : (
                <div className="mt-2">
                  <Progress value={u.share} label={t('media.uploading', { name: u.name })} />
                </div>
              )}
            </div>
            {told ? (
              <Button
                tone="quiet"
                size="icon-sm"
                aria-label={t('media.retry', { name: u.name })}
                onClick={() => composer.retryUpload(u.key)}
              >
                <RotateCcw aria-hidden />
              </Button>
            ) : null}
            <Button
              tone="quiet"
              size="icon-sm"
              aria-label={t('media.stop', { name: u.name })}
              onClick={() => composer.dropUpload(u.key)}
            >
              <X aria-hidden />
            </Button>
          </li>
        )
      })}
    </ul>
  )
}
