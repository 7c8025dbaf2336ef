import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { backlogOrder } from '#contract/backlog.ts'
import { lateThen } from '#contract/people.ts'
import { Button } from '#ui/button.tsx'
import { Section } from '#ui/card.tsx'
import { Field, Input, Select } from '#ui/field.tsx'
import { Notice } from '#ui/notice.tsx'
import { api } from '../api/client.ts'
import { languages, useT } from '../i18n/index.ts'
import { Failed } from '../lib/query-state.tsx'
import { zones } from '../lib/time.ts'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

/** Choices for "late at most", in minutes. */
const lateChoices = [0, 5, 15, 60, 240, 1440]

export const WorkspaceSettings = () => {
  const t = useT()
  const { ws, can } = useSession()
  const client = useQueryClient()
  const [form, setForm] = useState({
    name: ws.name,
    timeZone: ws.timeZone,
    locale: ws.locale,
    late: ws.latePolicy.maxLateMs / 60_000,
    after: ws.latePolicy.otherwise,
    order: ws.backlogOrder,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['me'] })
  const save = useMutation({
    mutationFn: () =>
      api('workspacePatch', {
        params: { ws: ws.id },
        body: {
          name: form.name.trim(),
          timeZone: form.timeZone,
          locale: form.locale,
          latePolicy: { maxLateMs: form.late * 60_000, otherwise: form.after },
          backlogOrder: form.order,
        },
      }),
    onSuccess: () => say(t('save.saved')),
    onSettled: refresh,
  })
  const pause = useMutation({
    mutationFn: () => api(ws.pausedAt ? 'workspaceResume' : 'workspacePause', { params: { ws: ws.id } }),
    onError: (e) => sayError(t, e),
    onSettled: refresh,
  })
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const admin = can('admin')
  return (
    <div className="grid grid-cols-1 gap-6">
      <Section title={t('settings.workspace')}>
        <form onSubmit={submit} className="grid gap-5">
          <fieldset disabled={!admin} className="grid gap-5">
            <Field label={t('setup.workspaceName')}>
              {(c) => (
                <Input
                  {...c}
                  required
                  maxLength={100}
                  value={form.name}
                  onChange={(e) => set({ name: e.target.value })}
                />
              )}
            </Field>
            <div className="grid gap-5 sm:grid-cols-2">
              <Field label={t('setup.timeZone')} hint={t('settings.timeZone.hint')}>
                {(c) => (
                  <Select {...c} value={form.timeZone} onChange={(e) => set({ timeZone: e.target.value })}>
                    {[...new Set([ws.timeZone, ...zones()])].map((z) => (
                      <option key={z}>{z}</option>
                    ))}
                  </Select>
                )}
              </Field>
              <Field label={t('settings.locale')} hint={t('settings.locale.hint')}>
                {(c) => (
                  <Select
                    {...c}
                    value={form.locale}
                    onChange={(e) => set({ locale: e.target.value === 'pl' ? 'pl' : 'en' })}
                  >
                    {Object.entries(languages).map(([id, name]) => (
                      <option key={id} value={id}>
                        {name}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            </div>
            <div className="grid gap-5 sm:grid-cols-2">
              <Field label={t('settings.late')} hint={t('settings.late.hint')}>
                {(c) => (
                  <Select {...c} value={form.late} onChange={(e) => set({ late: Number(e.target.value) })}>
                    {[...new Set([...lateChoices, form.late])]
                      .sort((a, b) => a - b)
                      .map((minutes) => (
                        <option key={minutes} value={minutes}>
                          {minutes < 60
                            ? t('settings.minutes', { count: minutes })
                            : t('settings.hours', { count: Math.round(minutes / 60) })}
                        </option>
                      ))}
                  </Select>
                )}
              </Field>
              <Field label={t('settings.otherwise')}>
                {(c) => (
                  <Select
                    {...c}
                    value={form.after}
                    onChange={(e) => set({ after: lateThen.options.find((o) => o === e.target.value) ?? 'ask' })}
                  >
                    {lateThen.options.map((o) => (
                      <option key={o} value={o}>
                        {t(`settings.otherwise.${o}`)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
              <Field label={t('settings.backlog')}>
                {(c) => (
                  <Select
                    {...c}
                    value={form.order}
                    onChange={(e) => set({ order: e.target.value === 'newest' ? 'newest' : 'oldest' })}
                  >
                    {backlogOrder.options.map((o) => (
                      <option key={o} value={o}>
                        {t(`settings.backlog.${o}`)}
                      </option>
                    ))}
                  </Select>
                )}
              </Field>
            </div>
          </fieldset>
          {save.isError ? <Failed error={save.error} /> : null}
          {admin ? (
            <Button type="submit" tone="primary" busy={save.isPending} className="justify-self-start">
              {t('action.saveChanges')}
            </Button>
          ) : (
            <p className="text-sm text-muted">{t('settings.askAdmin')}</p>
          )}
        </form>
      </Section>
      <Section title={t('settings.pause')} lead={t('settings.pause.lead')}>
        {ws.pausedAt ? (
          <Notice className="mb-4" tone="warn">
            {t('settings.paused')}
          </Notice>
        ) : null}
        <Button busy={pause.isPending} disabled={!can('editor')} onClick={() => pause.mutate()}>
          {t(ws.pausedAt ? 'settings.resume' : 'settings.pause.go')}
        </Button>
      </Section>
    </div>
  )
}
