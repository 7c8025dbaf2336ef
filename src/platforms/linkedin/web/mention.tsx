import { useState } from 'react'
import type { SettingsProps } from '#kit/web/slots.ts'
import { Button } from '#ui/button.tsx'
import { Field, Input } from '#ui/field.tsx'

/** Looks a page up by the short name in its address and gives what to put into the text to mention it. */
export const Mention = ({ say, disabled, useOptions }: Pick<SettingsProps, 'say' | 'disabled' | 'useOptions'>) => {
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState('')
  const list = useOptions(asked ? 'organizations' : null, { name: asked })
  const [hit] = list.items
  const ask = () => setAsked(typed.trim())
  const state =
    !asked || list.state === 'loading'
      ? undefined
      : list.state === 'error'
        ? (list.error ?? undefined)
        : list.state === 'ready' && !hit
          ? say('mention.none')
          : undefined
  return (
    <div className="grid gap-2">
      <Field label={say('mention')} hint={say('mention.help')} error={state}>
        {(c) => (
          <div className="flex gap-2">
            <Input
              {...c}
              disabled={disabled}
              placeholder="linkedin.com/company/…"
              value={typed}
              onChange={(e) => setTyped(e.target.value)}
              onKeyDown={(e) => {
                if (e.key !== 'Enter') return
                e.preventDefault()
                ask()
              }}
            />
            <Button type="button" disabled={disabled || !typed.trim()} busy={list.state === 'loading'} onClick={ask}>
              {say('mention.find')}
            </Button>
          </div>
        )}
      </Field>
      {asked && hit ? (
        <Field label={say('mention.copy', { name: hit.label })}>
          {(c) => <Input {...c} readOnly value={hit.value} onFocus={(e) => e.target.select()} />}
        </Field>
      ) : null}
    </div>
  )
}
