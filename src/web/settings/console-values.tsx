/** What a person copies from Clarion into a network's developer console. */
import { Copy } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import type { PlatformInfo } from '#contract/channels.ts'
import { Button } from '#ui/button.tsx'
import { useT } from '../i18n/index.ts'
import { say } from '../lib/toast.ts'

const dots = '\u2022'.repeat(24)

const Value = ({
  label,
  value,
  hint,
  hidden,
}: {
  label: string
  value: string
  hint?: ReactNode
  /** Shown only when asked for. */
  hidden?: boolean
}) => {
  const t = useT()
  const id = useId()
  const [open, setOpen] = useState(!hidden)
  return (
    <div className="grid grid-cols-1 gap-1">
      <p id={id} className="text-sm font-medium">
        {label}
      </p>
      <div className="flex items-center gap-2">
        <code className="min-w-0 flex-1 rounded-lg bg-sunken px-3 py-2 text-sm break-all">{open ? value : dots}</code>
        {hidden ? (
          <Button size="sm" tone="quiet" aria-describedby={id} onClick={() => setOpen(!open)}>
            {t(open ? 'platforms.word.hide' : 'platforms.word.show')}
          </Button>
        ) : null}
        <Button
          size="icon-sm"
          aria-label={t('platforms.copy', { what: label })}
          onClick={() => void navigator.clipboard?.writeText(value).then(() => say(t('action.copied')))}
        >
          <Copy aria-hidden />
        </Button>
      </div>
      {hint ? <p className="text-sm text-muted">{hint}</p> : null}
    </div>
  )
}

/** Nothing where the network wants nothing of it. */
export const ConsoleValues = ({ platform }: { platform: PlatformInfo }) => {
  const t = useT()
  const redirects = platform.connect === 'redirect' || platform.ways.some((w) => w.connect === 'redirect')
  // A network without an app has no console to paste into.
  const registers = redirects && platform.credentials.length > 0
  if (!registers && !platform.webhookUrl) return null
  return (
    <section
      aria-label={t('platforms.addresses', { platform: platform.name })}
      className="grid grid-cols-1 gap-4 rounded-lg border border-line p-4"
    >
      <h3 className="text-sm font-semibold">{t('platforms.addresses', { platform: platform.name })}</h3>
      {registers ? <Value label={t('platforms.redirect')} value={platform.redirectUri} /> : null}
      {platform.webhookUrl ? (
        <Value
          label={t('platforms.webhook')}
          value={platform.webhookUrl}
          hint={t('platforms.webhook.hint', { platform: platform.name })}
        />
      ) : null}
      {platform.webhookSecret ? (
        <Value hidden label={t('platforms.word')} value={platform.webhookSecret} hint={t('platforms.word.hint')} />
      ) : null}
    </section>
  )
}
