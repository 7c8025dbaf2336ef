import { toast } from 'sonner'
import { type T, tell } from '../i18n/index.ts'

export const say = (message: string) => toast.success(message)
/** A failed action, told with its reason and what to do; stays long enough to be read. */
export const sayError = (t: T, error: unknown) => {
  const told = tell(t, error)
  toast.error(told.title, { description: [told.detail, told.fix].filter(Boolean).join(' '), duration: 10_000 })
}
