import { useEffect, useState } from 'react'
import { OptionSetting, SettingGroup, SettingNote, TextSetting } from '#kit/web/setting-controls.tsx'
import type { OptionList, SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value } from '#kit/web/value.ts'
import type { Community } from '../spec.ts'
import { bareName, sameName, shownName } from '../text.ts'
import { communityOf } from './value.ts'

type Props = Pick<SettingsProps, 'value' | 'disabled' | 'say' | 'useOptions'> & { set: (change: Value) => void }

const withoutAt = (c: Community | undefined) => JSON.stringify(c ? { ...c, at: 0 } : null)

/**
 * Takes what the community asks for along with the settings, so that the server checks against the same facts. Gives the
 * list, for its state and guidelines.
 */
const useRules = ({ value, disabled, useOptions, set }: Props): OptionList => {
  const subreddit = textOf(value.subreddit)
  const list = useOptions(subreddit ? 'community' : null, subreddit ? { subreddit } : undefined)
  const data = list.items[0]?.data as { community?: unknown } | undefined
  const fresh = communityOf(data?.community)
  const stale =
    fresh &&
    subreddit &&
    sameName(fresh.name, subreddit) &&
    withoutAt(fresh) !== withoutAt(communityOf(value.community))
  useEffect(() => {
    if (stale && !disabled) set({ community: fresh, subreddit: fresh.name })
  })
  return list
}

/** Rules as the community wrote them, foldable, for some are long. */
const Rules = ({ items, label }: { items: OptionList['items']; label: string }) =>
  items.length === 0 ? null : (
    <details className="rounded-lg border border-line p-3 text-sm" open>
      <summary className="cursor-pointer font-medium">{label}</summary>
      <ol className="mt-2 list-decimal space-y-1 pl-5">
        {items.map((rule) => (
          <li key={rule.value}>
            {rule.label}
            {rule.hint ? <span className="block whitespace-pre-wrap text-muted">{rule.hint}</span> : null}
          </li>
        ))}
      </ol>
    </details>
  )

const Flair = ({ value, disabled, say, useOptions, set, required }: Props & { required: boolean }) => {
  const subreddit = textOf(value.subreddit)
  const flairs = useOptions(subreddit ? 'flairs' : null, subreddit ? { subreddit } : undefined)
  const flairId = textOf(value.flairId)
  const chosen = flairs.items.find((f) => f.value === flairId)
  const editable = (chosen?.data as { editable?: boolean } | undefined)?.editable === true
  if (!subreddit || (flairs.state === 'ready' && flairs.items.length === 0 && !flairId && !required)) return null
  return (
    <>
      <OptionSetting
        label={say('flairId')}
        hint={flairs.state === 'ready' && flairs.items.length === 0 ? say('flairId.empty') : undefined}
        error={required && !flairId ? say('flairId.required') : undefined}
        disabled={disabled}
        list={flairs}
        none={say('flairId.none')}
        value={flairId}
        onChange={(id) => set({ flairId: id, flairText: undefined })}
        words={{ loading: say('loading'), retry: say('retry') }}
      />
      {editable || textOf(value.flairText) ? (
        <TextSetting
          label={say('flairText')}
          disabled={disabled}
          maxLength={64}
          placeholder={chosen?.label}
          value={textOf(value.flairText)}
          onChange={(flairText) => set({ flairText })}
        />
      ) : null}
    </>
  )
}

/** Where it goes, what the community asks for, and its flairs. Nothing leaves without a community. */
export const CommunitySetting = (props: Props) => {
  const { value, disabled, say, useOptions, set } = props
  const subreddit = textOf(value.subreddit)
  const [typed, setTyped] = useState<string>()
  const [q, setQ] = useState<string>()
  const places = useOptions('subreddits', q ? { q } : undefined)
  const community = useRules(props)
  const rules = useOptions(subreddit ? 'rules' : null, subreddit ? { subreddit } : undefined)
  const known = communityOf(value.community)
  const guidelines = textOf((community.items[0]?.data as { guidelines?: unknown } | undefined)?.guidelines)
  const choose = (name: string | undefined) =>
    set({ subreddit: name && bareName(name), community: undefined, flairId: undefined, flairText: undefined })
  return (
    <SettingGroup label={say('subreddit')}>
      <div className="flex items-end gap-2">
        <div className="min-w-0 grow">
          <TextSetting
            label={say('search')}
            hint={say('search.help')}
            disabled={disabled}
            maxLength={50}
            value={typed}
            onChange={setTyped}
          />
        </div>
        <button
          type="button"
          disabled={disabled}
          className="mb-6 rounded-lg border border-line px-3 py-2 font-medium text-sm"
          onClick={() => setQ(typed?.trim() || undefined)}
        >
          {say('search.go')}
        </button>
      </div>
      <OptionSetting
        label={say('subreddit.choose')}
        hint={places.state === 'ready' && places.items.length === 0 ? say('subreddit.none') : undefined}
        error={subreddit || places.state !== 'ready' ? undefined : say('subreddit.required')}
        disabled={disabled}
        list={places}
        value={subreddit}
        onChange={choose}
        words={{ loading: say('loading'), retry: say('retry') }}
      />
      {community.state === 'error' ? <SettingNote tone="warn">{community.error}</SettingNote> : null}
      {known && subreddit && sameName(known.name, subreddit) ? <Asks community={known} say={say} /> : null}
      {guidelines ? <SettingNote>{guidelines}</SettingNote> : null}
      <Rules items={rules.items} label={say('rules', { place: subreddit ? shownName(subreddit) : '' })} />
      <Flair {...props} required={known?.flairRequired ?? false} />
    </SettingGroup>
  )
}

/** The demands of the community in one list, those it has. */
const Asks = ({ community: c, say }: { community: Community; say: SettingsProps['say'] }) => {
  const range = (min?: number | null, max?: number | null) =>
    min || max ? { min: min ?? 0, max: max ?? '∞' } : undefined
  const title = range(c.titleMin, c.titleMax)
  const text = range(c.bodyMin, c.bodyMax)
  const lines = [
    c.banned ? say('asks.banned') : c.closed ? say('asks.closed') : '',
    c.takes === 'any' ? '' : say(`asks.takes=${c.takes}`),
    c.flairRequired ? say('asks.flair') : '',
    title ? say('asks.title', title) : '',
    c.titleNeeds.length > 0 ? say('asks.titleNeeds', { words: c.titleNeeds.join(', ') }) : '',
    c.titleBans.length > 0 ? say('asks.titleBans', { words: c.titleBans.join(', ') }) : '',
    c.bodyPolicy === 'none' ? '' : say(`asks.body=${c.bodyPolicy}`),
    text ? say('asks.text', text) : '',
    c.links === 'none' ? '' : say(`asks.links=${c.links}`, { words: c.domains.join(', ') }),
    c.patterns ? say('asks.patterns') : '',
    c.over18 ? say('asks.over18') : '',
  ].filter(Boolean)
  if (lines.length === 0) return null
  return (
    <SettingNote tone={c.banned || c.closed ? 'warn' : 'plain'}>
      {lines.map((line) => (
        <span key={line} className="block">
          {line}
        </span>
      ))}
    </SettingNote>
  )
}
