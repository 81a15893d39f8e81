/** What the broker was told to do makes no sense; the message says what, and what would. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly code = 'OTTLA_CONFIGURATION'
}
