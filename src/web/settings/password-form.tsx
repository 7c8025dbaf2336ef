import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Field, Input } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api, isProblem } from '../api/client.ts'
import { meQuery } from '../api/queries.ts'
import { useT } from '../i18n/index.ts'
import { Failed } from '../lib/query-state.tsx'
import { say } from '../lib/toast.ts'

const blank = { currentPassword: '', newPassword: '', again: '' }

/** Changes the password of whoever is signed in; their other sessions end. `email`: for password managers. */
export const PasswordForm = ({ email }: { email: string }) => {
  const t = useT()
  const client = useQueryClient()
  const [form, setForm] = useState(blank)
  const differs = form.again !== '' && form.again !== form.newPassword
  const go = useMutation({
    mutationFn: () =>
      api('passwordChange', { body: { currentPassword: form.currentPassword, newPassword: form.newPassword } }),
    onSuccess: () => {
      say(t('account.changed'))
      setForm(blank)
      return client.invalidateQueries({ queryKey: meQuery.queryKey })
    },
  })
  const wrong = isProblem(go.error, 'validation') ? go.error.body.errors?.[0]?.path : undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!differs) go.mutate()
  }
  const field = (name: keyof typeof blank, label: string, o: { hint?: string; error?: string }) => (
    <Field label={label} {...o}>
      {(c) => (
        <Input
          {...c}
          required
          type="password"
          minLength={name === 'currentPassword' ? undefined : 10}
          maxLength={200}
          autoComplete={name === 'currentPassword' ? 'current-password' : 'new-password'}
          value={form[name]}
          onChange={(e) => setForm({ ...form, [name]: e.target.value })}
        />
      )}
    </Field>
  )
  return (
    <form onSubmit={submit} className="grid gap-5">
      <input type="text" autoComplete="username" value={email} readOnly hidden />
      {field('currentPassword', t('account.current'), {
        error: wrong === 'currentPassword' ? t('account.current.wrong') : undefined,
      })}
      {field('newPassword', t('account.new'), {
        hint: t('account.new.hint'),
        error: wrong === 'newPassword' ? t('account.new.same') : undefined,
      })}
      {field('again', t('account.again'), { error: differs ? t('account.again.differs') : undefined })}
      {go.isError && wrong === undefined ? <Failed error={go.error} /> : null}
      <Notice>{t('account.sessions')}</Notice>
      <Button type="submit" tone="primary" busy={go.isPending} className="justify-self-start">
        {t('account.change')}
      </Button>
    </form>
  )
}
