import { describe, expect, it } from 'vitest'
import { faces } from '#platforms/registry/web.gen.ts'
import { type Shape, shapeOf } from './settings-shape.ts'

/** Every key a drawn form asks words for. */
const keysOf = (shape: Shape, prefix = ''): string[] =>
  Object.entries(shape.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const options = field.enum ?? field.items?.enum ?? []
    return [path, ...options.map((o) => `${path}=${String(o)}`), ...keysOf(field, `${path}.`)]
  })

describe.each(faces.map((face) => [face.spec.id, face] as const))('%s', (_, face) => {
  it('has a word in every language for each setting that is drawn, and none for what is not there', async () => {
    const { words, Settings, spec } = await face.load()
    const shape = Settings ? null : shapeOf(spec.settings.schema)
    const ownOf = (w: Readonly<Record<string, string>>) =>
      Object.keys(w)
        .filter((k) => !/^(preflight|connect|way|quota|cost|why)\.|\.help$/.test(k))
        .sort()
    // A component of the platform's own says what it likes, in both languages alike.
    const wanted = shape ? keysOf(shape).sort() : ownOf(words.en)
    for (const language of ['en', 'pl'] as const) {
      const own = ownOf(words[language])
      expect(own, language).toEqual(wanted)
      expect(Object.values(words[language]).every((w) => w.trim() !== '')).toBe(true)
    }
    const help = (w: Readonly<Record<string, string>>) =>
      Object.keys(w).filter((k) => /^(?!(connect|way)\.).*\.help$/.test(k))
    expect(help(words.pl).sort()).toEqual(help(words.en).sort())
  })

  it('says in Polish each budget Clarion counts', async () => {
    const { words } = await face.load()
    const pl: Readonly<Record<string, string>> = words.pl
    for (const { bucket } of face.spec.budgets ?? []) expect(pl[`quota.${bucket}`], bucket).toBeTruthy()
  })

  it('says in Polish why there are no numbers', async () => {
    const { words } = await face.load()
    const pl: Readonly<Record<string, string>> = words.pl
    expect(Boolean(pl['why.insights'])).toBe(Boolean(face.spec.why?.insights))
  })

  it('says in Polish every field of its connect form and credentials', async () => {
    const { words } = await face.load()
    const ways = face.spec.ways ?? []
    const fields = [...(face.spec.connectForm ?? []), ...ways.flatMap((w) => w.form ?? []), ...face.spec.credentials]
    const pl: Readonly<Record<string, string>> = words.pl
    for (const way of ways) {
      expect(pl[`way.${way.id}`], way.id).toBeTruthy()
      expect(Boolean(pl[`way.${way.id}.help`]), way.id).toBe(Boolean(way.help))
    }
    for (const field of fields) {
      expect(pl[`connect.${field.name}`], field.name).toBeTruthy()
      expect(Boolean(pl[`connect.${field.name}.help`]), field.name).toBe(Boolean(field.help))
    }
  })
})
