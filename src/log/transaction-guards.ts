import type { ProducerOfBatch } from '../engine/log-engine.js'
import type { OpenGuard } from '../records/admission.js'

interface Opened extends OpenGuard {
  readonly sinceMs: number
  epoch: number
  lowestSequence: number
}

/**
 * The producers that are about to begin a transaction in a partition, and that are being checked for it (KIP-890;
 * Kafka's VerificationStateEntry). Whatever is written for a producer takes its guard back, so that a marker which
 * comes between the check and the batch makes the check worthless.
 */
export class TransactionGuards {
  readonly #open = new Map<bigint, Opened>()

  request({ producerId, producerEpoch, baseSequence, knowsEpochBump }: ProducerOfBatch, nowMs: number) {
    const open = this.#open.get(producerId) ?? {
      guard: {},
      knowsEpochBump,
      sinceMs: nowMs,
      epoch: producerEpoch,
      lowestSequence: baseSequence,
    }
    this.#open.set(producerId, open)
    if (producerEpoch > open.epoch || (producerEpoch === open.epoch && baseSequence < open.lowestSequence)) {
      open.epoch = producerEpoch
      open.lowestSequence = baseSequence
    }
    return open.guard
  }

  of(producerId: bigint): OpenGuard | undefined {
    return this.#open.get(producerId)
  }

  takeBack(producerId: bigint): void {
    this.#open.delete(producerId)
  }

  expire(beforeMs: number): void {
    for (const [producerId, { sinceMs }] of this.#open) {
      if (sinceMs < beforeMs) this.#open.delete(producerId)
    }
  }
}
