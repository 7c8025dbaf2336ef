import { Component, type ReactNode } from 'react'
import { Button } from '#ui/button.tsx'
import { useT } from '../i18n/index.ts'

const Broken = ({ message }: { message: string }) => {
  const t = useT()
  return (
    <main id="main" className="mx-auto max-w-lg px-4 py-20">
      <h1 className="text-xl font-semibold">{t('crash.title')}</h1>
      <p className="mt-2 text-muted">{t('crash.lead')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard */}
      <pre className="mt-4 overflow-x-auto rounded-lg bg-sunken p-3 text-xs" tabIndex={0}>
        {message}
      </pre>
      <Button className="mt-5" tone="primary" onClick={() => window.location.reload()}>
        {t('crash.reload')}
      </Button>
    </main>
  )
}

/** A screen that broke says so; drafts are safe in this browser and on the server. */
export class CrashGuard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }
  static getDerivedStateFromError(error: Error) {
    return { error }
  }
  override render() {
    return this.state.error ? <Broken message={this.state.error.message} /> : this.props.children
  }
}
