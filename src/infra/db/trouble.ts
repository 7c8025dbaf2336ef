/** Trouble of the database that passes: the statement was taken back or never ran, and the same may go through a moment later. */

/**
 * Deadlock and serialisation, connections (08), resources (53), shutdown and restart (57P), a statement (57014) or lock
 * (55P03) that took longer than this process waits, a transaction left open (25P03); the same from the socket.
 */
const codes = /^(40001|40P01|08...|53...|57P0.|57014|55P03|25P03|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/
/**
 * What the driver says without a code. The "not queryable" ones come when a transaction is to be rolled back on a connection
 * that broke in the middle of it, in place of what broke it.
 */
const words =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed) and is not queryable)/

/** Of a connection that broke nobody knows whether its last statement was committed: repeat only what may be repeated. */
export const passes = (error: unknown): boolean => {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return (typeof code === 'string' && codes.test(code)) || (typeof message === 'string' && words.test(message))
}

/** A statement or its lock took longer than the connection waits: it did nothing, and the connection is well. */
export const tooLong = (error: unknown): boolean =>
  ['57014', '55P03'].includes(String((error as { code?: unknown } | null)?.code))
