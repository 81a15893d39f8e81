/**
 * The target that a broker logs to: a pino instance, or any object with these methods of pino's, such as `console`. An
 * error that has a cause is logged as `error({ err: cause }, message)`, everything else as a message alone.
 */
export interface LogTarget {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
  error(fields: { readonly err: unknown }, message: string): void
  /** With these two, as pino has them, the target keeps its own level, and the broker changes that one. */
  level?: string
  isLevelEnabled?(level: string): boolean
}
