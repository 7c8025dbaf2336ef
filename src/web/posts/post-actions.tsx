/** What can be done with a whole post wherever it is shown: once more as a draft, or gone. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Copy, MoreHorizontal, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { Post } from '#contract/posts.ts'
import { Button } from '#ui/button.tsx'
import { Dialog } from '#ui/dialog.tsx'
import { Menu, MenuItem } from '#ui/menu.tsx'
import { api } from '../api/client.ts'
import { useT } from '../i18n/index.ts'
import { say, sayError } from '../lib/toast.ts'
import { useSession } from '../shell/session.tsx'

/** Nothing of it is out, or may be: what the server asks before it deletes. */
export const untouched = (post: Post): boolean => post.publications.every((p) => !p.begun && p.state !== 'published')

/** The same content as a new draft, opened in the composer. `before`: what must be saved first; its failure is told. */
export const useDuplicate = (id: string, before?: () => Promise<unknown>) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: async () => {
      await before?.()
      return api('postDuplicate', { params: { ws: ws.id, id } })
    },
    onSuccess: async (made) => {
      client.setQueryData([ws.id, 'post', made.id], made)
      void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
      say(t('post.duplicated'))
      await navigate(`/compose/${made.id}`)
    },
    onError: (e) => sayError(t, e),
  })
}

export const DeletePost = ({
  id,
  open,
  onOpenChange,
  onDeleted,
}: {
  id: string
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Leaves the screen that showed it, before the rest hears of it. */
  onDeleted?: () => Promise<void> | void
}) => {
  const t = useT()
  const { ws } = useSession()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => api('postRemove', { params: { ws: ws.id, id } }),
    onSuccess: async () => {
      say(t('post.deleted'))
      onOpenChange(false)
      await onDeleted?.()
      client.removeQueries({ queryKey: [ws.id, 'post', id] })
      void client.invalidateQueries({ queryKey: [ws.id, 'posts'] })
    },
    onError: (e) => sayError(t, e),
  })
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('post.delete.title')}
      description={t('post.delete.lead')}
      closeLabel={t('action.close')}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{t('action.cancel')}</Button>
          <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            {t('action.delete')}
          </Button>
        </>
      }
    />
  )
}

/** Both, behind three dots. `name`: which post, for readers. */
export const PostMenu = ({
  post,
  name,
  before,
  onDeleted,
}: {
  post: Post
  name: string
  before?: () => Promise<unknown>
  onDeleted?: () => Promise<void> | void
}) => {
  const t = useT()
  const [asking, setAsking] = useState(false)
  const duplicate = useDuplicate(post.id, before)
  return (
    <>
      <Menu
        trigger={
          <Button tone="quiet" size="icon" busy={duplicate.isPending} aria-label={t('post.more', { name })}>
            {duplicate.isPending ? null : <MoreHorizontal aria-hidden />}
          </Button>
        }
      >
        <MenuItem onSelect={() => duplicate.mutate()}>
          <Copy aria-hidden />
          {t('post.duplicate')}
        </MenuItem>
        {untouched(post) ? (
          <MenuItem danger onSelect={() => setAsking(true)}>
            <Trash2 aria-hidden />
            {t('action.delete')}
          </MenuItem>
        ) : null}
      </Menu>
      <DeletePost id={post.id} open={asking} onOpenChange={setAsking} onDeleted={onDeleted} />
    </>
  )
}
