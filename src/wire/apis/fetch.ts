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

/**
 * Reads record batches from partitions. The answer is held back until `minBytes` are there or `maxWaitMs`
 * is over. Sessions (KIP-227, version 7) let a client name only what has changed; from version 13 topics are
 * named by id (KIP-516).
 */
export const fetch = api({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleSince: 12,
  request: () => ({
    clusterId: ignorable(tagged(0, 12, nullable(string))), // only replicas send it, as the other fields that speak of replicas
    replicaId: until(14, optional(int32, -1)), // -1: a consumer
    replicaState: tagged(
      1,
      15,
      struct({
        replicaId: optional(int32, -1),
        replicaEpoch: optional(int64, -1n),
      }),
    ),
    maxWaitMs: int32,
    minBytes: int32, // 0: never wait
    maxBytes: optional(int32, 0x7fffffff), // of the reply; its first batch may exceed this
    isolationLevel: optional(int8, 0), // 0 read uncommitted, 1 read committed
    sessionId: ignorable(since(7, int32)), // 0: no session yet
    sessionEpoch: ignorable(since(7, int32, -1)), // 0: open a session, -1: none wanted or close it
    topics: array({
      topic: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitions: array({
        partition: int32,
        currentLeaderEpoch: ignorable(since(9, int32, -1)), // fenced when it is not the leader's; -1: not checked (KIP-320)
        fetchOffset: int64,
        lastFetchedEpoch: since(12, int32, -1), // for replicas that cut off what diverges (KIP-595)
        logStartOffset: ignorable(since(5, int64, -1n)), // of a follower; -1 from consumers
        partitionMaxBytes: int32, // its first batch may exceed this
        replicaDirectoryId: ignorable(tagged(0, 17, uuid)),
        highWatermark: ignorable(tagged(1, 18, int64, 9223372036854775807n)),
      }),
    }),
    // The partitions that leave the session.
    forgottenTopicsData: since(
      7,
      array({
        topic: ignorable(until(12, string)),
        topicId: ignorable(since(13, uuid)),
        partitions: array(int32),
      }),
    ),
    rackId: ignorable(since(11, string)), // for reading from the closest replica (KIP-392)
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: ignorable(since(7, int16)),
    sessionId: since(7, int32),
    responses: array({
      topic: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        highWatermark: int64, // consumers see records before this offset
        lastStableOffset: optional(int64, -1n), // every transaction before this offset has ended
        logStartOffset: ignorable(since(5, int64, -1n)),
        // A reader that sent lastFetchedEpoch is told where the log differs from what it has read (KIP-595).
        divergingEpoch: tagged(
          0,
          12,
          struct({
            epoch: optional(int32, -1),
            endOffset: optional(int64, -1n),
          }),
        ),
        // The leader to ask after NOT_LEADER_OR_FOLLOWER (KIP-951).
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
        // The consumer filters these transactions out; null when read uncommitted.
        abortedTransactions: optional(
          nullable(
            array({
              producerId: int64,
              firstOffset: int64, // of the transaction in this partition
            }),
          ),
          [],
        ),
        preferredReadReplica: since(11, int32, -1), // -1: stay here
        records: nullable(records), // whole batches of which the first may begin before fetchOffset
      }),
    }),
    // The addresses of the leaders that currentLeader names.
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
  }),
})
