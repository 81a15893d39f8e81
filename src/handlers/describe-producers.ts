import type { ActiveProducer, Answered, TopicPartition } from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { checkTopicName } from '../topics/topic-name.js'
import { describeProducers } from '../wire/apis/describe-producers.js'
import { KafkaError } from '../wire/errors.js'
import { failure, handler, type RequestContext, success } from './shared/handler.js'
import { ledPartition } from './shared/leadership.js'
import { memoized } from './shared/memoized.js'

/** Tells which idempotent producers a partition remembers (KIP-664). */
export const describeProducersHandler = handler({
  api: describeProducers,

  async handle(request, context) {
    const placeOnce = memoized(keyOf, (each: Wanted) => placed(each, context))
    const turns = new Turns()
    const places = await inTurns(
      request.topics,
      ({ name, partitionIndexes }) => inTurns(partitionIndexes, index => placeOnce({ name, index }), turns),
      turns,
    )
    const answers = await answersTo(places, context, turns)
    const topics = await inTurns(
      request.topics.entries(),
      async ([t, { name }]) => ({
        name,
        partitions: await inTurns(places[t] ?? [], place => answers.get(place) as Answer, turns),
      }),
      turns,
    )
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map(partitionIndex => ({
        partitionIndex,
        errorCode: error.code,
        errorMessage: error.message,
        activeProducers: [],
      })),
    })),
  }),
})

interface Wanted {
  readonly name: string
  readonly index: number
}

const keyOf = ({ name, index }: Wanted): string => `${name}/${index}`

/** A partition that is asked about, or the reason why it is not answered here. */
interface Place {
  readonly index: number
  readonly target: TopicPartition | KafkaError
}

type Answer = ReturnType<typeof answerOf>

function placed({ name, index }: Wanted, context: RequestContext): Place {
  try {
    checkTopicName(name)
    const known = context.broker.metadata.topic(name)
    if (!known) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`)
    const { topic } = ledPartition(known, index, context)
    return { index, target: { topicId: topic.id, partition: index } }
  } catch (thrown) {
    return { index, target: context.explain(thrown) }
  }
}

/** Asks about each place once. */
async function answersTo(
  places: readonly (readonly Place[])[],
  context: RequestContext,
  turns: Turns,
): Promise<Map<Place, Answer>> {
  const all = new Set<Place>()
  const targets: TopicPartition[] = []
  for (const ofTopic of places) {
    for (const place of ofTopic) {
      if (!all.has(place) && isTarget(place.target)) targets.push(place.target)
      all.add(place)
      const pause = turns.pause()
      if (pause) await pause
    }
  }
  const found = (await context.broker.log.producers(targets)).values()
  const answers = new Map<Place, Answer>()
  for (const place of all) {
    const { target } = place
    const outcome = isTarget(target) ? (found.next().value as Answered<readonly ActiveProducer[]>) : target
    answers.set(place, answerOf(place, outcome, context))
    const pause = turns.pause()
    if (pause) await pause
  }
  return answers
}

const isTarget = (each: TopicPartition | KafkaError): each is TopicPartition => !(each instanceof KafkaError)

function answerOf({ index }: Place, found: Answered<readonly ActiveProducer[]>, context: RequestContext) {
  if (found instanceof KafkaError) {
    return { partitionIndex: index, ...failure(found, context), activeProducers: [] }
  }
  const activeProducers = found.map(producer => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTransactionStartOffset,
  }))
  return { partitionIndex: index, ...success, activeProducers }
}
