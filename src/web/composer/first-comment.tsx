import type { Channel } from '#contract/channels.ts'
import { Field, Textarea } from '#ui/field.tsx'
import { useT } from '../i18n/index.ts'
import { useFormat } from '../lib/format.ts'
import { useFaces } from '../lib/registry.tsx'
import { commentFor, setComment, type Target } from './draft.ts'
import { fieldNames } from './troubles.ts'
import type { Composer } from './use-composer.ts'

/** The first comment of a version. Says which networks take it; where none does, only what was typed before is kept. */
export const FirstComment = ({
  composer,
  target,
  channels,
  disabled,
}: {
  composer: Composer
  target: Target
  /** Channels that show this version. */
  channels: readonly Channel[]
  disabled: boolean
}) => {
  const t = useT()
  const format = useFormat()
  const faces = useFaces()
  const value = commentFor(composer.draft, target)
  const takers = channels.flatMap((c) => {
    const spec = faces.get(c.platform)?.spec
    return spec?.can.firstComment ? [spec.name] : []
  })
  if (takers.length === 0 && !value) return null
  return (
    <Field
      label={t('composer.firstComment')}
      hint={
        takers.length > 0
          ? t('composer.firstComment.hint', { platforms: format.list([...new Set(takers)]) })
          : t('composer.firstComment.nowhere')
      }
    >
      {(c) => (
        <Textarea
          {...c}
          data-field={fieldNames.comment}
          rows={2}
          className="min-h-16"
          disabled={disabled}
          value={value}
          onChange={(e) => composer.edit((d) => setComment(d, target, e.target.value))}
        />
      )}
    </Field>
  )
}
