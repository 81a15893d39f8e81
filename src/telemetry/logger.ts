/** Takes the messages of the broker's parts. Each message is one sentence that says what happened and where. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  /**
   * Logs an error. A cause that was foreseen ends the sentence with its words; any other is a bug, and printed with its
   * stack.
   */
  error(message: string, cause?: unknown): void
}

/** A logger that logs nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** The levels, from the fewest messages to the most; each level includes those before it. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const isLogLevel = (text: string): text is LogLevel => (logLevels as readonly string[]).includes(text)

/** A logger whose level is known, and may be changed while the broker runs. */
export interface LevelledLogger extends Logger {
  level: LogLevel
  /** True where debug lines are wanted: it is asked before a line is put together for each request. */
  readonly isDebug: boolean
}
