/**
 * What may be repeated after a lost answer. safe: repeating harms nobody. keyed: the network dedupes by our key.
 * ask: call the witness first. never: no way to look -> `unconfirmed`.
 */
export type Again = 'safe' | 'keyed' | 'ask' | 'never'
