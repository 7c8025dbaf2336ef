/** Headers that keep browsers honest. The policy fits our own pages; pages of others (Scalar, the sandbox) bring their own. */
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'

export const registerSecurity = async (app: FastifyInstance, { publicUrl }: { publicUrl: string }): Promise<void> => {
  const https = publicUrl.startsWith('https:')
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        // React writes style attributes; scripts are files of ours only.
        styleSrc: ["'self'", "'unsafe-inline'"],
        // Avatars live on the networks' own servers.
        imgSrc: ["'self'", 'data:', 'blob:', 'https:'],
        mediaSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(https ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    // Of this name alone: what else lives below it is not ours to lock.
    strictTransportSecurity: https ? { maxAge: 180 * 24 * 60 * 60, includeSubDomains: false } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    referrerPolicy: { policy: 'same-origin' },
  })
}

/** For one page: replaces the whole policy. */
export const docsPolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
/** For bytes people uploaded: nothing runs, nothing loads, even when opened as a page. */
export const uploadPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
