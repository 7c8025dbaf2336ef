/** What a post may hold (fact sheet §3.1): exactly one of media, multiImage, article, poll; every member known. */
import { Refused } from '#kit/sandbox/answer.ts'
import { isObject, type JsonObject } from '#kit/sandbox/body.ts'
import { checkFields, type FieldTable, is } from '#kit/sandbox/fields.ts'
import { invalidField, problem, stop, tooLong, wrongValue } from './answers.ts'
import { usable } from './assets.ts'
import { post as n } from './numbers.ts'
import type { LinkedInWorld } from './state.ts'

/** Refuses unknown, missing and wrong members below `path`, in Rest.li's words. */
export const strict = (value: unknown, path: string, table: FieldTable): JsonObject => {
  if (!isObject(value)) return stop(invalidField(path, 'is not a record'))
  const [wrong] = checkFields(value, table)
  if (wrong)
    stop(
      invalidField(
        `${path}/${wrong.field}`,
        wrong.kind === 'unknown'
          ? 'unrecognized field found but not allowed'
          : wrong.kind === 'missing'
            ? 'field is required but not found and has no default value'
            : wrong.message,
      ),
    )
  return value
}

const within = (text: unknown, path: string, max: number) => {
  if (typeof text === 'string' && text.length > max) stop(tooLong(path, max))
}

type Check = (world: LinkedInWorld, value: unknown, author: string) => void

const media: Check = (world, value, author) => {
  const m = strict(value, '/content/media', {
    id: { required: true, check: is.string },
    altText: { check: is.string },
    title: { check: is.string },
  })
  const asset = usable(world, m.id, author, ['image', 'video', 'document'])
  if (m.altText !== undefined && asset.kind !== 'image') stop(wrongValue('altText is for images only'))
  if (asset.kind === 'document' && !m.title) stop(problem(400, 'MISSING_FIELD', 'title is required for a document'))
  within(m.altText, '/content/media/altText', n.altMax)
  within(m.title, '/content/media/title', n.titleMax)
}

const multiImage: Check = (world, value, author) => {
  const m = strict(value, '/content/multiImage', {
    images: { required: true, check: () => null },
    altText: { check: is.string },
  })
  const { images } = m
  if (!Array.isArray(images) || images.length < n.minImages || images.length > n.maxImages)
    return void stop(wrongValue(`multiImage must have ${n.minImages} to ${n.maxImages} images`))
  for (const [i, image] of images.entries()) {
    const path = `/content/multiImage/images/${i}`
    const one = strict(image, path, { id: { required: true, check: is.string }, altText: { check: is.string } })
    usable(world, one.id, author, ['image'])
    within(one.altText, `${path}/altText`, n.altMax)
  }
}

const article: Check = (world, value, author) => {
  const a = strict(value, '/content/article', {
    source: { required: true, check: is.match(/^https?:\/\/\S+$/) },
    title: { required: true, check: is.string },
    description: { check: is.string },
    thumbnail: { check: is.string },
    thumbnailAltText: { check: is.string },
  })
  if (a.title === '') stop(problem(400, 'INVALID_VALUE_BLANK_FIELD', 'title must not be blank'))
  within(a.title, '/content/article/title', n.titleMax)
  within(a.description, '/content/article/description', n.descriptionMax)
  if (a.thumbnail !== undefined) usable(world, a.thumbnail, author, ['image'])
}

const poll: Check = (_world, value) => {
  const p = strict(value, '/content/poll', {
    question: { required: true, check: is.string },
    options: { required: true, check: () => null },
    settings: { required: true, check: () => null },
  })
  within(p.question, '/content/poll/question', n.questionMax)
  const { options } = p
  if (!Array.isArray(options) || options.length < n.minOptions || options.length > n.maxOptions)
    return void stop(wrongValue(`poll must have ${n.minOptions} to ${n.maxOptions} options`))
  for (const [i, option] of options.entries()) {
    const one = strict(option, `/content/poll/options/${i}`, { text: { required: true, check: is.string } })
    if (one.text === '') stop(problem(400, 'INVALID_VALUE_BLANK_FIELD', 'an option must not be blank'))
    within(one.text, `/content/poll/options/${i}/text`, n.optionMax)
  }
  strict(p.settings, '/content/poll/settings', {
    duration: { required: true, check: is.oneOf(...n.durations) },
    voteSelectionType: { check: is.oneOf('SINGLE_VOTE') },
    isVoterVisibleToAuthor: { check: is.boolean },
  })
}

const checks: Record<string, Check> = { media, multiImage, article, poll }

/** Refuses a content LinkedIn would not take. */
export const checkContent = (world: LinkedInWorld, value: unknown, author: string): void => {
  if (!isObject(value)) throw new Refused(invalidField('/content', 'is not a union'))
  const keys = Object.keys(value)
  const unknown = keys.find((k) => !Object.hasOwn(checks, k))
  if (unknown) stop(invalidField(`/content/${unknown}`, 'unrecognized field found but not allowed'))
  if (keys.length !== 1) stop(invalidField('/content', 'DataMap should have no more than one entry for a union type'))
  checks[keys[0]!]!(world, value[keys[0]!], author)
}

/** URNs of the files in a content, in order. */
export const assetsIn = (content: JsonObject | null): string[] => {
  const m = content?.media
  if (isObject(m)) return [String(m.id)]
  const images = isObject(content?.multiImage) ? content.multiImage.images : undefined
  return Array.isArray(images) ? images.flatMap((i) => (isObject(i) ? [String(i.id)] : [])) : []
}
