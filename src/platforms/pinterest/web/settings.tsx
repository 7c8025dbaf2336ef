import {
  OptionSetting,
  RadioSetting,
  SettingGroup,
  SettingNote,
  SwitchSetting,
  TextSetting,
} from '#kit/web/setting-controls.tsx'
import type { SettingsProps } from '#kit/web/slots.ts'
import { textOf, type Value, withSet } from '#kit/web/value.ts'

type Slide = { title?: string; description?: string; link?: string }
const slidesOf = (value: unknown): Slide[] => (Array.isArray(value) ? (value as Slide[]) : [])
const disclosuresOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Words of each picture of a carousel, as many as there are pictures. */
const Slides = ({
  count,
  value,
  disabled,
  say,
  onChange,
}: {
  count: number
  value: readonly Slide[]
  disabled: boolean
  say: SettingsProps['say']
  onChange: (slides: Slide[] | undefined) => void
}) => {
  const set = (at: number, change: Slide) => {
    const next = Array.from({ length: count }, (_, i) =>
      i === at ? (withSet({ ...value[i] }, change) as Slide) : (value[i] ?? {}),
    )
    onChange(next.some((s) => Object.keys(s).length > 0) ? next : undefined)
  }
  return Array.from({ length: count }, (_, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the place of the picture is what the words belong to
    <SettingGroup key={i} label={say('slide', { n: i + 1 })}>
      <TextSetting
        label={say('slide.title')}
        disabled={disabled}
        maxLength={100}
        value={value[i]?.title}
        onChange={(title) => set(i, { title })}
      />
      <TextSetting
        label={say('slide.description')}
        disabled={disabled}
        multiline
        maxLength={800}
        value={value[i]?.description}
        onChange={(description) => set(i, { description })}
      />
      <TextSetting
        label={say('slide.link')}
        disabled={disabled}
        placeholder="https://"
        value={value[i]?.link}
        onChange={(link) => set(i, { link })}
      />
    </SettingGroup>
  ))
}

/** Board first: no pin leaves without one. Cover only for films, words of pictures only for carousels. */
export const Settings = ({
  value,
  onChange,
  disabled,
  channel,
  segments,
  say,
  useOptions,
  MediaPicker,
}: SettingsProps) => {
  const boardId = textOf(value.boardId)
  const boards = useOptions('boards')
  const sections = useOptions(boardId ? 'sections' : null, boardId ? { boardId } : undefined)
  const set = (change: Value) => onChange(withSet(value, change))
  const media = segments[0]?.media ?? []
  const film = media.some((m) => m.kind === 'video')
  const pictures = media.filter((m) => m.kind === 'image').length
  const words = { loading: say('loading'), retry: say('retry') }
  const disclosures = disclosuresOf(value.aiDisclosures)
  const disclose = (word: string) => (on: boolean) => {
    const next = on ? [...disclosures, word] : disclosures.filter((d) => d !== word)
    set({ aiDisclosures: next.length > 0 ? next : undefined })
  }
  const coverAt = typeof value.coverAtSeconds === 'number' ? value.coverAtSeconds : 1
  return (
    <div className="grid gap-4">
      {channel.facts.trial === true ? <SettingNote tone="warn">{say('trial')}</SettingNote> : null}
      <OptionSetting
        label={say('boardId')}
        hint={boards.state === 'ready' && boards.items.length === 0 ? say('boardId.none') : say('boardId.help')}
        error={boardId || boards.state !== 'ready' ? undefined : say('boardId.required')}
        disabled={disabled}
        list={boards}
        value={boardId}
        onChange={(id) => set({ boardId: id, sectionId: undefined })}
        words={words}
      />
      {boardId && (sections.items.length > 0 || textOf(value.sectionId)) ? (
        <OptionSetting
          label={say('sectionId')}
          disabled={disabled}
          list={sections}
          none={say('sectionId.none')}
          value={textOf(value.sectionId)}
          onChange={(sectionId) => set({ sectionId })}
          words={words}
        />
      ) : null}
      <TextSetting
        label={say('title')}
        hint={say('title.help')}
        disabled={disabled}
        maxLength={100}
        value={textOf(value.title)}
        onChange={(title) => set({ title })}
      />
      <TextSetting
        label={say('link')}
        hint={say('link.help')}
        disabled={disabled}
        maxLength={2048}
        placeholder="https://"
        value={textOf(value.link)}
        onChange={(link) => set({ link: link?.trim() || undefined })}
      />
      {film ? (
        <SettingGroup label={say('cover')}>
          <MediaPicker
            label={say('coverId')}
            hint={say('coverId.help')}
            kind="image"
            value={textOf(value.coverId)}
            onChange={(coverId) => set({ coverId })}
          />
          {textOf(value.coverId) ? null : (
            <TextSetting
              label={say('coverAtSeconds')}
              disabled={disabled}
              value={String(coverAt)}
              onChange={(text) => {
                const seconds = Number.parseInt(text ?? '', 10)
                set({ coverAtSeconds: Number.isFinite(seconds) && seconds >= 0 ? Math.min(900, seconds) : undefined })
              }}
            />
          )}
        </SettingGroup>
      ) : null}
      {pictures > 1 ? (
        <Slides
          count={Math.min(5, pictures)}
          value={slidesOf(value.slides)}
          disabled={disabled}
          say={say}
          onChange={(slides) => set({ slides })}
        />
      ) : null}
      <SettingGroup label={say('aiDisclosures')}>
        {['AI_MODIFIED', 'SYNTHETIC_PERFORMER'].map((word) => (
          <SwitchSetting
            key={word}
            label={say(`aiDisclosures=${word}`)}
            disabled={disabled}
            value={disclosures.includes(word)}
            onChange={disclose(word)}
          />
        ))}
      </SettingGroup>
      <TextSetting
        label={say('dominantColor')}
        hint={say('dominantColor.help')}
        disabled={disabled}
        maxLength={7}
        placeholder="#6E7874"
        value={textOf(value.dominantColor)}
        onChange={(dominantColor) => set({ dominantColor })}
      />
      <RadioSetting
        name={`pinterest-delivery-${channel.id}`}
        label={say('delivery')}
        disabled={disabled}
        value={textOf(value.delivery) ?? 'upload'}
        onChange={(delivery) => set({ delivery })}
        choices={['upload', 'link'].map((way) => ({
          value: way,
          label: say(`delivery=${way}`),
          hint: say(`delivery=${way}.help`),
        }))}
      />
    </div>
  )
}
