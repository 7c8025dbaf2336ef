import { SettingGroup, TextSetting } from '#kit/web/setting-controls.tsx'
import type { PreviewMedia, SettingsProps } from '#kit/web/slots.ts'
import { Button } from '#ui/button.tsx'

export type Tag = { username: string; x?: number; y?: number; item?: number }
export const tagsOf = (value: unknown): Tag[] => (Array.isArray(value) ? (value as Tag[]) : [])

/** Per cent as people think of it, 0 to 1 as it is stored. */
const share = (value: string | undefined): number | undefined => {
  const n = Number(value)
  return value === undefined || !Number.isFinite(n) ? undefined : Math.min(1, Math.max(0, n / 100))
}
const percent = (value: number | undefined) => (value === undefined ? undefined : String(Math.round(value * 100)))

/** The picture with a dot where the person is; a press moves it. The fields beside it do the same by keyboard. */
const Spot = ({
  picture,
  tag,
  disabled,
  onPlace,
  say,
}: {
  picture: PreviewMedia
  tag: Tag
  disabled: boolean
  onPlace: (x: number, y: number) => void
  say: SettingsProps['say']
}) => (
  <button
    type="button"
    tabIndex={-1}
    disabled={disabled}
    aria-label={say('userTags.place', { name: tag.username || '?' })}
    title={say('userTags.place', { name: tag.username || '?' })}
    className="relative block w-fit cursor-crosshair overflow-hidden rounded-lg"
    onClick={(e) => {
      const box = e.currentTarget.getBoundingClientRect()
      // A press by keyboard has no place.
      if (e.detail === 0 || box.width === 0 || box.height === 0) return
      const part = (at: number) => Math.round(Math.min(1, Math.max(0, at)) * 100) / 100
      onPlace(part((e.clientX - box.left) / box.width), part((e.clientY - box.top) / box.height))
    }}
  >
    <img src={picture.url} alt="" className="max-h-56 max-w-full" />
    {tag.x !== undefined && tag.y !== undefined ? (
      <span
        aria-hidden
        className="absolute size-4 -translate-x-1/2 -translate-y-1/2 rounded-full border-2 border-white bg-accent shadow-lifted"
        style={{ left: `${tag.x * 100}%`, top: `${tag.y * 100}%` }}
      />
    ) : null}
  </button>
)

/** People in the media. Pictures want a place, reels take none. */
export const Tags = ({
  value,
  onChange,
  disabled,
  media,
  placed,
  say,
}: {
  value: readonly Tag[]
  onChange: (tags: Tag[]) => void
  disabled: boolean
  media: readonly PreviewMedia[]
  placed: boolean
  say: SettingsProps['say']
}) => {
  const items = media.length
  const set = (at: number, change: Partial<Tag>) => onChange(value.map((t, i) => (i === at ? { ...t, ...change } : t)))
  return (
    <SettingGroup label={say('userTags')}>
      {placed ? <p className="text-sm text-muted">{say('userTags.help')}</p> : null}
      {value.map((tag, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is all that tells two of them apart
        <div key={i} className="grid gap-2 border-t border-line pt-2 first-of-type:border-0">
          <TextSetting
            label={say('userTags.username')}
            disabled={disabled}
            value={tag.username || undefined}
            onChange={(username) => set(i, { username: username ?? '' })}
          />
          {placed && media[(tag.item ?? 1) - 1]?.kind === 'image' ? (
            <Spot
              picture={media[(tag.item ?? 1) - 1]!}
              tag={tag}
              disabled={disabled}
              say={say}
              onPlace={(x, y) => set(i, { x, y })}
            />
          ) : null}
          {placed ? (
            <div className="grid grid-cols-3 gap-2">
              <TextSetting
                label={say('userTags.x')}
                disabled={disabled}
                value={percent(tag.x)}
                onChange={(x) => set(i, { x: share(x) })}
              />
              <TextSetting
                label={say('userTags.y')}
                disabled={disabled}
                value={percent(tag.y)}
                onChange={(y) => set(i, { y: share(y) })}
              />
              {items > 1 ? (
                <TextSetting
                  label={say('userTags.item')}
                  disabled={disabled}
                  value={String(tag.item ?? 1)}
                  onChange={(item) => set(i, { item: Math.min(items, Math.max(1, Math.round(Number(item)) || 1)) })}
                />
              ) : null}
            </div>
          ) : null}
          <Button
            tone="quiet"
            size="sm"
            disabled={disabled}
            onClick={() => onChange(value.filter((_, at) => at !== i))}
          >
            {say('userTags.remove', { name: tag.username || String(i + 1) })}
          </Button>
        </div>
      ))}
      <Button
        size="sm"
        disabled={disabled || value.length >= 20}
        onClick={() => onChange([...value, { username: '', ...(placed ? { x: 0.5, y: 0.5 } : {}) }])}
      >
        {say('userTags.add')}
      </Button>
    </SettingGroup>
  )
}
