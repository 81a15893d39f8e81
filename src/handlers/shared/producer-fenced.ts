import { KafkaError } from '../../wire/errors.js'
import type { RequestContext } from './handler.js'

/**
 * Gives clients that are older than PRODUCER_FENCED the INVALID_PRODUCER_EPOCH that they know in its place (KIP-588).
 */
export async function fencingKnown<T>(
  answer: Promise<T>,
  { version }: RequestContext,
  since: number,
): Promise<T> {
  try {
    return await answer
  } catch (thrown) {
    const isFencing = thrown instanceof KafkaError && thrown.errorName === 'PRODUCER_FENCED'
    throw isFencing && version < since ? new KafkaError('INVALID_PRODUCER_EPOCH') : thrown
  }
}
