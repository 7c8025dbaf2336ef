/** Which screen for which address; before them, setup and sign-in. Each screen loads when it is first opened. */
import { QueryClientProvider, useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { createBrowserRouter, Navigate, Route, RouterProvider, Routes, useRouteError } from 'react-router'
import { Toaster } from 'sonner'
import { meQuery, queryClient, setupQuery } from './api/queries.ts'
import { useT } from './i18n/index.ts'
import { Failed } from './lib/query-state.tsx'
import { useTheme } from './lib/theme.ts'
import { SignInPage } from './setup/sign-in-page.tsx'
import { CrashGuard } from './shell/crash.tsx'
import { NotFound } from './shell/not-found.tsx'
import { Opening } from './shell/page.tsx'
import { Shell } from './shell/shell.tsx'

const AccountSettings = lazy(() => import('./settings/account.tsx').then((m) => ({ default: m.AccountSettings })))
const ChoosePasswordPage = lazy(() =>
  import('./setup/choose-password-page.tsx').then((m) => ({ default: m.ChoosePasswordPage })),
)
const CalendarPage = lazy(() => import('./calendar/calendar-page.tsx').then((m) => ({ default: m.CalendarPage })))
const ChannelsPage = lazy(() => import('./channels/channels-page.tsx').then((m) => ({ default: m.ChannelsPage })))
const KeySettings = lazy(() => import('./settings/keys.tsx').then((m) => ({ default: m.KeySettings })))
const MemberSettings = lazy(() => import('./settings/members.tsx').then((m) => ({ default: m.MemberSettings })))
const PlatformSettings = lazy(() => import('./settings/platforms.tsx').then((m) => ({ default: m.PlatformSettings })))
const PostPage = lazy(() => import('./posts/post-page.tsx').then((m) => ({ default: m.PostPage })))
const PostsPage = lazy(() => import('./posts/posts-page.tsx').then((m) => ({ default: m.PostsPage })))
const SettingsPage = lazy(() => import('./settings/settings-page.tsx').then((m) => ({ default: m.SettingsPage })))
const SetupPage = lazy(() => import('./setup/setup-page.tsx').then((m) => ({ default: m.SetupPage })))
const WelcomePage = lazy(() => import('./setup/welcome-page.tsx').then((m) => ({ default: m.WelcomePage })))
const WorkspaceSettings = lazy(() => import('./settings/workspace.tsx').then((m) => ({ default: m.WorkspaceSettings })))
const ComposePage = lazy(() => import('./composer/compose-page.tsx').then((m) => ({ default: m.ComposePage })))

const Screens = () => {
  const me = useQuery(meQuery)
  const setup = useQuery({ ...setupQuery, enabled: me.data === null })
  if (me.isError || setup.isError) {
    const broken = me.isError ? me : setup
    return (
      <main id="main" className="mx-auto max-w-lg px-4 py-20">
        <h1 className="mb-4 text-xl font-semibold">Clarion</h1>
        <Failed error={broken.error} retry={() => void broken.refetch()} />
      </main>
    )
  }
  if (me.data === undefined || (me.data === null && !setup.data)) return <Opening />
  if (me.data === null)
    return setup.data?.needed ? <SetupPage tokenRequired={setup.data.tokenRequired} /> : <SignInPage />
  if (me.data.mustChangePassword) return <ChoosePasswordPage me={me.data} />
  return (
    <Routes>
      <Route element={<Shell me={me.data} />}>
        <Route index element={<Navigate to="/calendar" replace />} />
        <Route path="welcome" element={<WelcomePage />} />
        <Route path="calendar" element={<CalendarPage />} />
        <Route path="compose/:id?" element={<ComposePage />} />
        <Route path="posts" element={<PostsPage />} />
        <Route path="posts/:id" element={<PostPage />} />
        <Route path="channels" element={<ChannelsPage />} />
        <Route path="settings" element={<SettingsPage />}>
          <Route index element={<Navigate to="workspace" replace />} />
          <Route path="workspace" element={<WorkspaceSettings />} />
          <Route path="members" element={<MemberSettings />} />
          <Route path="keys" element={<KeySettings />} />
          <Route path="account" element={<AccountSettings />} />
          <Route path="platforms" element={<PlatformSettings />} />
        </Route>
        <Route path="setup" element={<Navigate to="/calendar" replace />} />
        <Route path="sign-in" element={<Navigate to="/calendar" replace />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  )
}

const Everything = () => (
  <Suspense fallback={<Opening />}>
    <Screens />
  </Suspense>
)
/** What broke inside a screen is told by our own guard, not by the router's page for developers. */
const ToCrashGuard = (): never => {
  throw useRouteError()
}
// A data router, as only that one lets a screen ask before it is left.
const router = createBrowserRouter([{ path: '*', Component: Everything, ErrorBoundary: ToCrashGuard }])

const Toasts = () => {
  const t = useT()
  const theme = useTheme((s) => s.theme)
  return (
    <Toaster
      theme={theme}
      position="bottom-right"
      closeButton
      containerAriaLabel={t('toast.label')}
      // Above an action bar, which says how high it is; on phones above the places too.
      mobileOffset={{ bottom: 'calc(var(--action-bar, 0px) + 72px)' }}
      offset={{ bottom: 'calc(var(--action-bar, 0px) + 24px)' }}
    />
  )
}

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <CrashGuard>
      <RouterProvider router={router} />
      <Toasts />
    </CrashGuard>
  </QueryClientProvider>
)
