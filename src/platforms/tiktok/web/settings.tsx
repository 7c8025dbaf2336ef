/**
 * TikTok's settings as its audit demands them (fact sheet §3.7): the account is named, privacy has no default, every
 * interaction is off and greyed where the account has it off, disclosure has dependent rules, and the terms are agreed to.
 */
import {
  RadioSetting,
  SelectSetting,
  SettingGroup,
  SettingNote,
  SwitchSetting,
  TextSetting,
} from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { type Facts, readFacts } from '../preflight.ts'
import { privacyLevels } from '../spec.ts'
import { changed, labelKey, shown, type Value } from './rules.ts'

type S = ReturnType<typeof shown>
type Part = {
  s: S
  f: Facts
  photo: boolean
  disabled: boolean
  say: SettingsProps['say']
  set: (change: Value) => void
}

const legal = {
  music: 'https://www.tiktok.com/legal/page/global/music-usage-confirmation/en',
  branded: 'https://www.tiktok.com/legal/page/global/bc-policy/en',
}
const Out = ({ href, children }: { href: string; children: string }) => (
  <a href={href} target="_blank" rel="noreferrer noopener" className="underline">
    {children}
  </a>
)

const Privacy = ({ s, f, disabled, say, set }: Part) => {
  const branded = s.disclose && s.brandedContent
  const offered = f.privacyOptions ?? privacyLevels
  const gone = s.privacy !== undefined && !offered.includes(s.privacy)
  return (
    <>
      <SelectSetting
        label={say('privacy')}
        disabled={disabled}
        value={s.privacy}
        none={say('privacy.none')}
        onChange={(privacy) => set({ privacy })}
        choices={[...offered, ...(gone && s.privacy ? [s.privacy] : [])].map((value) => ({
          value,
          label: say(`privacy=${value}`),
          disabled: (branded && value === 'SELF_ONLY') || !offered.includes(value),
        }))}
        hint={branded ? say('disclosure.notPrivate') : undefined}
        error={gone ? say('privacy.gone') : s.privacy === undefined ? say('privacy.needed') : undefined}
      />
      {f.audited ? null : <SettingNote tone="warn">{say('unaudited')}</SettingNote>}
    </>
  )
}

const Interactions = ({ s, f, photo, disabled, say, set }: Part) => {
  const row = (name: 'allowComment' | 'allowDuet' | 'allowStitch', off: boolean) => (
    <SwitchSetting
      key={name}
      label={say(name)}
      hint={off ? say('interaction.off') : undefined}
      disabled={disabled || off}
      value={s[name] && !off}
      onChange={(on) => set({ [name]: on })}
    />
  )
  return (
    <SettingGroup label={say('interactions')}>
      {row('allowComment', f.commentDisabled)}
      {photo ? null : row('allowDuet', f.duetDisabled)}
      {photo ? null : row('allowStitch', f.stitchDisabled)}
    </SettingGroup>
  )
}

const Disclosure = ({ s, photo, disabled, say, set }: Part) => {
  const label = labelKey(s, photo)
  const hidden = s.privacy === 'SELF_ONLY'
  return (
    <SettingGroup label={say('disclosure')}>
      <SwitchSetting
        label={say('disclose')}
        hint={say('disclose.help')}
        disabled={disabled}
        value={s.disclose}
        onChange={(disclose) => set({ disclose })}
      />
      {s.disclose ? (
        <>
          <SwitchSetting
            label={say('yourBrand')}
            hint={say('yourBrand.help')}
            disabled={disabled}
            value={s.yourBrand}
            onChange={(yourBrand) => set({ yourBrand })}
          />
          <SwitchSetting
            label={say('brandedContent')}
            hint={hidden ? say('disclosure.notPrivate') : say('brandedContent.help')}
            disabled={disabled || (hidden && !s.brandedContent)}
            value={s.brandedContent}
            onChange={(brandedContent) => set({ brandedContent })}
          />
          {label ? (
            <SettingNote>{say(label)}</SettingNote>
          ) : (
            <p role="alert" className="text-sm text-danger">
              {say('disclosure.choose')}
            </p>
          )}
        </>
      ) : null}
    </SettingGroup>
  )
}

