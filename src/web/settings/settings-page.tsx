import { useEffect, useRef } from 'react'
import { NavLink, Outlet, useLocation } from 'react-router'
import { tabList } from '#ui/bits.tsx'
import { cn } from '#ui/cn.ts'
import { useT } from '../i18n/index.ts'
import { Page } from '../shell/page.tsx'

const tabs = ['workspace', 'members', 'keys', 'platforms', 'account'] as const

export const SettingsPage = () => {
  const t = useT()
  const bar = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  // On a phone the bar is wider than the screen: the open tab comes into view.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the open tab follows the address
  useEffect(() => {
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [pathname])
  return (
    <Page title={t('settings.title')} narrow>
      <nav ref={bar} aria-label={t('settings.title')} className={cn('mb-6', tabList)}>
        {tabs.map((tab) => (
          <NavLink
            key={tab}
            to={`/settings/${tab}`}
            className={({ isActive }) =>
              cn(
                'inline-flex h-10 items-center border-b-2 px-3 text-sm font-medium whitespace-nowrap focus-visible:-outline-offset-2',
                isActive ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
              )
            }
          >
            {t(`settings.${tab}`)}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </Page>
  )
}
