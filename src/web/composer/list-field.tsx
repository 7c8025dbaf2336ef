/** A list of short texts, a field each: an answer may hold a comma. */
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Input } from '#ui/field.tsx'
import { useT } from '../i18n/index.ts'

/** What is worth storing: rows left empty are only there to be typed in. */
const said = (rows: readonly string[]): string[] => rows.map((r) => r.trim()).filter(Boolean)

export const ListField = ({
  label,
  hint,
  list,
  least = 1,
  most = Number.POSITIVE_INFINITY,
  disabled,
  onChange,
}: {
  label: string
  hint: string | undefined
  list: readonly string[]
  /** Fields shown at least, and at most. */
  least?: number
  most?: number
  disabled: boolean
  /** Undefined when nothing is left. */
  onChange: (list: string[] | undefined) => void
}) => {
  const t = useT()
  // As typed, with empty rows and spaces at ends; what comes from elsewhere (a restored draft) wins over it.
  const [typed, setTyped] = useState<readonly string[]>(list)
  const rows = said(typed).join('\n') === said(list).join('\n') ? typed : list
  const shown = [...rows, ...Array<string>(Math.max(0, least - rows.length)).fill('')]
  const put = (next: readonly string[]) => {
    setTyped(next)
    const kept = said(next)
    onChange(kept.length > 0 ? kept : undefined)
  }
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      {shown.map((row, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place; typing must not move it
        <div key={n} className="flex items-center gap-1">
          <Input
            aria-label={t('settings.item', { label, n: n + 1 })}
            disabled={disabled}
            value={row}
            onChange={(e) => put(shown.with(n, e.target.value))}
          />
          {shown.length > least ? (
            <Button
              tone="quiet"
              size="icon-sm"
              disabled={disabled}
              aria-label={t('settings.item.remove', { label, n: n + 1 })}
              onClick={() => put(shown.toSpliced(n, 1))}
            >
              <X aria-hidden />
            </Button>
          ) : null}
        </div>
      ))}
      {shown.length < most ? (
        <Button
          tone="quiet"
          size="sm"
          className="justify-self-start"
          disabled={disabled}
          onClick={() => put([...shown, ''])}
        >
          <Plus aria-hidden />
          {t('settings.item.add')}
        </Button>
      ) : null}
      {hint ? <p className="text-sm text-muted">{hint}</p> : null}
    </fieldset>
  )
}
