import { ImagePlus, Plus, Scissors, Trash2 } from 'lucide-react'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import type { Channel } from '#contract/channels.ts'
import { fullness } from '#kit/facts/room.ts'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { useBodies } from '../lib/registry.tsx'
import { Counters, segmentRoom } from './counters.tsx'
import { addSegment, removeSegment, type Segment, segmentsFor, setText, splitSegment, type Target } from './draft.ts'
import { accept, kindOfFile } from './files.ts'
import { MediaStrip } from './media-strip.tsx'
import { fieldNames } from './troubles.ts'
import type { Composer } from './use-composer.ts'

/** Everything picked or dropped is taken on: what cannot be used is told by its name, below. */
const all = (list: FileList | null | undefined): File[] => [...(list ?? [])]
/** Pasting may bring a file beside text (a spreadsheet's picture of itself): only what is media is meant. */
const pasted = (data: DataTransfer): File[] => all(data.files).filter((f) => kindOfFile(f) !== null)

/** One post of the thread (or the only one): text, media by button, drop or paste, counters, split. */
export const SegmentEditor = ({
  composer,
  target,
  segment,
  index,
  channels,
  disabled,
  focus,
}: {
  composer: Composer
  target: Target
  segment: Segment
  index: number
  /** Channels that show this version. */
  channels: readonly Channel[]
  disabled: boolean
  focus: boolean
}) => {
  const t = useT()
  const bodies = useBodies()
  const area = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const { edit, addFiles } = composer
  const count = segmentsFor(composer.draft, target).length
  const threads = channels.filter((c) => (bodies.get(c.platform)?.spec.thread.max ?? 1) > 1)

  useEffect(() => {
    if (focus) area.current?.focus()
  }, [focus])
  // The box grows with its text, so that nothing is hidden behind a scroll bar. `segment.text` is what it depends on.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides the height
  useEffect(() => {
    const box = area.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight + 2}px`
  }, [segment.text])

  // The channel where it fits least, of those that have threads, decides where to cut.
  const tightest = threads
    .flatMap((channel) => {
      const face = bodies.get(channel.platform)
      return face ? [{ face, room: segmentRoom(face, composer, channel, segment) }] : []
    })
    .sort((a, b) => fullness(b.room) - fullness(a.room))[0]
  const tooLong = tightest !== undefined && fullness(tightest.room) > 1

  const onDrop = (event: DragEvent) => {
    const files = all(event.dataTransfer.files)
    setOver(false)
    if (files.length === 0 || disabled) return
    event.preventDefault()
    addFiles(target, segment.key, files)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is extra; the button and pasting do the same
    <div
      className={cn(
        'rounded-xl border bg-surface transition-colors focus-within:border-accent',
        over ? 'border-accent bg-accent-soft' : 'border-line-strong',
      )}
      onDragOver={(e) => {
        if (!e.dataTransfer.types.includes('Files')) return
        e.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <textarea
        ref={area}
        data-field={fieldNames.text(segment.key)}
        aria-label={count > 1 ? t('composer.textOf', { n: index + 1, of: count }) : t('composer.text')}
        placeholder={index === 0 ? t('composer.placeholder') : t('composer.placeholder.next')}
        value={segment.text}
        disabled={disabled}
        onChange={(e) => edit((d) => setText(d, target, segment.key, e.target.value))}
        onPaste={(e) => {
          const files = pasted(e.clipboardData)
          if (files.length === 0) return
          e.preventDefault()
          addFiles(target, segment.key, files)
        }}
        className={cn(
          'block w-full resize-none rounded-t-xl bg-transparent px-4 pt-3.5 pb-2 text-base leading-relaxed outline-none',
          index === 0 ? 'min-h-36' : 'min-h-24',
        )}
      />
      <div className="px-4 empty:hidden">
        <MediaStrip composer={composer} target={target} segment={segment} disabled={disabled} />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-2.5 py-2">
        <input
          ref={picker}
          type="file"
          accept={accept}
          multiple
          hidden
          data-testid="file"
          onChange={(e) => {
            addFiles(target, segment.key, all(e.target.files))
            e.target.value = ''
          }}
        />
        <div className="flex flex-wrap items-center gap-1">
          <Button
            tone="quiet"
            size="sm"
            disabled={disabled}
            title={t('media.types')}
            data-field={fieldNames.add(segment.key)}
            onClick={() => picker.current?.click()}
          >
            <ImagePlus aria-hidden />
            {t('composer.addMedia')}
          </Button>
          {threads.length > 0 ? (
            <Button
              tone="quiet"
              size="sm"
              disabled={disabled}
              onClick={() => edit((d) => addSegment(d, target, segment.key))}
            >
              <Plus aria-hidden />
              {t('composer.addPart')}
            </Button>
          ) : null}
          {tooLong ? (
            <Button
              tone="quiet"
              size="sm"
              disabled={disabled}
              className="text-accent-ink"
              onClick={() =>
                edit((d) =>
                  splitSegment(d, target, segment.key, tightest.face.text.split(segment.text, tightest.room.max)),
                )
              }
            >
              <Scissors aria-hidden />
              {t('composer.split')}
            </Button>
          ) : null}
          {count > 1 ? (
            <Button
              tone="quiet"
              size="icon-sm"
              disabled={disabled}
              aria-label={t('composer.removePart', { n: index + 1 })}
              onClick={() => edit((d) => removeSegment(d, target, segment.key))}
            >
              <Trash2 aria-hidden />
            </Button>
          ) : null}
        </div>
        <div className="ml-auto px-1.5">
          <Counters composer={composer} segment={segment} channels={channels} />
        </div>
      </div>
    </div>
  )
}
