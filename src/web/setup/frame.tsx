import type { ReactNode } from 'react'
import { Logo } from '../shell/logo.tsx'
import { ThemeAndLanguage } from '../shell/preferences.tsx'

/** The page around setup and sign-in. */
export const Frame = ({ title, lead, children }: { title: string; lead: string; children: ReactNode }) => (
  <div className="flex min-h-dvh flex-col">
    <header className="flex items-center justify-between px-5 py-4 sm:px-8">
      <Logo />
      <ThemeAndLanguage />
    </header>
    <main id="main" className="mx-auto w-full max-w-md flex-1 px-4 py-8 sm:py-14">
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <p className="mt-1.5 mb-7 text-muted">{lead}</p>
      {children}
    </main>
  </div>
)
