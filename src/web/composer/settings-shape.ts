/** A settings schema as the fields a form can be drawn from. */
import { z } from 'zod'

export type Shape = {
  type?: string
  title?: string
  description?: string
  enum?: unknown[]
  items?: Shape
  properties?: Record<string, Shape>
  required?: string[]
  default?: unknown
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  /** Ours (`.meta({ options })`): the live list to choose from. */
  options?: string
  /** Ours (`.meta({ media })`): the kind of file whose id this is. */
  media?: 'image' | 'video' | 'document'
}

/** The schema's JSON form; null when it has no fields to draw. */
export const shapeOf = (schema: z.ZodType): Shape | null => {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape
  return shape.properties && Object.keys(shape.properties).length > 0 ? shape : null
}
