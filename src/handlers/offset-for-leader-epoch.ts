import type { Answered, EpochEnd } from '../engine/log-engine.js'
import { inTurns, Turns } from '../time/turns.js'
import { offsetForLeaderEpoch } from '../wire/apis/offset-for-leader-epoch.js'
import { errorCodes, KafkaError } from '../wire/errors.js'
import type { RequestOf, ResponseOf } from '../wire/schema.js'
import { handler, type RequestContext } from './shared/handler.js'
import { checkLeaderEpoch, endsOfEpochs, ledPartition, type SoughtEpoch } from './shared/leadership.js'

type Answer = ResponseOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]
type Partition = RequestOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]

/** Tells where a leader epoch ends, so that a client sees what was cut off (KIP-320). */
export const offsetForLeaderEpochHandler = handler({
  api: offsetForLeaderEpoch,
  replyLength: 'brief',

  async handle(request, context) {
    const sought: SoughtEpoch[] = []
    const answers: (Answer | number)[][] = []
    const turns = new Turns()
    for (const { topic, partitions } of request.topics) {
      const ofTopic: (Answer | number)[] = []
      answers.push(ofTopic)
      for (const partition of partitions) {
        const found = seek(topic, partition, context)
        ofTopic.push('led' in found ? sought.push(found) - 1 : found)
        const pause = turns.pause()
        if (pause) await pause
      }
    }
    const ends = await endsOfEpochs(sought, context.broker.log)
    const told = (answer: Answer | number): Answer => {
      if (typeof answer !== 'number') return answer
      return answerOf((sought[answer] as SoughtEpoch).led.partition.index, ends[answer] ?? null)
    }
    const topics = await inTurns(
      request.topics.entries(),
      async ([t, { topic }]) => ({ topic, partitions: await inTurns(answers[t] ?? [], told, turns) }),
      turns,
    )
    return { throttleTimeMs: 0, topics }
  },

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: error.code })),
    })),
  }),
})

/** Returns what to look for, or the answer where nothing is to be looked for. */
function seek(name: string, wanted: Partition, context: RequestContext): SoughtEpoch | Answer {
  try {
    const led = ledPartition(context.broker.metadata.topic(name), wanted.partition, context)
    checkLeaderEpoch(led.partition, wanted.currentLeaderEpoch)
    return { led, leaderEpoch: wanted.leaderEpoch }
  } catch (thrown) {
    return { partition: wanted.partition, errorCode: context.explain(thrown).code }
  }
}

function answerOf(partition: number, end: Answered<EpochEnd | null>): Answer {
  if (end instanceof KafkaError) return { partition, errorCode: end.code }
  return { partition, errorCode: errorCodes.NONE, ...end }
}
