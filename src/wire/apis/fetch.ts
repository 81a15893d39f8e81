import {
  api,
  array,
  ignorable,
  int8,
  int16,
  int32,
  int64,
  nullable,
  optional,
  records,
  since,
  string,
  struct,
  tagged,
  until,
  uuid,
} from '../schema.js'

/** TODO-DOC */
export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleSince: 12,
  request: {
    clusterId: ignorable(tagged(0, 12, nullable(string))),
    replicaId: until(14, optional(int32, -1)),
    replicaState: tagged(
      1,
      15,
      struct({
        replicaId: optional(int32, -1),
        replicaEpoch: optional(int64, -1n),
      }),
    ),
    maxWaitMs: int32,
    minBytes: int32,
    maxBytes: optional(int32, 0x7fffffff),
    isolationLevel: optional(int8, 0),
    sessionId: ignorable(since(7, int32)),
    sessionEpoch: ignorable(since(7, int32, -1)),
    topics: array({
      topic: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: ignorable(since(9, int32, -1)),
        fetchOffset: int64,
        lastFetchedEpoch: since(12, int32, -1),
        logStartOffset: ignorable(since(5, int64, -1n)),
        partitionMaxBytes: int32,
        replicaDirectoryId: ignorable(tagged(0, 17, uuid)),
        highWatermark: ignorable(tagged(1, 18, int64, 9223372036854775807n)),
      }),
    }),
    forgottenTopicsData: since(
      7,
      array({
        topic: ignorable(until(12, string)),
        topicId: ignorable(since(13, uuid)),
        partitions: array(int32),
      }),
    ),
    rackId: ignorable(since(11, string)),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: ignorable(since(7, int16)),
    sessionId: since(7, int32),
    responses: array({
      topic: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64,
        lastStableOffset: optional(int64, -1n),
        logStartOffset: ignorable(since(5, int64, -1n)),
        divergingEpoch: tagged(
          0,
          12,
          struct({
            epoch: optional(int32, -1),
            endOffset: optional(int64, -1n),
          }),
        ),
        currentLeader: tagged(
          1,
          12,
          struct({
            leaderId: optional(int32, -1),
            leaderEpoch: optional(int32, -1),
          }),
        ),
        snapshotId: tagged(
          2,
          12,
          struct({
            endOffset: optional(int64, -1n),
            epoch: optional(int32, -1),
          }),
        ),
        abortedTransactions: optional(
          nullable(
            array({
              producerId: int64,
              firstOffset: int64,
            }),
          ),
          [],
        ),
        preferredReadReplica: since(11, int32, -1),
        records: optional(nullable(records), Buffer.alloc(0)),
      }),
    }),
    nodeEndpoints: tagged(
      0,
      16,
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: optional(nullable(string), null),
      }),
    ),
  },
})
