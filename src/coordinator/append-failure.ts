import { KafkaError } from '../wire/errors.js'

/**
 * The error that a client is told when the journal could not keep a fact: errors of the log mean nothing to clients of
 * a coordinator.
 */
export function asCoordinator(error: KafkaError): KafkaError {
  switch (error.errorName) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'UNKNOWN_TOPIC_ID':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'REQUEST_TIMED_OUT':
      return new KafkaError('COORDINATOR_NOT_AVAILABLE')
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return new KafkaError('NOT_COORDINATOR')
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return new KafkaError('UNKNOWN_SERVER_ERROR')
    default:
      return error
  }
}
