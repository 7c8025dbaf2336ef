/** Imported before anything that makes a schema: our content policy forbids code made from text, so zod shall not try. `vite.config.ts` keeps it in one file with zod. */
import { config } from 'zod'

config({ jitless: true })
