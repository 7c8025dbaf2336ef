/** Signed links for networks that pull our media: whoever holds one may read one rendition until it expires. Pure but for the HMAC. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** How long a link lives (ms): networks fetch within minutes, slow ones within hours. */
export const linkMs = 24 * 60 * 60_000

const mac = (key: Buffer, mediaId: string, profile: string, exp: string) =>
  createHmac('sha256', key).update(`${mediaId}\n${profile}\n${exp}`).digest()

/** Path and query of a link. `exp` is in epoch seconds, rounded up to the hour so that one link serves repeated calls. */
export const signLink = (key: Buffer, o: { mediaId: string; profile: string; now: number }): string => {
  const exp = String(Math.ceil((o.now + linkMs) / 3_600_000) * 3600)
  return `/media/${o.mediaId}/${o.profile}?exp=${exp}&sig=${mac(key, o.mediaId, o.profile, exp).toString('base64url')}`
}

/** Is the link ours and still good? Compares in constant time. */
export const checkLink = (
  key: Buffer,
  o: { mediaId: string; profile: string; exp: string; sig: string; now: number },
): boolean => {
  if (!/^\d{1,12}$/.test(o.exp) || Number(o.exp) * 1000 <= o.now) return false
  const given = Buffer.from(o.sig, 'base64url')
  const wanted = mac(key, o.mediaId, o.profile, o.exp)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
