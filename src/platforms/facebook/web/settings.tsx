import { RadioSetting, SelectSetting, SettingGroup, SettingNote, TextSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { maxDelayMinutes, minDelayMinutes, settings as schema } from '../spec.ts'

const categories = schema.shape.category.unwrap().options

/** `pl, se` -> PL, SE; undefined when nothing is left. */
const countriesOf = (text: string | undefined): string[] | undefined => {
  const list = (text ?? '')
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map((x) => x.toUpperCase())
  return list.length > 0 ? list : undefined
}

/** What it becomes first; the rest follows from that. Title, cover and category are a film's, the card a plain text's. */
export const Settings = ({ value, onChange, disabled, channel, segments, say, MediaPicker }: SettingsProps) => {
  const set = (change: Value) => onChange(withSet(value, change))
  const media = segments[0]?.media ?? []
  const film = media[0]?.kind === 'video'
  const format = textOf(value.format) ?? 'post'
  const delivery = textOf(value.delivery) ?? 'now'
  const countries = Array.isArray(value.countries) ? value.countries.map(String) : []
  const choices = (field: string, words: readonly string[]) =>
    words.map((word) => ({ value: word, label: say(`${field}=${word}`), hint: say(`${field}=${word}.help`) }))
  return (
    <div className="grid gap-4">
      <RadioSetting
        name={`format-${channel.id}`}
        label={say('format')}
        disabled={disabled}
        value={format}
        onChange={(next) =>
          set({ format: next, ...(next === 'story' ? { delivery: undefined, delayMinutes: undefined } : {}) })
        }
        choices={choices('format', ['post', 'reel', 'story'])}
      />
      {format === 'story' ? (
        <SettingNote>{say('story.note')}</SettingNote>
      ) : (
        <RadioSetting
          name={`delivery-${channel.id}`}
          label={say('delivery')}
          disabled={disabled}
          value={delivery}
          onChange={(next) => set({ delivery: next, ...(next === 'schedule' ? {} : { delayMinutes: undefined }) })}
          choices={choices('delivery', ['now', 'schedule', 'draft'])}
        />
      )}
      {delivery === 'schedule' && format !== 'story' ? (
        <TextSetting
          label={say('delayMinutes')}
          hint={say('delayMinutes.help', { min: minDelayMinutes, max: maxDelayMinutes })}
          error={value.delayMinutes === undefined ? say('delayMinutes.required') : undefined}
          disabled={disabled}
          value={typeof value.delayMinutes === 'number' ? String(value.delayMinutes) : undefined}
          onChange={(text) => {
            const minutes = Number.parseInt(text ?? '', 10)
            set({ delayMinutes: Number.isFinite(minutes) ? minutes : undefined })
          }}
        />
      ) : null}
      {media.length === 0 && format === 'post' ? (
        <TextSetting
          label={say('link')}
          hint={say('link.help')}
          disabled={disabled}
          placeholder="https://"
          maxLength={2000}
          value={textOf(value.link)}
          onChange={(link) => set({ link: link?.trim() || undefined })}
        />
      ) : null}
      {film && format !== 'story' ? (
        <SettingGroup label={say('film')}>
          <TextSetting
            label={say('title')}
            disabled={disabled}
            maxLength={255}
            value={textOf(value.title)}
            onChange={(title) => set({ title })}
          />
          <MediaPicker
            label={say('cover')}
            hint={say('cover.help')}
            kind="image"
            value={textOf(value.cover)}
            onChange={(cover) => set({ cover })}
          />
          {format === 'post' ? (
            <SelectSetting
              label={say('category')}
              disabled={disabled}
              none={say('category.none')}
              value={textOf(value.category)}
              onChange={(category) => set({ category })}
              choices={categories.map((c) => ({ value: c, label: say(`category=${c}`) }))}
            />
          ) : null}
        </SettingGroup>
      ) : null}
      {format === 'story' ? null : (
        <>
          <TextSetting
            label={say('countries')}
            hint={say('countries.help')}
            disabled={disabled}
            placeholder="PL, SE"
            value={countries.join(', ') || undefined}
            onChange={(text) => set({ countries: countriesOf(text) })}
          />
          <TextSetting
            label={say('place')}
            hint={say('place.help')}
            disabled={disabled}
            maxLength={20}
            value={textOf(value.place)}
            onChange={(place) => set({ place: place?.trim() || undefined })}
          />
        </>
      )}
    </div>
  )
}
