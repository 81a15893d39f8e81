import type { KafkaError } from '../wire/errors.js'
import type { NamedPartition } from './partition-set.js'

/** Answers a request, now or when its time has come. */
export type Reply<T> = (answer: T | KafkaError) => void

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** The identity that the client believes it has (KIP-360); null for a new one. */
  readonly expected: ProducerIdentity | null
}

export interface AddRequest extends ProducerIdentity {
  readonly transactionalId: string
  readonly partitions: readonly NamedPartition[]
  /** The client's transaction version: from 2 on the client need not add partitions itself (KIP-890). */
  readonly clientVersion: number
}

export interface EndRequest extends ProducerIdentity {
  readonly transactionalId: string
  readonly committed: boolean
  readonly clientVersion: number
}
