import { buildWeb } from './harness.ts'

/** Before the first journey: the web app as it will be served. */
export default buildWeb
