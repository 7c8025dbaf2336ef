/** Who is signed in and which workspace is open; every screen below the shell may ask. */
import { createContext, type ReactNode, useContext } from 'react'
import { type Role, roles } from '#contract/common.ts'
import type { Me, Workspace } from '#contract/people.ts'

export type Session = {
  me: Me
  ws: Workspace
  setWorkspace: (id: string) => void
  /** Has this person at least that role here? The server decides; this only hides what it would refuse. */
  can: (least: Role) => boolean
}

const Context = createContext<Session | null>(null)
export const SessionProvider = ({ value, children }: { value: Session; children: ReactNode }) => (
  <Context.Provider value={value}>{children}</Context.Provider>
)

export const useSession = (): Session => {
  const session = useContext(Context)
  if (!session) throw new Error('useSession outside the shell')
  return session
}

export const atLeast = (role: Role, least: Role): boolean => roles.indexOf(role) <= roles.indexOf(least)
