import { ArrowLeft, ArrowRight, FileText, Film, RotateCcw, X } from 'lucide-react'
import { bytesApart } from '#kit/facts/measures.ts'
import { Progress, Skeleton } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { Field, Textarea } from '#ui/field.tsx'
import { language, type T, tell, useT } from '../i18n/index.ts'
import { formatBytes } from '../lib/bytes.ts'
import { numberIn } from '../lib/locale.ts'
import { SourceLink } from '../lib/source-link.tsx'
import { moveMedia, removeMedia, type Segment, setAlt, type Target } from './draft.ts'
import { kindOfFile, NotSent } from './files.ts'
import { MediaThumb } from './media-thumb.tsx'
import { fieldNames } from './troubles.ts'
import type { Composer, RunningUpload } from './use-composer.ts'

const tooLarge = (t: T, bytes: number, most: number): string => {
  const [size, limit] = bytesApart(bytes, most, numberIn(language()))
  return `${t('media.tooLarge', { size, limit })} ${t('media.tooLarge.fix')}`
}

/** What went wrong with one file, in the person's words. */
const told = (t: T, { error, file }: RunningUpload): string | null => {
  if (!error) return null
  if (error instanceof NotSent)
    return error.reason === 'not-taken'
      ? `${t('media.notTaken')} ${t('media.notTaken.fix')}`
      : tooLarge(t, file.size, error.limit)
  const { title, detail, fix } = tell(t, error)
  const parts = [title, detail, fix]
  return parts.flatMap((part) => (part ? [/[.!?…]$/.test(part) ? part : `${part}.`] : [])).join(' ')
}

/** A file on its way: how far it is, a way to stop it, and what went wrong. */
const Running = ({ upload, composer }: { upload: RunningUpload; composer: Composer }) => {
  const t = useT()
  const wrong = told(t, upload)
  const Mark = kindOfFile(upload.file) === 'video' ? Film : FileText
  const { name, share } = upload
  return (
    <li className="flex items-center gap-3 rounded-lg border border-line-strong border-dashed p-2.5">
      {upload.preview ? (
        <img src={upload.preview} alt="" className="size-14 shrink-0 rounded-md object-cover opacity-70" />
      ) : (
        <span className="grid size-14 shrink-0 place-items-center rounded-md bg-sunken text-muted">
          <Mark aria-hidden className="size-6" />
        </span>
      )}
      <div className="min-w-0 flex-1 text-sm">
        <p className="truncate font-medium">{name}</p>
        {wrong ? (
          <p role="alert" className="text-danger">
            {wrong}
          </p>
        ) : (
          <div className="mt-2 grid gap-1">
            <Progress value={share} label={t('media.uploading', { name })} />
            <p className="text-muted text-xs tabular-nums">
              {share < 1
                ? t('media.progress', {
                    percent: Math.floor(share * 100),
                    size: formatBytes(upload.file.size, numberIn(language())),
                  })
                : t('media.checking')}
            </p>
          </div>
        )}
      </div>
      {wrong && !(upload.error instanceof NotSent) ? (
        <Button
          tone="quiet"
          size="icon-sm"
          aria-label={t('media.retry', { name })}
          onClick={() => composer.retryUpload(upload.key)}
        >
          <RotateCcw aria-hidden />
        </Button>
      ) : null}
      <Button
        tone="quiet"
        size="icon-sm"
        aria-label={t('media.stop', { name })}
        onClick={() => composer.dropUpload(upload.key)}
      >
        <X aria-hidden />
      </Button>
    </li>
  )
}

/** The media of one segment with their alt texts, in the order they are published, and uploads on their way. */
export const MediaStrip = ({
  composer,
  target,
  segment,
  disabled,
}: {
  composer: Composer
  target: Target
  segment: Segment
  disabled: boolean
}) => {
  const t = useT()
  const { media, draft, edit } = composer
  const uploads = composer.uploads.filter((u) => u.target === target && u.segmentKey === segment.key)
  if (segment.mediaIds.length === 0 && uploads.length === 0) return null
  return (
    <ul className="grid grid-cols-1 gap-3">
      {segment.mediaIds.map((id, index) => {
        const item = media[id]
        const name = item?.name ?? ''
        return (
          <li
            key={id}
            tabIndex={-1}
            data-field={fieldNames.media(segment.key, id)}
            className="flex gap-3 rounded-lg border border-line p-2.5"
          >
            {item ? (
              <MediaThumb item={item} alt={draft.alts[id] ?? item.alt} className="size-20" />
            ) : (
              <Skeleton className="size-20 shrink-0" />
            )}
            {item?.kind === 'document' ? (
              <div className="min-w-0 flex-1 self-center text-sm">
                <p className="truncate font-medium">{name}</p>
                <p className="text-muted">{formatBytes(item.bytes, numberIn(language()))}</p>
                <SourceLink url={item.sourceUrl} />
              </div>
            ) : (
              <div className="min-w-0 flex-1">
                <Field label={t('media.alt')} className="gap-1">
                  {(control) => (
                    <Textarea
                      {...control}
                      data-field={fieldNames.alt(segment.key, id)}
                      rows={2}
                      disabled={disabled || !item}
                      className="min-h-14 py-1.5 text-sm"
                      placeholder={t(item?.kind === 'video' ? 'media.alt.placeholder.video' : 'media.alt.placeholder')}
                      value={draft.alts[id] ?? item?.alt ?? ''}
                      onChange={(e) => edit((d) => setAlt(d, id, e.target.value))}
                    />
                  )}
                </Field>
                <SourceLink url={item?.sourceUrl ?? null} className="mt-1" />
              </div>
            )}
            <div className="grid shrink-0 content-start gap-0.5">
              <Button
                tone="quiet"
                size="icon-sm"
                disabled={disabled}
                aria-label={t('media.remove', { name })}
                onClick={() => edit((d) => removeMedia(d, target, segment.key, id))}
              >
                <X aria-hidden />
              </Button>
              {segment.mediaIds.length > 1 ? (
                <>
                  <Button
                    tone="quiet"
                    size="icon-sm"
                    disabled={disabled || index === 0}
                    aria-label={t('media.earlier', { name })}
                    onClick={() => edit((d) => moveMedia(d, target, segment.key, id, -1))}
                  >
                    <ArrowLeft aria-hidden className="rotate-90" />
                  </Button>
                  <Button
                    tone="quiet"
                    size="icon-sm"
                    disabled={disabled || index === segment.mediaIds.length - 1}
                    aria-label={t('media.later', { name })}
                    onClick={() => edit((d) => moveMedia(d, target, segment.key, id, 1))}
                  >
                    <ArrowRight aria-hidden className="rotate-90" />
                  </Button>
                </>
              ) : null}
            </div>
          </li>
        )
      })}
      {uploads.map((u) => (
        <Running key={u.key} upload={u} composer={composer} />
      ))}
    </ul>
  )
}
