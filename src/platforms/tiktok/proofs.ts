/**
 * The signature file of a verified URL prefix (fact sheet §1): TikTok gives the owner a name and a text, and looks for
 * them at the address. Photos are always fetched from a verified address; this is the way without access to DNS.
 */
import type { Platform } from '#kit/client/platform.ts'

export const proofs: NonNullable<Platform['proofs']> = ({ signatureFile, signatureText }) =>
  signatureFile && signatureText ? { [signatureFile.trim()]: signatureText.trim() } : {}
