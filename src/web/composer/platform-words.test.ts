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
    const wanted = shape ? keysOf(shape).sort() : []
    for (const language of ['en', 'pl'] as const) {
      const own = Object.keys(words[language]).filter((k) => !/^(preflight|connect)\.|\.help$/.test(k))
      expect(own.sort(), language).toEqual(wanted)
      expect(Object.values(words[language]).every((w) => w.trim() !== '')).toBe(true)
    }
    const help = (w: Readonly<Record<string, string>>) =>
      Object.keys(w).filter((k) => /^(?!connect\.).*\.help$/.test(k))
    expect(help(words.pl).sort()).toEqual(help(words.en).sort())
  })

  it('says in Polish every field of its connect form and credentials', async () => {
    const { words } = await face.load()
    const fields = [...(face.spec.connectForm ?? []), ...face.spec.credentials]
    const pl: Readonly<Record<string, string>> = words.pl
    for (const field of fields) {
      expect(pl[`connect.${field.name}`], field.name).toBeTruthy()
      expect(Boolean(pl[`connect.${field.name}.help`]), field.name).toBe(Boolean(field.help))
    }
  })
})
