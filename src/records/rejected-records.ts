import { KafkaError } from '../wire/errors.js'

export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** The error for records that a topic cannot take; it names them by their place in the batch (KIP-467). */
export class RecordsRejected extends KafkaError {
  constructor(
    errorName: 'INVALID_RECORD' | 'INVALID_TIMESTAMP',
    readonly recordErrors: readonly RecordError[],
  ) {
    super(errorName, `One or more records were rejected: ${recordErrors[0]?.batchIndexErrorMessage}`)
  }
}
