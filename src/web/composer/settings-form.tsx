/**
 * A form drawn from a platform's settings schema (through its JSON Schema): enumerations, booleans, texts, numbers,
 * lists and one level of optional groups. A platform whose settings need more brings its own Settings component.
 */
import { OptionSetting } from '#kit/web/setting-controls.tsx'
import type { SettingsProps, Words } from '#kit/web/slots.ts'
import { Switch } from '#ui/bits.tsx'
import { Field, Input, Select } from '#ui/field.tsx'
import { useT } from '../i18n/index.ts'
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

/** What each field knows: `now` is its value, else the schema's default; `set` with nothing or '' takes it out. */
type FieldProps = {
  label: string
  hint: string | undefined
  shape: Shape
  now: unknown
  set: (value: unknown) => void
  disabled: boolean
  /** The name of one choice. */
  choice: (option: string) => string
  useOptions: SettingsProps['useOptions']
}

const text = (now: unknown) => (typeof now === 'string' ? now : undefined)
const texts = (now: unknown) => (Array.isArray(now) ? now.map(String) : [])

const OneOf = ({ label, hint, shape, now, set, disabled, choice }: FieldProps) => {
  const t = useT()
  return (
    <Field label={label} hint={hint}>
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

const OnOff = ({ label, hint, now, set, disabled }: FieldProps) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control
  <label className="flex items-center justify-between gap-3 text-sm font-medium">
    <span>
      {label}
      {hint ? <span className="block font-normal text-muted">{hint}</span> : null}
    </span>
    <Switch disabled={disabled} checked={now === true} onCheckedChange={set} />
  </label>
)

const SomeOf = ({ label, shape, now, set, disabled, choice }: FieldProps) => {
  const list = texts(now)
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1.5">
        {shape.items?.enum?.map(String).map((option) => (
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

const Texts = ({ label, hint, shape, now, set, disabled }: FieldProps) => (
  <ListField
    label={label}
    hint={hint}
    list={texts(now)}
    least={shape.minItems}
    most={shape.maxItems}
    disabled={disabled}
    onChange={set}
  />
)

const NumberField = ({ label, hint, shape, now, set, disabled }: FieldProps) => (
  <Field label={label} hint={hint}>
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

const FileField = ({ label, hint, shape, now, set }: FieldProps) =>
  shape.media ? <MediaPicker label={label} hint={hint} kind={shape.media} value={text(now)} onChange={set} /> : null

/** A field whose choices live on the network. */
const LiveField = ({ label, hint, shape, now, set, disabled, useOptions }: FieldProps) => {
  const t = useT()
  const field = { label, hint, disabled, value: text(now), onChange: set }
  const words = { loading: t('loading'), retry: t('action.tryAgain') }
  // `controlOf` gives this field only to a shape that names its list.
  return <OptionSetting {...field} list={useOptions(shape.options!)} none={t('settings.none')} words={words} />
}

const TextField = ({ label, hint, now, set, disabled }: FieldProps) => (
  <Field label={label} hint={hint}>
    {(c) => <Input {...c} disabled={disabled} value={text(now) ?? ''} onChange={(e) => set(e.target.value)} />}
  </Field>
)

/** The control of a shape; undefined for one that only a Settings component of its platform can draw. */
const controlOf = (shape: Shape) => {
  if (shape.enum) return OneOf
  if (shape.type === 'boolean') return OnOff
  if (shape.type === 'array' && shape.items?.enum) return SomeOf
  if (shape.type === 'array' && shape.items?.type === 'string') return Texts
  if (shape.type === 'number' || shape.type === 'integer') return NumberField
  if (shape.type !== 'string') return undefined
  if (shape.media) return FileField
  return shape.options ? LiveField : TextField
}

type FormProps = {
  shape: Shape
  words: Words
  value: Value
  onChange: (value: Value) => void
  disabled: boolean
  useOptions: SettingsProps['useOptions']
}

/** The fields of one object: the settings themselves, or one group of them (`group` is its key). */
const Fields = ({ shape, words, value, onChange, disabled, useOptions, group }: FormProps & { group?: string }) =>
  Object.entries(shape.properties ?? {}).map(([key, field]) => {
    const path = group === undefined ? key : `${group}.${key}`
    if (group === undefined && field.type === 'object' && field.properties) {
      // A group left empty is not sent at all.
      const set = (next: Value) =>
        onChange(Object.keys(next).length > 0 ? { ...value, [key]: next } : without(value, key))
      const inside = { shape: field, words, value: (value[key] ?? {}) as Value, onChange: set, disabled, useOptions }
      return (
        <fieldset key={key} className="grid gap-3 rounded-lg border border-line p-3">
          <legend className="px-1 text-sm font-medium">{named(words, key, key, field).label}</legend>
          <Fields {...inside} group={key} />
        </fieldset>
      )
    }
    const Control = controlOf(field)
    return Control ? (
      <Control
        key={key}
        {...named(words, path, key, field)}
        shape={field}
        now={value[key] ?? field.default}
        set={(v) => onChange(v === undefined || v === '' ? without(value, key) : { ...value, [key]: v })}
        disabled={disabled}
        choice={(option) => words[`${path}=${option}`] ?? human(option)}
        useOptions={useOptions}
      />
    ) : null
  })

export const SettingsForm = (form: FormProps) => (
  <div className="grid gap-4">
    <Fields {...form} />
  </div>
)
