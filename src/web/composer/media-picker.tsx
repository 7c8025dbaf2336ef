/** One file for a setting (cover, thumbnail): shown when there is one, uploaded with progress when not. */
import { ImagePlus, X } from 'lucide-react'
import { useId, useRef, useState } from 'react'
import { mediaLimits } from '#contract/media.ts'
import type { SettingsProps } from '#kit/web/slots.ts'
import { Progress } from '#ui/bits.tsx'
import { Button } from '#ui/button.tsx'
import { useMedia } from '../api/queries.ts'
import { type Upload, upload } from '../api/upload.ts'
import { tell, useT } from '../i18n/index.ts'
import { useSession } from '../shell/session.tsx'

const accepts = {
  image: mediaLimits.types,
  video: mediaLimits.videoTypes,
  document: mediaLimits.documentTypes,
} as const

export const MediaPicker: SettingsProps['MediaPicker'] = ({ label, hint, kind, value, onChange }) => {
  const t = useT()
  const { ws } = useSession()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const running = useRef<Upload | null>(null)
  const [share, setShare] = useState<number | null>(null)
  const [error, setError] = useState<unknown>(null)
  const item = useMedia(ws.id, value ? [value] : [])[value ?? '']

  const begin = (file: File | undefined) => {
    if (!file) return
    setError(null)
    setShare(0)
    const job = upload(ws.id, file, setShare)
    running.current = job
    job.promise
      .then((media) => onChange(media.id))
      .catch((e: unknown) => {
        if (!(e instanceof DOMException && e.name === 'AbortError')) setError(e)
      })
      .finally(() => setShare(null))
  }

  const told = error ? tell(t, error) : null
  return (
    <div className="grid gap-1.5">
      <span id={id} className="text-sm font-medium">
        {label}
      </span>
      <div className="flex min-h-16 items-center gap-3 rounded-lg border border-line p-2">
        {value ? (
          <>
            {item ? (
              <img src={item.thumbUrl} alt={item.alt} className="size-12 rounded-md bg-sunken object-cover" />
            ) : (
              <span className="size-12 rounded-md bg-sunken" />
            )}
            <span className="min-w-0 flex-1 truncate text-sm">{item?.name ?? ''}</span>
            <Button
              tone="quiet"
              size="icon-sm"
              aria-label={t('media.remove', { name: item?.name ?? label })}
              onClick={() => onChange(undefined)}
            >
              <X aria-hidden />
            </Button>
          </>
        ) : share !== null ? (
          <>
            <Progress value={share} label={t('media.uploading', { name: label })} />
            <Button tone="quiet" size="sm" onClick={() => running.current?.abort()}>
              {t('action.cancel')}
            </Button>
          </>
        ) : (
          <Button tone="quiet" size="sm" aria-describedby={id} onClick={() => input.current?.click()}>
            <ImagePlus aria-hidden />
            {t('media.choose')}
          </Button>
        )}
        <input
          ref={input}
          type="file"
          hidden
          aria-labelledby={id}
          accept={accepts[kind].join(',')}
          onChange={(e) => {
            begin(e.target.files?.[0])
            e.target.value = ''
          }}
        />
      </div>
      {told ? (
        <p role="alert" className="text-sm text-danger">
          {told.detail ?? told.title}
        </p>
      ) : hint ? (
        <p className="text-sm text-muted">{hint}</p>
      ) : null}
    </div>
  )
}
