import { useQuery } from '@tanstack/react-query'
import {
  BookOpen,
  CalendarDays,
  ChevronsUpDown,
  FileText,
  LogOut,
  PauseCircle,
  Plus,
  Radio,
  Settings,
} from 'lucide-react'
import { Suspense, useEffect, useRef, useState } from 'react'
import { Link, NavLink, Outlet, useLocation, useNavigate } from 'react-router'
import type { Me } from '#contract/people.ts'
import { Button } from '#ui/button.tsx'
import { cn } from '#ui/cn.ts'
import { Menu, MenuItem, MenuLabel, MenuLine, MenuRadio, MenuRadioItem } from '#ui/menu.tsx'
import { signOut } from '../api/auth.ts'
import { useLive } from '../api/live.ts'
import { attentionQuery, forgetPerson } from '../api/queries.ts'
import { suggestLanguage, useT } from '../i18n/index.ts'
import { sayError } from '../lib/toast.ts'
import { AttentionBell } from './attention.tsx'
import { BacklogNotice } from './backlog.tsx'
import { Logo } from './logo.tsx'
import { PageSkeleton } from './page.tsx'
import { ThemeAndLanguage } from './preferences.tsx'
import { atLeast, SessionProvider } from './session.tsx'

const places = [
  { to: '/calendar', key: 'nav.calendar', Icon: CalendarDays },
  { to: '/posts', key: 'nav.posts', Icon: FileText },
  { to: '/channels', key: 'nav.channels', Icon: Radio },
  { to: '/settings', key: 'nav.settings', Icon: Settings },
] as const

const storageKey = 'clarion.workspace'

