import type { NamedPartition } from '../transactions/partition-set.js'
import { writeTxnMarkers } from '../wire/apis/write-txn-markers.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

/**
 * Ends transactions in partitions that are led here, whoever asks: it is how an administrator frees one that
 * hangs. Each producer is answered once, and what names no partition not at all.
 */
export const writeTxnMarkersHandler = handler({
  api: writeTxnMarkers,
  replyLength: 'brief',

  async handle(request, context) {
    const outcomes = await Promise.all(request.markers.map(marker => write(marker, context)))
    return { markers: answers(outcomes.flat()) }
  },

  refuse: (request, { errorName }) => ({
    markers: answers(
      request.markers.flatMap(marker => partitionsOf(marker).map(each => outcome(marker, each, errorName))),
    ),
  }),
})

interface Outcome extends NamedPartition {
  readonly producerId: bigint
  readonly error: ErrorName
}

async function write(marker: Marker, { broker, connection }: RequestContext): Promise<Outcome[]> {
  const { metadata, markers } = broker
  const isLed = ({ topic, partition }: NamedPartition) =>
    metadata.topic(topic)?.partitions[partition]?.leader === connection.nodeId
  const all = partitionsOf(marker)
  const led = all.filter(isLed)
  const errors = await markers.write({ ...marker, committed: marker.transactionResult }, led)
  return [
    ...led.map((each, i) => outcome(marker, each, errors[i] as ErrorName)),
    ...all.filter(each => !isLed(each)).map(each => outcome(marker, each, 'UNKNOWN_TOPIC_OR_PARTITION')),
  ]
}

const partitionsOf = ({ topics }: Marker): NamedPartition[] =>
  topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map(partition => ({ topic: name, partition })),
  )

const outcome = ({ producerId }: Marker, partition: NamedPartition, error: ErrorName): Outcome => ({
  ...partition,
  producerId,
  error,
})

function answers(outcomes: readonly Outcome[]) {
  const producers = new Map<bigint, Map<string, Map<number, ErrorName>>>()
  for (const { producerId, topic, partition, error } of outcomes) {
    const topics = producers.get(producerId) ?? new Map<string, Map<number, ErrorName>>()
    const partitions = topics.get(topic) ?? new Map<number, ErrorName>()
    producers.set(producerId, topics.set(topic, partitions.set(partition, error)))
  }
  return [...producers].map(([producerId, topics]) => ({
    producerId,
    topics: [...topics].map(([name, partitions]) => ({
      name,
      partitions: [...partitions].map(([partitionIndex, error]) => ({
        partitionIndex,
        errorCode: errorCodes[error],
      })),
    })),
  }))
}
