/**
 * Use cases of passwords. One that somebody else chose (an invitation, a reset) is good for one thing: until its person
 * has chosen another, every workspace answers `password-change-required`.
 */
import { randomInt } from 'node:crypto'
import { Problem } from '#contract/problems.ts'
import type { Clock } from '#infra/clock.ts'
import { type Database, type Db, notify, topics } from '#infra/db/database.ts'
import { hashPassword } from './password.ts'
import type { Actor } from './service.ts'
import * as store from './store.ts'

/** No letter that looks like another: it is read off a screen. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
/** 80 bits in groups: `k7mq-...`. */
export const madePassword = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('')).join(
    '-',
  )

export const createPasswords = ({ database, clock }: { database: Pick<Database, 'db'>; clock: Clock }) => {
  const db: Db = database.db
  const at = () => new Date(clock.now())

  /** Every screen and stream of the person's workspaces looks again, also at who they are. */
  const lookAgain = async (userId: string, trx: Db = db): Promise<void> => {
    for (const { id } of await store.workspacesOf(trx, userId))
      await notify(trx, topics.live, { workspaceId: id, kind: 'workspace', id })
  }

  const give = async (trx: Db, userId: string, passwordHash: string): Promise<void> => {
    await store.setPassword(trx, { userId, passwordHash, mustChange: true, at: at() })
    await store.endSessions(trx, userId)
    await lookAgain(userId, trx)
  }

  return {
    lookAgain,
    /** The person has chosen one of their own. */
    passwordChosen: (userId: string): Promise<void> => store.mustNotChange(db, userId),
    /**
     * An owner gives a member a new first password; all sessions of the person end. Only an owner of every workspace the
     * person is in: otherwise it would open somebody else's. Throws `not-found`, `forbidden`.
     */
    resetPassword: async (actor: Actor, ws: string, userId: string, password: string): Promise<void> => {
      if (actor.userId === userId) throw new Problem('forbidden', 'Change your own password under Settings -> Account.')
      const passwordHash = await hashPassword(password)
      await db.transaction().execute(async (trx) => {
        await store.lockWorkspace(trx, ws)
        if (!(await store.memberOf(trx, ws, userId))) throw new Problem('not-found', 'There is no such member.')
        const mine = new Set(
          (await store.workspacesOf(trx, actor.userId)).flatMap((w) => (w.role === 'owner' ? [w.id] : [])),
        )
        if (!(await store.workspacesOf(trx, userId)).every((w) => mine.has(w.id)))
          throw new Problem(
            'forbidden',
            'This person is in a workspace you do not own. Whoever runs Clarion can reset it: npm run clarion -- users reset-password.',
          )
        await give(trx, userId, passwordHash)
      })
    },
    /** Whoever runs Clarion resets anybody's. Gives the new first password, or null when nobody has that address. */
    resetPasswordOf: async (email: string): Promise<string | null> => {
      const user = await store.userByEmail(db, email.trim().toLowerCase())
      if (!user) return null
      const password = madePassword()
      const passwordHash = await hashPassword(password)
      await db.transaction().execute((trx) => give(trx, user.id, passwordHash))
      return password
    },
  }
}
