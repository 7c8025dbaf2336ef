/** Changing the words of a published post, where its network lets apps. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Field, Textarea } from '#ui/field.tsx'
import { api } from '../api/client.ts'
import { useT } from '../i18n/index.ts'
import { Failed } from '../lib/query-state.tsx'
import { say } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

export const EditDialog = ({
  publicationId,
  platform,
  text: before,
  onClose,
}: {
  publicationId: string
  platform: string
  text: string
  onClose: () => void
}) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const [text, setText] = useState(before)
  const edit = useMutation({
    mutationFn: () => api('publicationEdit', { params: { ws: ws.id, id: publicationId }, body: { text } }),
    onSuccess: () => {
      say(t('post.edit.done', { platform }))
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: [ws.id] }),
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('post.edit.title', { platform })}
      description={t('post.edit.lead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button
            tone="primary"
            busy={edit.isPending}
            disabled={text.trim() === '' || text === before}
            onClick={() => edit.mutate()}
          >
            {t('action.saveChanges')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {edit.isError ? <Failed error={edit.error} /> : null}
        <Field label={t('composer.text')}>
          {(c) => <Textarea {...c} rows={8} value={text} onChange={(e) => setText(e.target.value)} />}
        </Field>
      </div>
    </Dialog>
  )
}
