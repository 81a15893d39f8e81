/**
 * The metadata are damaged, or missing where partitions are. A start ends with this sentence and changes nothing: to go
 * on with less than there was would make every topic that is not known any more a stray.
 */
export class DamagedMetadata extends Error {
  override readonly name = 'DamagedMetadata'

  constructor(what: string, advice = 'Put the file back from a copy of it, or use another data directory.') {
    super(`${what} Nothing was changed. ${advice}`)
  }
}
