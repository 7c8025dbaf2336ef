/** Imported before anything that makes a schema: our content policy forbids code made from text, so zod shall not try. */
import { config } from 'zod'

config({ jitless: true })
