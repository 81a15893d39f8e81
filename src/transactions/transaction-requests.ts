import type { KafkaError } from '../wire/errors.js'
import type { NamedPartition } from './partition-set.js'

/** How a request is answered, now or when its time has come. */
export type Reply<T> = (answer: T | KafkaError) => void

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** Who the client believes it is (KIP-360); null: it is new. */
  readonly expected: ProducerIdentity | null
}

export interface AddRequest extends ProducerIdentity {
  readonly transactionalId: string
  readonly partitions: readonly NamedPartition[]
  /** 2 where the client need not add partitions itself (KIP-890). */
  readonly clientVersion: number
}

export interface EndRequest extends ProducerIdentity {
  readonly transactionalId: string
  readonly committed: boolean
  readonly clientVersion: number
}
