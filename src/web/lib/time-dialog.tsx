/** "Change time" as a dialog: the keyboard's way to do what dragging does. */
import { useState } from 'react'
import type { ScheduleInput } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { useT } from '../i18n/index.ts'
import { useSession } from '../shell/session.tsx'
import { nowIso } from './clock.ts'
import { Failed } from './query-state.tsx'
import { SchedulePicker, toSchedule, type When } from './schedule-picker.tsx'
import { nextHour, wallOf } from './time.ts'

export const TimeDialog = ({
  open,
  onOpenChange,
  title,
  confirm,
  description,
  initial,
  initialWall,
  submit,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  confirm: string
  description?: string
  /** Instant to start from; the next full hour when absent. */
  initial?: string | null
  initialWall?: string
  /** Rejects with what the server said; the dialog stays open and tells it. */
  submit: (when: ScheduleInput) => Promise<unknown>
}) => {
  const t = useT()
  const { ws } = useSession()
  const [when, setWhen] = useState<When | null>(null)
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null })
  const shown = when ?? {
    wall: initialWall ?? (initial ? wallOf(initial, ws.timeZone) : nextHour(nowIso(), ws.timeZone)),
    fold: 'earlier',
  }
  const close = (to: boolean) => {
    if (!to) {
      setWhen(null)
      setState({ busy: false, error: null })
    }
    onOpenChange(to)
  }
  const go = async () => {
    const input = toSchedule(shown, ws.timeZone)
    if (!input) return
    setState({ busy: true, error: null })
    try {
      await submit(input)
      close(false)
    } catch (error) {
      setState({ busy: false, error })
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title={title}
      description={description}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={() => close(false)}>{t('action.cancel')}</Button>
          <Button
            tone="primary"
            busy={state.busy}
            disabled={toSchedule(shown, ws.timeZone) === null}
            onClick={() => void go()}
          >
            {confirm}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <SchedulePicker value={shown} onChange={setWhen} />
        {state.error ? <Failed error={state.error} /> : null}
      </div>
    </Dialog>
  )
}
