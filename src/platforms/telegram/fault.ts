/** What is wrong with the markup of a text: the first fault, as Telegram names one only. Pure. */

const sentences = {
  stray: 'A "<" must be written as &lt;.',
  unknown: 'Telegram does not know the tag <{tag}>.',
  start: 'The tag <{tag}> does not end.',
  attribute: 'Telegram cannot read the attributes of the tag <{tag}>.',
  span: 'The tag <span> must have class="tg-spoiler".',
  emoji: 'A custom emoji needs the number of the emoji.',
  end: 'The tag </{tag}> closes nothing, or tags cross.',
  open: 'The tag <{tag}> is not closed.',
  entity: 'Telegram does not know the entity {entity}.',
  mark: 'The {mark} is not closed.',
  crosses: 'The {mark} crosses another mark.',
  reserved: '"{mark}" must be written as \\{mark}.',
  link: 'A link is written [words](address).',
} as const

export type FaultCode = keyof typeof sentences
/** `message` in English; the sentence in other languages is found by `code` and filled from `params`. */
export type Fault = { code: FaultCode; message: string; params: Record<string, string> }

export const fault = (code: FaultCode, params: Record<string, string> = {}): Fault => ({
  code,
  params,
  message: sentences[code].replace(/\{(\w+)\}/g, (_, hole: string) => params[hole] ?? ''),
})

/** @testing */
export const faultCodes = Object.keys(sentences) as FaultCode[]
