import { MalformedMessage } from '../../wire/reader.js'
import type { Fields, ValueOf } from '../../wire/schema.js'
import {
  array,
  bytes,
  ignorable,
  int32,
  type Message,
  message,
  nullable,
  optional,
  since,
  string,
} from '../../wire/schema.js'
import { decodeMessage, encodeMessage } from '../../wire/stored-message.js'

/** The type of the protocol by which consumers share out partitions among themselves, within the classic protocol. */
export const consumerProtocolType = 'consumer'

/**
 * The subscription that a consumer sends to the leader of a classic group, in the metadata of each of its protocols.
 */
export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  flexibleSince: Infinity,
  fields: () => ({
    topics: array(string),
    userData: optional(nullable(bytes), null), // the assignor's own
    ownedPartitions: ignorable(
      since(1, array({ topic: since(1, string), partitions: since(1, array(int32)) })),
    ),
    generationId: ignorable(since(2, int32, -1)), // in which it owned them
    rackId: ignorable(since(3, nullable(string))),
  }),
})

/** The assignment that the leader of a classic group makes for a consumer. */
export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  flexibleSince: Infinity,
  fields: () => ({
    assignedPartitions: array({ topic: string, partitions: array(int32) }),
    userData: optional(nullable(bytes), null),
  }),
})

export type Subscription = ValueOf<typeof consumerProtocolSubscription>
export type Assignment = ValueOf<typeof consumerProtocolAssignment>

/** Reads a subscription; null where the bytes are something else. */
export const readSubscription = (metadata: Buffer): Subscription | null =>
  read(consumerProtocolSubscription, metadata)

/** Reads an assignment; null where the bytes are something else. No bytes are an assignment of no partitions. */
export const readAssignment = (assignment: Buffer): Assignment | null =>
  assignment.length === 0
    ? { assignedPartitions: [], userData: null }
    : read(consumerProtocolAssignment, assignment)

/** Writes an assignment in the version that the consumer's metadata names. */
export function writeAssignment(
  assignedPartitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  metadata: Buffer,
): Buffer {
  const version = Math.min(metadata.readInt16BE(), consumerProtocolAssignment.versions[1])
  return encodeMessage(consumerProtocolAssignment, version, { assignedPartitions })
}

/** Reads a message; one of a later version is read as the newest that is known, since it begins alike. */
function read<F extends Fields>(message: Message<F>, bytes: Buffer): ValueOf<Message<F>> | null {
  const newest = message.versions[1]
  try {
    if (bytes.length < 2 || bytes.readInt16BE() <= newest) return decodeMessage(message, bytes)
    const readable = Buffer.from(bytes)
    readable.writeInt16BE(newest)
    return decodeMessage(message, readable)
  } catch (thrown) {
    if (thrown instanceof MalformedMessage) return null
    throw thrown
  }
}
