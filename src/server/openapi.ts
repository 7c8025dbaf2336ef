/**
 * Component names of the OpenAPI document. zod has an input and an output shape of every named schema, and the library
 * calls the first `<Name>Input`, which meets our own `PostInput`. So schemas go in under marked names and come out
 * under their own; a second shape is kept (as `<Name>Input`) only where both are used and differ, and what nobody
 * refers to is left out.
 */
import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger'
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type Route, type RouteName, routes } from '#contract/routes.ts'

const mark = '__'
const prefix = '#/components/schemas/'

const schemaRegistry = z.registry<{ id?: string }>()
for (const [id, schema] of z.globalRegistry._idmap) schemaRegistry.add(schema, { id: `${id}${mark}` })

type Schemas = Record<string, unknown>
const refsIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]!)

/** Names that are reached from `start`, through other schemas too. */
const reached = (start: unknown, schemas: Schemas): Set<string> => {
  const seen = new Set<string>()
  const walk = (names: string[]): void => {
    for (const name of names)
      if (!seen.has(name) && name in schemas) {
        seen.add(name)
        walk(refsIn(schemas[name]))
      }
  }
  walk(refsIn(start))
  return seen
}

/** `Post__` -> `Post`; `Post__Input` -> `Post`, or `PostInput` when both shapes are used and differ. */
const finalNames = (used: Set<string>, schemas: Schemas): Map<string, string> => {
  const plain = (name: string) => JSON.stringify(schemas[name]).replaceAll(`${mark}Input"`, `${mark}"`)
  const names = new Map<string, string>()
  for (const name of used) {
    const [id, io] = name.split(mark) as [string, string]
    const both = used.has(`${id}${mark}`) && used.has(`${id}${mark}Input`)
    names.set(name, io === 'Input' && both && plain(name) !== plain(`${id}${mark}`) ? `${id}Input` : id)
  }
  return names
}

const base = createJsonSchemaTransform({ schemaRegistry })
const text = (description: string) => ({ type: 'string', description })
/** A multipart form: the file, and the fields beside it. */
const form = (fields: z.ZodType) => ({
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary' }, ...z.toJSONSchema(fields, { io: 'input' }).properties },
  additionalProperties: false,
})

/** Adds what `bind` reads beside the schemas: the two headers, and the form of an upload. */
export const transform: SwaggerTransform = (document) => {
  const { schema, url } = base(document as Parameters<typeof base>[0])
  const route: Route | undefined = routes[schema.operationId as RouteName]
  if (!route) return { schema, url }
  const properties = {
    ...(route.method === 'GET'
      ? {}
      : {
          'Idempotency-Key': text(
            '1 to 255 printable ASCII characters. Sent again, the write gets the first answer again.',
          ),
        }),
    ...(route.etag && route.method !== 'GET' && route.status !== 201
      ? { 'If-Match': text('The ETag of the version that is changed.') }
      : {}),
  }
  const headers = { type: 'object', properties, ...(route.etag === 'needs' ? { required: ['If-Match'] } : {}) }
  return {
    url,
    schema: {
      ...schema,
      ...(Object.keys(properties).length > 0 ? { headers } : {}),
      ...(route.upload ? { body: form(route.upload) } : {}),
    },
  }
}
const addSchemas = createJsonSchemaTransformObject({ schemaRegistry })

export const transformObject: SwaggerTransformObject = (document) => {
  const full = addSchemas(document) as { components?: { schemas?: Schemas }; paths?: unknown }
  const schemas = full.components?.schemas ?? {}
  const used = reached(full.paths, schemas)
  const names = finalNames(used, schemas)
  const kept = Object.fromEntries([...used].sort().map((name) => [names.get(name)!, schemas[name]]))
  const json = JSON.stringify({ ...full, components: { ...full.components, schemas: kept } })
  return JSON.parse(
    json.replace(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
      (_m, name: string) => `"$ref":"${prefix}${names.get(name) ?? name}"`,
    ),
  )
}
