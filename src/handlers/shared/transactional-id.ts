import { KafkaError } from '../../wire/errors.js'

export function checkTransactionalId(transactionalId: string): void {
  if (transactionalId === '') throw new KafkaError('INVALID_REQUEST', 'The transactional id is empty.')
}
