import { Play } from 'lucide-react'
import type { Media } from '#contract/media.ts'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { durationText } from './files.ts'

/** A file's small picture with what tells its kind: a video's length, a document's pages. */
export const MediaThumb = ({ item, alt, className }: { item: Media; alt: string; className?: string }) => {
  const t = useT()
  const { pages } = item.facts
  const badge =
    item.kind === 'video'
      ? item.durationMs === null
        ? t('media.video')
        : durationText(item.durationMs)
      : item.kind === 'document'
        ? pages === undefined
          ? t('media.document')
          : t('media.pages', { count: pages })
        : null
  return (
    <span className={cn('relative block shrink-0 overflow-hidden rounded-md bg-sunken', className)}>
      <img src={item.thumbUrl} alt={alt} className="size-full object-cover" />
      {badge === null ? null : (
        <span className="absolute inset-x-1 bottom-1 flex items-center justify-center gap-1 rounded bg-black/75 px-1 py-0.5 font-medium text-[0.68rem] text-white leading-tight">
          {item.kind === 'video' ? <Play aria-hidden className="size-2.5 shrink-0 fill-current" /> : null}
          <span className="truncate">{badge}</span>
        </span>
      )}
    </span>
  )
}