/** The frame of the cover in seconds, or which photo it is. */
const Cover = ({
  s,
  photo,
  disabled,
  say,
  set,
  count,
  durationMs,
}: Part & { count: number; durationMs: number | null }) =>
  photo ? (
    <SelectSetting
      label={say('coverIndex')}
      disabled={disabled}
      value={String(s.coverIndex)}
      onChange={(value) => set({ coverIndex: value === undefined ? undefined : Number(value) })}
      choices={Array.from({ length: Math.max(count, s.coverIndex + 1) }, (_, i) => ({
        value: String(i),
        label: say('cover.photo', { n: i + 1 }),
      }))}
    />
  ) : (
    <label className="grid gap-1.5 text-sm font-medium">
      {say('coverMs', { at: ((s.coverMs ?? 0) / 1000).toFixed(1) })}
      <input
        type="range"
        className="accent-accent"
        min={0}
        max={Math.max(durationMs ?? 60_000, s.coverMs ?? 0)}
        step={100}
        disabled={disabled}
        value={s.coverMs ?? 0}
        onChange={(e) => set({ coverMs: Number(e.target.value) || undefined })}
      />
    </label>
  )

/** Nothing is posted before somebody agrees; the text grows with branded content. */
const Consent = ({ s, disabled, say, set }: Part) => (
  <SettingGroup label={say('consent')}>
    <p className="text-sm">
      {s.disclose && s.brandedContent ? (
        <>
          {say('consent.branded.before')} <Out href={legal.branded}>{say('consent.branded')}</Out> {say('consent.and')}{' '}
          <Out href={legal.music}>{say('consent.music')}</Out>.
        </>
      ) : (
        <>
          {say('consent.before')} <Out href={legal.music}>{say('consent.music')}</Out>.
        </>
      )}
    </p>
    <SwitchSetting
      label={say('musicConsent')}
      disabled={disabled}
      value={s.musicConsent}
      error={s.musicConsent ? undefined : say('musicConsent.needed')}
      onChange={(musicConsent) => set({ musicConsent })}
    />
    <p className="text-sm text-muted">{say('processing')}</p>
  </SettingGroup>
)

export const Settings = ({ value, onChange, disabled, channel, segments, say }: SettingsProps) => {
  const media = segments[0]?.media ?? []
  const photo = media[0] !== undefined && media[0].kind !== 'video'
  const f = readFacts(channel.facts)
  const s = shown(value)
  const part: Part = { s, f, photo, disabled, say, set: (change) => onChange(changed(value, change)) }
  const direct = s.mode === 'direct'
  return (
    <div className="grid gap-4">
      <p className="text-sm">
        {say('postingAs')} <strong>{f.nickname ?? channel.name}</strong>
        {channel.handle ? ` @${channel.handle.replace(/^@/, '')}` : ''}
      </p>
      {direct && f.cannotPost ? <SettingNote tone="warn">{f.cannotPost}</SettingNote> : null}
      <RadioSetting
        label={say('mode')}
        name={`mode-${channel.id}`}
        disabled={disabled}
        value={s.mode}
        onChange={(mode) => part.set({ mode })}
        choices={[
          { value: 'direct', label: say('mode=direct'), disabled: !f.canDirect },
          { value: 'inbox', label: say('mode=inbox'), hint: say('mode=inbox.hint'), disabled: !f.canInbox },
        ]}
      />
      {photo ? (
        <TextSetting
          label={say('photoTitle')}
          disabled={disabled}
          maxLength={90}
          value={s.photoTitle}
          onChange={(photoTitle) => part.set({ photoTitle })}
        />
      ) : null}
      {direct ? <Privacy {...part} /> : null}
      {direct ? <Interactions {...part} /> : null}
      {direct || photo ? <Cover {...part} count={media.length} durationMs={media[0]?.durationMs ?? null} /> : null}
      {direct && photo ? (
        <SwitchSetting
          label={say('autoMusic')}
          disabled={disabled}
          value={s.autoMusic}
          onChange={(autoMusic) => part.set({ autoMusic })}
        />
      ) : null}
      {direct ? (
        <SwitchSetting
          label={say('aiGenerated')}
          hint={say(photo ? 'aiGenerated.photos' : 'aiGenerated.help')}
          disabled={disabled}
          value={s.aiGenerated}
          onChange={(aiGenerated) => part.set({ aiGenerated })}
        />
      ) : null}
      {direct ? <Disclosure {...part} /> : null}
      {photo ? null : (
        <SelectSetting
          label={say('source')}
          hint={say('source.help')}
          disabled={disabled}
          value={s.source}
          onChange={(source) => part.set({ source })}
          choices={['file', 'pull'].map((v) => ({ value: v, label: say(`source=${v}`) }))}
        />
      )}
      {direct ? <Consent {...part} /> : <SettingNote>{say(photo ? 'inbox.photo' : 'inbox.video')}</SettingNote>}
    </div>
  )
}
