/** Where the broker tells people what happens. Each message is one sentence that says what and where. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  /** `cause` is printed with its stack. */
  error(message: string, cause?: unknown): void
}

/** Says nothing: the default inside a test process. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