/** The frame of every signed-in screen: skip link, places, workspace, live updates. */
export const Shell = ({ me }: { me: Me }) => {
  const t = useT()
  const location = useLocation()
  const navigate = useNavigate()
  const [wanted, setWanted] = useState(() => localStorage.getItem(storageKey))
  const ws = me.workspaces.find((w) => w.id === wanted) ?? me.workspaces[0]
  const main = useRef<HTMLElement>(null)
  const path = useRef(location.pathname)

  useEffect(() => {
    if (ws) suggestLanguage(ws.locale)
  }, [ws])
  // A new screen starts at its top, and readers hear it: focus goes to the main area.
  useEffect(() => {
    if (path.current === location.pathname) return
    path.current = location.pathname
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [location.pathname])

  if (!ws) {
    return (
      <main id="main" className="mx-auto max-w-md px-4 py-20 text-center">
        <h1 className="text-xl font-semibold">{t('shell.noWorkspace')}</h1>
        <p className="mt-2 text-muted">{t('shell.noWorkspace.lead')}</p>
      </main>
    )
  }
  const writes = atLeast(ws.role, 'editor')
  const leave = () =>
    signOut()
      .then(() => {
        forgetPerson()
        // The own screens go first, in the queue of timers that tells them: while they stand, the beginning leads to the calendar.
        return new Promise((gone) => setTimeout(gone))
      })
      // The next person begins at the beginning, not where this one was.
      .then(() => navigate('/', { replace: true }))
      .catch((e: unknown) => sayError(t, e))

  return (
    <SessionProvider
      value={{
        me,
        ws,
        can: (least) => atLeast(ws.role, least),
        setWorkspace: (id) => {
          localStorage.setItem(storageKey, id)
          setWanted(id)
        },
      }}
    >
      <Live ws={ws.id} />
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
      >
        {t('shell.skip')}
      </a>
      <div className="min-h-dvh md:grid md:grid-cols-[13.5rem_minmax(0,1fr)]">
        <header className="flex items-center justify-between gap-2 border-b border-line bg-surface px-4 py-2 md:sticky md:top-0 md:h-dvh md:flex-col md:items-stretch md:justify-start md:gap-0 md:border-r md:border-b-0 md:px-3 md:py-5">
          <Link to="/calendar" className="rounded-lg px-1 md:px-2">
            <Logo />
          </Link>
          {writes ? (
            <Button asChild tone="primary" className="mt-6 hidden md:inline-flex">
              <Link to="/compose">
                <Plus aria-hidden />
                {t('nav.compose')}
              </Link>
            </Button>
          ) : null}
          <nav
            aria-label={t('nav.label')}
            className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:static md:mt-4 md:flex-1 md:flex-col md:gap-0.5 md:border-0 md:pb-0"
          >
            {places.map(({ to, key, Icon }, n) => (
              <NavLink
                key={to}
                to={to}
                style={{ order: n < 2 ? n : n + 1 }}
                className={({ isActive }) =>
                  cn(
                    'relative flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[0.6875rem] font-medium focus-visible:-outline-offset-2 md:h-10 md:flex-none md:flex-row md:justify-start md:gap-3 md:rounded-lg md:px-3 md:text-sm',
                    isActive ? 'text-accent-ink md:bg-accent-soft' : 'text-muted hover:text-ink md:hover:bg-sunken',
                  )
                }
              >
                <Icon aria-hidden className="size-5 shrink-0" />
                <span className="max-w-full truncate">{t(key)}</span>
                {to === '/posts' ? <Waiting ws={ws.id} /> : null}
              </NavLink>
            ))}
            {writes ? (
              <NavLink
                to="/compose"
                style={{ order: 2 }}
                className="flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-[0.6875rem] font-medium text-accent-ink focus-visible:-outline-offset-2 md:hidden"
              >
                <Plus aria-hidden className="size-5 rounded-full bg-accent p-0.5 text-on-accent" />
                <span className="max-w-full truncate">{t('nav.compose.short')}</span>
              </NavLink>
            ) : null}
          </nav>
          <div className="flex items-center gap-1 md:flex-col-reverse md:items-stretch md:gap-2">
            <Menu
              align="start"
              trigger={
                <Button
                  tone="quiet"
                  className="h-auto min-h-10 min-w-0 justify-between px-2 py-1.5 text-left"
                  aria-label={t('shell.account', { workspace: ws.name })}
                >
                  <span className="hidden min-w-0 md:block">
                    <span className="block truncate text-ink">{ws.name}</span>
                    <span className="block truncate text-xs font-normal">{me.user.name}</span>
                  </span>
                  <ChevronsUpDown aria-hidden />
                </Button>
              }
            >
              {me.workspaces.length > 1 ? (
                <>
                  <MenuLabel>{t('shell.workspaces')}</MenuLabel>
                  <MenuRadio
                    value={ws.id}
                    onValueChange={(id) => {
                      localStorage.setItem(storageKey, id)
                      setWanted(id)
                    }}
                  >
                    {me.workspaces.map((w) => (
                      <MenuRadioItem key={w.id} value={w.id}>
                        {w.name}
                      </MenuRadioItem>
                    ))}
                  </MenuRadio>
                  <MenuLine />
                </>
              ) : null}
              <MenuLabel>{me.user.email}</MenuLabel>
              <MenuItem asChild>
                <a href="/docs/" target="_blank" rel="noreferrer">
                  <BookOpen aria-hidden />
                  {t('shell.docs')}
                </a>
              </MenuItem>
              <MenuItem onSelect={() => void leave()}>
                <LogOut aria-hidden />
                {t('shell.signOut')}
              </MenuItem>
            </Menu>
            <div className="flex items-center gap-1">
              <AttentionBell key={`attention ${ws.id}`} />
              <ThemeAndLanguage />
            </div>
          </div>
        </header>
        <main id="main" ref={main} tabIndex={-1} className="min-w-0 pb-20 outline-none md:pb-0">
          {ws.pausedAt ? (
            <p className="flex items-center gap-2 bg-warn-soft px-4 py-2.5 text-sm sm:px-8">
              <PauseCircle aria-hidden className="size-4 shrink-0 text-warn" />
              <span>
                {t('shell.paused')}{' '}
                <Link to="/settings/workspace" className="font-medium underline underline-offset-2">
                  {t('shell.paused.link')}
                </Link>
              </span>
            </p>
          ) : null}
          <BacklogNotice key={`backlog ${ws.id}`} />
          <Suspense fallback={<PageSkeleton />}>
            <Outlet key={ws.id} />
          </Suspense>
        </main>
      </div>
    </SessionProvider>
  )
}

/** How many posts wait for a person: said at every screen, as nobody looks for what they do not know of. */
const Waiting = ({ ws }: { ws: string }) => {
  const t = useT()
  const { data } = useQuery(attentionQuery(ws))
  if (!data) return null
  return (
    <span className="absolute top-1.5 left-[calc(50%+0.5rem)] grid h-4.5 min-w-4.5 place-items-center rounded-full bg-warn px-1 text-[0.6875rem] font-semibold text-surface tabular-nums md:static md:ml-auto">
      <span aria-hidden>{data.more ? `${data.count}+` : data.count}</span>
      <span className="sr-only">{t('nav.waiting', { count: data.count })}</span>
    </span>
  )
}

const Live = ({ ws }: { ws: string }) => {
  useLive(ws)
  return null
}
