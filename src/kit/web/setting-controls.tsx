/** Controls for a platform's own Settings component: labelled, keyboard reachable, the look of the house. */
import type { ReactNode } from 'react'
import { Switch } from '#ui/bits.tsx'
import { Field, Input, Select, Textarea } from '#ui/field.tsx'
import type { OptionList } from './slots.ts'

type Base = { label: string; hint?: ReactNode; error?: ReactNode; disabled?: boolean }

export const TextSetting = ({
  value,
  onChange,
  multiline,
  placeholder,
  maxLength,
  ...field
}: Base & {
  value: string | undefined
  /** Undefined when the person emptied it. */
  onChange: (value: string | undefined) => void
  multiline?: boolean
  placeholder?: string
  maxLength?: number
}) => (
  <Field label={field.label} hint={field.hint} error={field.error}>
    {(c) => {
      const Control = multiline ? Textarea : Input
      return (
        <Control
          {...c}
          disabled={field.disabled}
          placeholder={placeholder}
          maxLength={maxLength}
          value={value ?? ''}
          onChange={(e: { target: { value: string } }) => onChange(e.target.value === '' ? undefined : e.target.value)}
        />
      )
    }}
  </Field>
)

export type Choice = { value: string; label: string; disabled?: boolean }

/** `none`: the words of the empty choice; without it the first choice must be made on purpose only when `value` is set. */
export const SelectSetting = ({
  value,
  onChange,
  choices,
  none,
  ...field
}: Base & {
  value: string | undefined
  onChange: (value: string | undefined) => void
  choices: readonly Choice[]
  none?: string
}) => (
  <Field label={field.label} hint={field.hint} error={field.error}>
    {(c) => (
      <Select
        {...c}
        disabled={field.disabled}
        value={value ?? ''}
        onChange={(e) => onChange(e.target.value === '' ? undefined : e.target.value)}
      >
        {none !== undefined || value === undefined ? <option value="">{none ?? '—'}</option> : null}
        {choices.map((x) => (
          <option key={x.value} value={x.value} disabled={x.disabled}>
            {x.label}
          </option>
        ))}
      </Select>
    )}
  </Field>
)

/** A choice among things on the network. While it loads, or when it fails, the stored value stays and can be seen. */
export const OptionSetting = ({
  list,
  value,
  onChange,
  none,
  words,
  ...field
}: Base & {
  list: OptionList
  value: string | undefined
  onChange: (value: string | undefined) => void
  none?: string
  words: { loading: string; retry: string }
}) => {
  const known = list.items.some((i) => i.value === value)
  const choices = [
    ...(value !== undefined && !known ? [{ value, label: value }] : []),
    ...list.items.map((i) => ({ value: i.value, label: i.hint ? `${i.label} · ${i.hint}` : i.label })),
  ]
  return (
    <SelectSetting
      {...field}
      value={value}
      onChange={onChange}
      choices={choices}
      none={none}
      disabled={field.disabled || list.state === 'idle'}
      hint={list.state === 'loading' ? words.loading : field.hint}
      error={
        list.state === 'error' ? (
          <>
            {list.error}{' '}
            <button type="button" className="font-medium underline" onClick={list.reload}>
              {words.retry}
            </button>
          </>
        ) : (
          field.error
        )
      }
    />
  )
}

export const SwitchSetting = ({
  value,
  onChange,
  ...field
}: Base & { value: boolean; onChange: (value: boolean) => void }) => (
  // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside is the control
  <label className="flex items-center justify-between gap-3 text-sm font-medium">
    <span>
      {field.label}
      {field.hint ? <span className="block font-normal text-muted">{field.hint}</span> : null}
      {field.error ? <span className="block font-normal text-danger">{field.error}</span> : null}
    </span>
    <Switch disabled={field.disabled} checked={value} onCheckedChange={onChange} />
  </label>
)

/** Radio buttons, for a choice that must be seen whole and has no default. */
export const RadioSetting = ({
  value,
  onChange,
  choices,
  name,
  ...field
}: Base & {
  /** Unique on the page. */
  name: string
  value: string | undefined
  onChange: (value: string) => void
  choices: readonly (Choice & { hint?: ReactNode })[]
}) => (
  <fieldset className="grid gap-2" aria-invalid={field.error ? true : undefined}>
    <legend className="mb-1 text-sm font-medium">{field.label}</legend>
    {field.hint ? <p className="text-sm text-muted">{field.hint}</p> : null}
    {choices.map((x) => (
      <label key={x.value} className="flex items-start gap-2 text-sm">
        <input
          type="radio"
          name={name}
          className="mt-0.5 size-4 accent-accent"
          disabled={field.disabled || x.disabled}
          checked={value === x.value}
          onChange={() => onChange(x.value)}
        />
        <span className={x.disabled ? 'text-muted' : ''}>
          {x.label}
          {x.hint ? <span className="block text-muted">{x.hint}</span> : null}
        </span>
      </label>
    ))}
    {field.error ? <p className="text-sm text-danger">{field.error}</p> : null}
  </fieldset>
)

/** A group with a frame and a name. */
export const SettingGroup = ({ label, children }: { label: string; children: ReactNode }) => (
  <fieldset className="grid gap-3 rounded-lg border border-line p-3">
    <legend className="px-1 text-sm font-medium">{label}</legend>
    {children}
  </fieldset>
)

/** A sentence the person must see (terms, consent, what cannot be changed later). */
export const SettingNote = ({ tone = 'plain', children }: { tone?: 'plain' | 'warn'; children: ReactNode }) => (
  <p
    className={`rounded-lg border p-3 text-sm ${tone === 'warn' ? 'border-warn text-warn' : 'border-line text-muted'}`}
  >
    {children}
  </p>
)
