/** Where the parts of the broker tell people what happens. Each message is one sentence that says what and where. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  /** `cause` is printed with its stack. */
  error(message: string, cause?: unknown): void
}

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** From the fewest words to the most; each level says what those before it say as well. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]

export const isLogLevel = (text: string): text is LogLevel => (logLevels as readonly string[]).includes(text)

/** A logger whose level is known, and may be changed while the broker runs. */
export interface LevelledLogger extends Logger {
  level: LogLevel
  /** Whether debug lines are wanted: asked before a line is put together for each request. */
  readonly isDebug: boolean
}
