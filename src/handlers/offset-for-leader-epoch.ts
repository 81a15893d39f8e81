import { offsetForLeaderEpoch } from '../wire/apis/offset-for-leader-epoch.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'
import { checkLeaderEpoch, endOfEpoch, ledPartition } from './leadership.js'

type Partition = RequestOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number]

/** Tells where a leader epoch ends, so that a client sees what was cut off (KIP-320). */
export const offsetForLeaderEpochHandler = handler({
  api: offsetForLeaderEpoch,

  handle: (request, context) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(partition => answer(topic, partition, context)),
    })),
  }),

  refuse: (request, error) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode: error.code })),
    })),
  }),
})

function answer(name: string, wanted: Partition, context: RequestContext) {
  const { metadata, log } = context.broker
  const { partition } = wanted
  try {
    const led = ledPartition(metadata.topic(name), partition, context)
    checkLeaderEpoch(led.partition, wanted.currentLeaderEpoch)
    return { partition, errorCode: errorCodes.NONE, ...endOfEpoch(led, wanted.leaderEpoch, log) }
  } catch (thrown) {
    return { partition, errorCode: context.explain(thrown).code }
  }
}
