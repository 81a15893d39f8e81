import type { Isolation } from '../../engine/log-engine.js'
import { KafkaError } from '../../wire/errors.js'

/** Returns the isolation of a level. Kafka has no error of its own for a level that does not exist, either. */
export function isolationOf(level: number): Isolation {
  if (level === 0) return 'read_uncommitted'
  if (level === 1) return 'read_committed'
  throw new KafkaError('UNKNOWN_SERVER_ERROR', `There is no isolation level ${level}.`)
}
