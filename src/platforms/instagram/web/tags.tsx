import { SettingGroup, TextSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { Button } from '#ui/button.tsx'

export type Tag = { username: string; x?: number; y?: number; item?: number }
export const tagsOf = (value: unknown): Tag[] => (Array.isArray(value) ? (value as Tag[]) : [])

/** Per cent as people think of it, 0 to 1 as it is stored. */
const share = (value: string | undefined): number | undefined => {
  const n = Number(value)
  return value === undefined || !Number.isFinite(n) ? undefined : Math.min(1, Math.max(0, n / 100))
}
const percent = (value: number | undefined) => (value === undefined ? undefined : String(Math.round(value * 100)))

/** People in the media. Pictures want a place, reels take none. */
export const Tags = ({
  value,
  onChange,
  disabled,
  items,
  placed,
  say,
}: {
  value: readonly Tag[]
  onChange: (tags: Tag[]) => void
  disabled: boolean
  items: number
  placed: boolean
  say: SettingsProps['say']
}) => {
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
