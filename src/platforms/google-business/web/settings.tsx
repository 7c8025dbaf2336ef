import {
  RadioSetting,
  SelectSetting,
  SettingGroup,
  SettingNote,
  SwitchSetting,
  TextSetting,
} from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'
import { Field, Input } from '#ui/field.tsx'
import { actions, repeats, topics, weekdays } from '../spec.ts'

type Part = Pick<SettingsProps, 'value' | 'disabled' | 'say'> & { set: (change: Value) => void }

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

const none = (...names: string[]): Value => Object.fromEntries(names.map((n) => [n, undefined]))
const ofRepeat = ['repeat', 'repeatDays', 'repeatUntil']
const ofOffer = ['couponCode', 'redeemUrl', 'terms']
/** What a kind of post does not have; leaving it would send nothing and only confuse. */
const foreign: Record<string, Value> = {
  STANDARD: none('eventTitle', 'start', 'end', ...ofRepeat, ...ofOffer),
  EVENT: none(...ofOffer),
  OFFER: none('action', 'actionUrl', ...ofRepeat),
}

/** Day and time of the place, to the minute: what is typed is what is sent. */
const When = ({ name, value, disabled, say, set, missing }: Part & { name: 'start' | 'end'; missing: boolean }) => (
  <Field label={say(name)} error={missing ? say('required') : undefined}>
    {(c) => (
      <Input
        {...c}
        type="datetime-local"
        disabled={disabled}
        value={textOf(value[name]) ?? ''}
        onChange={(e) => set({ [name]: e.target.value ? e.target.value.slice(0, 16) : undefined })}
      />
    )}
  </Field>
)

/** Title and schedule, which Google asks of events and offers alike. */
const Schedule = (p: Part) => {
  const { value, disabled, say, set } = p
  const [start, end] = [textOf(value.start), textOf(value.end)]
  return (
    <>
      <TextSetting
        label={say('eventTitle')}
        hint={say('eventTitle.help')}
        error={textOf(value.eventTitle)?.trim() ? undefined : say('required')}
        disabled={disabled}
        maxLength={58}
        value={textOf(value.eventTitle)}
        onChange={(eventTitle) => set({ eventTitle })}
      />
      <When {...p} name="start" missing={!start} />
      <When {...p} name="end" missing={!end} />
      <SettingNote tone={start && end && start >= end ? 'warn' : 'plain'}>
        {start && end && start >= end ? say('end.early') : say('zone')}
      </SettingNote>
    </>
  )
}

const Repeat = ({ value, disabled, say, set }: Part) => {
  const repeat = textOf(value.repeat)
  const days = listOf(value.repeatDays)
  const pick = (day: string) => (on: boolean) => {
    const next = weekdays.filter((d) => (d === day ? on : days.includes(d)))
    set({ repeatDays: next.length > 0 ? next : undefined })
  }
  return (
    <SettingGroup label={say('repeat')}>
      <SelectSetting
        label={say('repeat.every')}
        disabled={disabled}
        value={repeat}
        none={say('repeat.never')}
        choices={repeats.map((r) => ({ value: r, label: say(`repeat=${r}`) }))}
        onChange={(next) =>
          set({ repeat: next, ...(next === 'WEEKLY' ? {} : none('repeatDays')), ...(next ? {} : none('repeatUntil')) })
        }
      />
      {repeat === 'WEEKLY'
        ? weekdays.map((day) => (
            <SwitchSetting
              key={day}
              label={say(`day=${day}`)}
              disabled={disabled}
              value={days.includes(day)}
              onChange={pick(day)}
            />
          ))
        : null}
      {repeat ? (
        <Field label={say('repeatUntil')}>
          {(c) => (
            <Input
              {...c}
              type="date"
              disabled={disabled}
              value={textOf(value.repeatUntil) ?? ''}
              onChange={(e) => set({ repeatUntil: e.target.value || undefined })}
            />
          )}
        </Field>
      ) : null}
    </SettingGroup>
  )
}

