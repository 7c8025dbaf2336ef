/**
 * A form drawn from a platform's settings schema (through its JSON Schema): enumerations, booleans, texts, numbers,
 * lists and one level of optional groups. A platform whose settings need more brings its own Settings component.
 */
import { OptionSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps, Words } from '#kit/web/slots.ts'
import { Switch } from '#ui/bits.tsx'
import { Field, Input, Select } from '#ui/field.tsx'
import { type T, useT } from '../i18n/index.ts'
import { ListField } from './list-field.tsx'
import { MediaPicker } from './media-picker.tsx'
import type { Shape } from './settings-shape.ts'

type Value = Record<string, unknown>

const human = (word: string) => {
  const spaced = word
    .replace(/[-_]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

const without = (value: Value, key: string): Value =>
  Object.fromEntries(Object.entries(value).filter(([k]) => k !== key))

/** A field's name and help: the platform's words, else what the schema says. `path` is `group.field` inside a group. */
const named = (words: Words, path: string, key: string, shape: Shape) => ({
  label: words[path] ?? shape.title ?? human(key),
  hint: words[`${path}.help`] ?? shape.description,
})

const drawField = (
  t: T,
  words: Words,
  path: string,
  key: string,
  shape: Shape,
  value: Value,
  onChange: (value: Value) => void,
  disabled: boolean,
  useOptions: SettingsProps['useOptions'],
) => {
  const { label, hint } = named(words, path, key, shape)
  const choice = (option: string) => words[`${path}=${option}`] ?? human(option)
  const set = (v: unknown) => onChange(v === undefined || v === '' ? without(value, key) : { ...value, [key]: v })
  const now = value[key] ?? shape.default
  if (shape.enum) {
    return (
      <Field key={key} label={label} hint={hint}>
        {(c) => (
          <Select {...c} disabled={disabled} value={String(now ?? '')} onChange={(e) => set(e.target.value)}>
            {shape.default === undefined ? <option value="">{t('settings.none')}</option> : null}
            {shape.enum?.map((option) => (
              <option key={String(option)} value={String(option)}>
                {choice(String(option))}
              </option>
            ))}
          </Select>
        )}
      </Field>
    )
  }
  if (shape.type === 'boolean') {
    return (
      // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control
      <label key={key} className="flex items-center justify-between gap-3 text-sm font-medium">
        <span>
          {label}
          {hint ? <span className="block font-normal text-muted">{hint}</span> : null}
        </span>
        <Switch disabled={disabled} checked={now === true} onCheckedChange={set} />
      </label>
    )
  }
  if (shape.type === 'array' && shape.items?.enum) {
    const list = Array.isArray(now) ? now.map(String) : []
    return (
      <fieldset key={key} className="grid gap-1.5">
        <legend className="mb-1.5 text-sm font-medium">{label}</legend>
        <div className="flex flex-wrap gap-x-4 gap-y-1.5">
          {shape.items.enum.map(String).map((option) => (
            <label key={option} className="flex items-center gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 accent-accent"
                disabled={disabled}
                checked={list.includes(option)}
                onChange={(e) => {
                  const next = e.target.checked ? [...list, option] : list.filter((x) => x !== option)
                  set(next.length > 0 ? next : undefined)
                }}
              />
              {choice(option)}
            </label>
          ))}
        </div>
      </fieldset>
    )
  }
  if (shape.type === 'array' && shape.items?.type === 'string')
    return (
      <ListField
        key={key}
        label={label}
        hint={hint}
        list={Array.isArray(now) ? now.map(String) : []}
        least={shape.minItems}
        most={shape.maxItems}
        disabled={disabled}
        onChange={set}
      />
    )
  if (shape.type === 'number' || shape.type === 'integer') {
    return (
      <Field key={key} label={label} hint={hint}>
        {(c) => (
          <Input
            {...c}
            type="number"
            disabled={disabled}
            min={shape.minimum}
            max={shape.maximum}
            value={typeof now === 'number' ? now : ''}
            onChange={(e) => set(e.target.value === '' ? undefined : e.target.valueAsNumber)}
          />
        )}
      </Field>
    )
  }
  if (shape.type === 'string' && shape.media)
    return (
      <MediaPicker
        key={key}
        label={label}
        hint={hint}
        kind={shape.media}
        value={typeof now === 'string' ? now : undefined}
        onChange={set}
      />
    )
  if (shape.type === 'string' && shape.options)
    return (
      <LiveChoice
        key={key}
        label={label}
        hint={hint}
        disabled={disabled}
        list={shape.options}
        value={typeof now === 'string' ? now : undefined}
        onChange={set}
        useOptions={useOptions}
      />
    )
  if (shape.type === 'string') {
    return (
      <Field key={key} label={label} hint={hint}>
        {(c) => (
          <Input
            {...c}
            disabled={disabled}
            value={typeof now === 'string' ? now : ''}
            onChange={(e) => set(e.target.value)}
          />
        )}
      </Field>
    )
  }
  return null
}

/** A field whose choices live on the network. */
const LiveChoice = ({
  list,
  useOptions,
  ...field
}: {
  label: string
  hint?: string
  disabled: boolean
  list: string
  value: string | undefined
  onChange: (value: string | undefined) => void
  useOptions: SettingsProps['useOptions']
}) => {
  const t = useT()
  const words = { loading: t('loading'), retry: t('action.tryAgain') }
  return <OptionSetting {...field} list={useOptions(list)} none={t('settings.none')} words={words} />
}

export const SettingsForm = ({
  shape,
  words,
  value,
  onChange,
  disabled,
  useOptions,
}: {
  shape: Shape
  words: Words
  value: Value
  onChange: (value: Value) => void
  disabled: boolean
  useOptions: SettingsProps['useOptions']
}) => {
  const t = useT()
  return (
    <div className="grid gap-4">
      {Object.entries(shape.properties ?? {}).map(([key, field]) => {
        if (field.type !== 'object' || !field.properties)
          return drawField(t, words, key, key, field, value, onChange, disabled, useOptions)
        // A group left empty is not sent at all.
        const inner = (value[key] ?? {}) as Value
        const set = (next: Value) =>
          onChange(Object.keys(next).length > 0 ? { ...value, [key]: next } : without(value, key))
        return (
          <fieldset key={key} className="grid gap-3 rounded-lg border border-line p-3">
            <legend className="px-1 text-sm font-medium">{named(words, key, key, field).label}</legend>
            {Object.entries(field.properties).map(([k, f]) =>
              drawField(t, words, `${key}.${k}`, k, f, inner, set, disabled, useOptions),
            )}
          </fieldset>
        )
      })}
    </div>
  )
}
