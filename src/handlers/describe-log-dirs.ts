import type { LogDirDescription } from '../engine/log-engine.js'
import { describeLogDirs } from '../wire/apis/describe-log-dirs.js'
import { errorCodes } from '../wire/errors.js'
import type { RequestOf } from '../wire/schema.js'
import { handler, type RequestContext } from './handler.js'

type Request = RequestOf<typeof describeLogDirs>

/** Tells the data directory, its partitions with their sizes, and the room that is left (KIP-113, KIP-827). */
export const describeLogDirsHandler = handler({
  api: describeLogDirs,

  async handle(request, context) {
    const directories = await context.broker.log.describe()
    return {
      throttleTimeMs: 0,
      errorCode: errorCodes.NONE,
      results: directories.map(directory => ({
        errorCode: directory.failure === null ? errorCodes.NONE : errorCodes.KAFKA_STORAGE_ERROR,
        logDir: directory.path,
        topics: topicsOf(directory, request, context),
        totalBytes: directory.totalBytes,
        usableBytes: directory.usableBytes,
      })),
    }
  },

  refuse: (_request, error) => ({ throttleTimeMs: 0, errorCode: error.code, results: [] }),
})

/** Partitions of which this node holds a replica; one that was never written has no bytes. */
function topicsOf(
  { replicas }: LogDirDescription,
  { topics }: Request,
  { broker, connection }: RequestContext,
) {
  const sizes = new Map(
    replicas.map(each => [`${each.target.topicId}/${each.target.partition}`, each.sizeBytes]),
  )
  const wanted = topics === null ? null : new Map(topics.map(each => [each.topic, new Set(each.partitions)]))
  return [...broker.metadata.topics()]
    .map(topic => ({
      name: topic.name,
      partitions: topic.partitions
        .filter(each => each.replicas.includes(connection.nodeId))
        .filter(each => wanted === null || wanted.get(topic.name)?.has(each.index))
        .map(({ index }) => ({
          partitionIndex: index,
          partitionSize: sizes.get(`${topic.id}/${index}`) ?? 0n,
          offsetLag: 0n,
          isFutureKey: false,
        })),
    }))
    .filter(topic => topic.partitions.length > 0)
}
