/**
 * The design everybody else uses, as the documentation of BullMQ shows it (docs.bullmq.io: Workers, Delayed jobs, Retrying
 * failing jobs, Going to production): one delayed job a post; a worker that sets a status, reads the account and its
 * token, calls the network, and sets a status again. It promises nothing: killed between the call and the second status
 * it posts twice. The bench measures Clarion against it.
 *
 *   node bench/textbook/worker.ts '{"redisUrl","databaseUrl","queue","concurrency","call"}'
 *
 * `call` is the request of one publication as Clarion sends it. Prints "ready"; SIGTERM ends it after the jobs in work.
 */
import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { type Sent, vary } from '../load/call.ts'

export type TextbookSettings = {
  redisUrl: string
  databaseUrl: string
  queue: string
  concurrency: number
  call: Sent
}
export type PublishJob = { postId: number }

const settings = JSON.parse(process.argv[2]!) as TextbookSettings
const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: 20 })
// As the documentation asks for workers: commands wait for Redis instead of failing.
const connection = new Redis(settings.redisUrl, { maxRetriesPerRequest: null })

const worker = new Worker<PublishJob, string>(
  settings.queue,
  async (job) => {
    const { postId } = job.data
    const { rows } = await pool.query<{ account_id: number; text: string }>(
      "update textbook_posts set status = 'publishing' where id = $1 returning account_id, text",
      [postId],
    )
    const post = rows[0]
    if (!post) throw new Error(`there is no post ${postId}`)
    const accounts = await pool.query<{ handle: string; token: string }>(
      'select handle, token from textbook_accounts where id = $1',
      [post.account_id],
    )
    const { url, method, headers, body } = vary(settings.call, { id: postId, text: post.text })
    const res = await fetch(url, {
      method,
      headers: { ...headers, authorization: `Bearer ${accounts.rows[0]!.token}` },
      body,
    })
    const answer = (await res.json()) as { uri?: string; message?: string }
    if (!res.ok) throw new Error(answer.message ?? `the network answered ${res.status}`)
    await pool.query(
      "update textbook_posts set status = 'published', remote_id = $2, published_at = $3 where id = $1",
      [postId, answer.uri, new Date()],
    )
    return answer.uri ?? ''
  },
  { connection, concurrency: settings.concurrency },
)
worker.on('failed', (job, error) => console.error(`job ${job?.id} failed: ${error.message}`))
worker.on('error', (error) => console.error(error.message))

process.once('SIGTERM', () => {
  void worker
    .close()
    .then(() => Promise.all([connection.quit(), pool.end()]))
    .then(() => process.exit(0))
})
await worker.waitUntilReady()
console.log('ready')