const Offer = ({ value, disabled, say, set }: Part) => (
  <>
    <TextSetting
      label={say('couponCode')}
      disabled={disabled}
      maxLength={100}
      value={textOf(value.couponCode)}
      onChange={(couponCode) => set({ couponCode })}
    />
    <TextSetting
      label={say('redeemUrl')}
      disabled={disabled}
      placeholder="https://"
      value={textOf(value.redeemUrl)}
      onChange={(url) => set({ redeemUrl: url?.trim() || undefined })}
    />
    <TextSetting
      label={say('terms')}
      disabled={disabled}
      multiline
      maxLength={5000}
      value={textOf(value.terms)}
      onChange={(terms) => set({ terms })}
    />
  </>
)

const Action = ({ value, disabled, say, set, facts }: Part & { facts: SettingsProps['channel']['facts'] }) => {
  const action = textOf(value.action)
  const url = textOf(value.actionUrl)
  const website = textOf(facts.website)
  const leads = action !== undefined && action !== 'CALL'
  return (
    <SettingGroup label={say('action')}>
      <SelectSetting
        label={say('action.which')}
        disabled={disabled}
        value={action}
        none={say('action.none')}
        choices={actions.map((a) => ({ value: a, label: say(`action=${a}`) }))}
        onChange={(next) => set({ action: next, ...(next && next !== 'CALL' ? {} : none('actionUrl')) })}
      />
      {leads ? (
        <TextSetting
          label={say('actionUrl')}
          error={url ? undefined : say('required')}
          hint={
            website && url !== website && !disabled ? (
              <button type="button" className="font-medium underline" onClick={() => set({ actionUrl: website })}>
                {say('actionUrl.website', { url: website })}
              </button>
            ) : undefined
          }
          disabled={disabled}
          placeholder="https://"
          maxLength={2048}
          value={url}
          onChange={(next) => set({ actionUrl: next?.trim() || undefined })}
        />
      ) : null}
      {action === 'CALL' ? (
        <SettingNote tone={facts.phone === false ? 'warn' : 'plain'}>
          {facts.phone === false ? say('call.none') : say('call')}
        </SettingNote>
      ) : null}
    </SettingGroup>
  )
}

const standings = ['verify', 'wait', 'ownership', 'suspended', 'unknown']

/** The kind of post first, then what that kind must and may say. */
export const Settings = (p: SettingsProps) => {
  const { facts } = p.channel
  const part: Part = { ...p, set: (change) => p.onChange(withSet(p.value, change)) }
  const { value, disabled, say, set } = part
  const topic = textOf(value.topic) ?? 'STANDARD'
  const standing = textOf(facts.standing) ?? 'ok'
  return (
    <div className="grid gap-4">
      {standings.includes(standing) ? <SettingNote tone="warn">{say(`standing.${standing}`)}</SettingNote> : null}
      <RadioSetting
        name={`google-topic-${p.channel.id}`}
        label={say('topic')}
        disabled={disabled}
        value={topic}
        choices={topics.map((t) => ({
          value: t,
          label: say(`topic=${t}`),
          hint: say(t === 'OFFER' && facts.hotel === true ? 'topic.hotel' : `topic=${t}.help`),
          disabled: t === 'OFFER' && facts.hotel === true,
        }))}
        onChange={(next) => set({ topic: next, ...foreign[next] })}
      />
      {topic === 'STANDARD' ? null : <Schedule {...part} />}
      {topic === 'EVENT' ? <Repeat {...part} /> : null}
      {topic === 'OFFER' ? <Offer {...part} /> : <Action {...part} facts={facts} />}
      <TextSetting
        label={say('languageCode')}
        hint={say('languageCode.help')}
        disabled={disabled}
        maxLength={12}
        placeholder={textOf(facts.language) ?? 'en'}
        value={textOf(value.languageCode)}
        onChange={(code) => set({ languageCode: code?.trim() || undefined })}
      />
      <SettingNote>{say('policy')}</SettingNote>
    </div>
  )
}
