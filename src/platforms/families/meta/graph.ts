/**
 * Meta's Graph in one place: the versioned address, who calls, and the shape of an error. Made for the networks that
 * speak Graph (graph.facebook.com, graph.instagram.com, graph.threads.net); it knows none of them.
 *
 * The token goes into `Authorization: Bearer`, never into an address. `appsecret_proof` is sent when the secret is given
 * (required of apps with "Require app secret"; fact sheet instagram.md §2.2).
 */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Http, HttpRequest } from '#kit/client/http.ts'

/** The version all calls name. Meta keeps a version about two years; v25.0 is of February 2026. */
export const graphVersion = 'v25.0'

/** `https://graph.facebook.com/v25.0/<path>`; `host` for the sister networks. */
export const graphUrl = (path: string, host = 'graph.facebook.com', version = graphVersion): string =>
  `https://${host}/${version}/${path}`

/** Hex HMAC-SHA256 of the access token under the app secret. */
export const appSecretProof = (access: string, secret: string): string =>
  createHmac('sha256', secret).update(access).digest('hex')

export type GraphAccess = {
  http: Http
  /** User, Page or app token. */
  access: string
  /** App secret; absent: no proof is sent (tokens of Instagram Login and Threads have their own secret, or none). */
  secret?: string
  host?: string
  version?: string
}

type Ask<T> = Pick<
  HttpRequest<T>,
  'query' | 'form' | 'multipart' | 'json' | 'timeoutMs' | 'expect' | 'headers' | 'charge'
>

const call =
  (method: 'GET' | 'POST' | 'DELETE') =>
  async <T = unknown>(c: GraphAccess, path: string, ask: Ask<T> = {}): Promise<T> => {
    const proof = c.secret ? { appsecret_proof: appSecretProof(c.access, c.secret) } : {}
    const body = ask.multipart ?? ask.form ?? ask.json
    const { form, multipart, query, ...rest } = ask
    if (multipart && proof.appsecret_proof) multipart.set('appsecret_proof', proof.appsecret_proof)
    return (
      await c.http<T>({
        method,
        url: graphUrl(path, c.host, c.version),
        ...rest,
        headers: { authorization: `Bearer ${c.access}`, ...ask.headers },
        ...(form ? { form: { ...form, ...proof } } : {}),
        ...(multipart ? { multipart } : {}),
        // In a body where there is a form, else beside the question.
        query: body && !ask.json ? query : { ...query, ...proof },
      })
    ).body
  }

/** `graphGet(c, 'me', { query: { fields: 'id' }, expect })`. Raises what the platform's failure table says. */
export const graphGet = call('GET')
export const graphPost = call('POST')
export const graphDelete = call('DELETE')

/** Ids are decimal text. Some answers hold them as JSON numbers of up to 64 bits. */
export const graphId = z.union([z.string().regex(/^\d+(_\d+)*$/), z.int().nonnegative()]).transform(String)

/** `{ data: [...], paging }`: one page of a list. `after` is the cursor of the next page, absent on the last one. */
export const graphList = <T extends z.ZodType>(item: T) =>
  z
    .object({
      data: z.array(item).default([]),
      paging: z
        .object({ next: z.string().optional(), cursors: z.object({ after: z.string().optional() }).optional() })
        .optional(),
    })
    .transform((x) => ({ data: x.data, after: x.paging?.next ? x.paging.cursors?.after : undefined }))

export const graphSuccess = z.looseObject({ success: z.union([z.boolean(), z.string()]).optional() })
