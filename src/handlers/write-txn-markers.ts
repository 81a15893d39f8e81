import { inTurns, Turns } from '../time/turns.js'
import type { NamedPartition } from '../transactions/partition-set.js'
import { writeTxnMarkers } from '../wire/apis/write-txn-markers.js'
import { type ErrorName, errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

/**
 * Ends transactions in partitions that are led here, for any client that asks: so an administrator frees a partition
 * whose transaction hangs. Each producer is answered once, and a marker that names no partition not at all.
 */
export const writeTxnMarkersHandler = handler({
  api: writeTxnMarkers,
  replyLength: 'brief',

  async handle(request, context) {
    const turns = new Turns()
    const all = await inTurns(request.markers, marker => begin(marker, context, turns), turns)
    const outcomes = new Outcomes()
    for (const { producerId, led, strangers, errors } of all) {
      const told = await errors
      for (const [i, each] of led.entries()) {
        outcomes.add(producerId, each, told[i] as ErrorName)
        const pause = turns.pause()
        if (pause) await pause
      }
      for (const each of strangers) {
        outcomes.add(producerId, each, 'UNKNOWN_TOPIC_OR_PARTITION')
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    return { markers: await outcomes.told(turns) }
  },

  refuse: (request, { code: errorCode }) => ({
    markers: request.markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map(partitionIndex => ({ partitionIndex, errorCode })),
      })),
    })),
  }),
})

/** A producer whose markers are being written. */
interface Begun {
  readonly producerId: bigint
  readonly led: readonly NamedPartition[]
  /** The partitions that this node does not lead. */
  readonly strangers: readonly NamedPartition[]
  /** The outcomes of the partitions that are led here; the promise never rejects. */
  readonly errors: Promise<readonly ErrorName[]>
}

/**
 * Begins to write a marker. A partition that is named twice gets one. In Kafka it does, too, but there is no answer: it
 * waits for as many outcomes as there are names, and keeps one for each partition.
 */
async function begin(marker: Marker, context: RequestContext, turns: Turns): Promise<Begun> {
  const { broker, connection } = context
  const led: NamedPartition[] = []
  const strangers: NamedPartition[] = []
  const seen = new Map<string, Set<number>>()
  for (const { name, partitionIndexes } of marker.topics) {
    const known = seen.get(name) ?? new Set<number>()
    seen.set(name, known)
    for (const partition of partitionIndexes) {
      if (known.has(partition)) continue
      known.add(partition)
      const isLed = broker.metadata.topic(name)?.partitions[partition]?.leader === connection.nodeId
      if (isLed) led.push({ topic: name, partition })
      else strangers.push({ topic: name, partition })
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  const errors = broker.markers
    .write({ ...marker, committed: marker.transactionResult }, led)
    .catch(thrown => {
      const { errorName } = context.explain(thrown)
      return led.map(() => errorName)
    })
  return { producerId: marker.producerId, led, strangers, errors }
}

/** Collects the outcomes of markers by producer, topic and partition; the last one of a partition counts. */
class Outcomes {
  readonly #producers = new Map<bigint, Map<string, Map<number, ErrorName>>>()

  add(producerId: bigint, { topic, partition }: NamedPartition, error: ErrorName): void {
    const topics = this.#producers.get(producerId) ?? new Map<string, Map<number, ErrorName>>()
    const partitions = topics.get(topic) ?? new Map<number, ErrorName>()
    this.#producers.set(producerId, topics.set(topic, partitions.set(partition, error)))
  }

  told(turns: Turns) {
    return inTurns(
      this.#producers,
      async ([producerId, topics]) => ({
        producerId,
        topics: await inTurns(
          topics,
          async ([name, partitions]) => ({ name, partitions: await inTurns(partitions, answer, turns) }),
          turns,
        ),
      }),
      turns,
    )
  }
}

const answer = ([partitionIndex, error]: [number, ErrorName]) => ({
  partitionIndex,
  errorCode: errorCodes[error],
})
