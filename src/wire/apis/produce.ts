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

/** TODO-DOC */
export const produce = api({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleSince: 9,
  request: {
    transactionalId: optional(nullable(string), null),
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitionData: array({
        index: int32,
        records: optional(nullable(records), Buffer.alloc(0)),
      }),
    }),
  },
  response: {
    responses: array({
      name: ignorable(until(12, string)),
      topicId: ignorable(since(13, uuid)),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        baseOffset: int64,
        logAppendTimeMs: optional(int64, -1n),
        logStartOffset: ignorable(since(5, int64, -1n)),
        recordErrors: ignorable(
          since(
            8,
            array({
              batchIndex: int32,
              batchIndexErrorMessage: optional(nullable(string), null),
            }),
          ),
        ),
        errorMessage: ignorable(since(8, nullable(string))),
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
  },
})
