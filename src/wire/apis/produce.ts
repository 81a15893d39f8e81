import {
  api,
  array,
  ignorable,
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

/** Appends record batches to partitions, one batch each. From version 13 topics are named by id (KIP-516). */
export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleSince: 9,
  request: () => ({
    transactionalId: optional(nullable(string), null), // null: not transactional
    acks: int16, // -1: all in-sync replicas, 1: the leader, 0: there is no reply
    timeoutMs: int32, // how long to wait for the replicas
    topicData: array({
      name: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitionData: array({
        index: int32,
        records: nullable(records), // exactly one batch of format v2
      }),
    }),
  }),
  response: () => ({
    responses: array({
      name: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64, // of the first record; -1 on failure
        logAppendTimeMs: optional(int64, -1n), // -1 unless the broker stamped the batch
        logStartOffset: ignorable(since(5, int64, -1n)),
        // The records that were wrong (KIP-467).
        recordErrors: ignorable(
          since(
            8,
            array({
              batchIndex: int32, // position of the record in its batch
              batchIndexErrorMessage: optional(nullable(string), null),
            }),
          ),
        ),
        errorMessage: ignorable(since(8, nullable(string))),
        // The leader to ask after NOT_LEADER_OR_FOLLOWER (KIP-951).
        currentLeader: tagged(
          0,
          10,
          struct({
            leaderId: optional(int32, -1),
            leaderEpoch: optional(int32, -1),
          }),
        ),
      }),
    }),
    throttleTimeMs: optional(int32, 0),
    // The addresses of the leaders that currentLeader names.
    nodeEndpoints: tagged(
      0,
      10,
      array({
        nodeId: int32,
        host: string,
        port: int32,
        rack: optional(nullable(string), null),
      }),
    ),
  }),
})
