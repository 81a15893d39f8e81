/** The broker was told to do something that makes no sense; the message says what, and what would make sense. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
  readonly code = 'OTTLA_CONFIGURATION'
}
