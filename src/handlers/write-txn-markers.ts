import type { NamedPartition } from '../transactions/partition-set.js'
import { writeTxnMarkers } from '../wire/apis/write-txn-markers.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

/** Ends transactions in partitions that are led here, whoever asks: it is how an administrator frees one that hangs. */
export const writeTxnMarkersHandler = handler({
  api: writeTxnMarkers,

  async handle(request, context) {
    return { markers: await Promise.all(request.markers.map(marker => write(marker, context))) }
  },

  refuse: (request, error) => ({
    markers: request.markers.map(marker => answer(marker, () => error.errorName)),
  }),
})

async function write(marker: Marker, { broker, connection }: RequestContext) {
  const { metadata, markers } = broker
  const all = marker.topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition): NamedPartition => ({ topic: name, partition })),
  )
  const isLed = ({ topic, partition }: NamedPartition) =>
    metadata.topic(topic)?.partitions[partition]?.leader === connection.nodeId
  const led = all.filter(isLed)
  const outcomes = await markers.write({ ...marker, committed: marker.transactionResult }, led)
  const results = new Map(led.map((each, i) => [keyOf(each), outcomes[i] as ErrorName]))
  return answer(marker, each => results.get(keyOf(each)) ?? 'UNKNOWN_TOPIC_OR_PARTITION')
}

const answer = ({ producerId, topics }: Marker, outcomeOf: (partition: NamedPartition) => ErrorName) => ({
  producerId,
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map(partition => ({
      partitionIndex: partition,
      errorCode: errorCodes[outcomeOf({ topic: name, partition })],
    })),
  })),
})

const keyOf = ({ topic, partition }: NamedPartition): string => `${topic}/${partition}`
