import {
  api,
  array,
  bool,
  ignorable,
  int16,
  int32,
  int64,
  nullable,
  optional,
  since,
  string,
} from '../schema.js'

/** Tells the data directories, and how much each partition takes in them (KIP-113). */
export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleSince: 2,
  request: () => ({
    // Null: all of them.
    topics: optional(
      nullable(
        array({
          topic: string,
          partitions: array(int32),
        }),
      ),
      [],
    ),
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: ignorable(since(3, int16)), // of the request as a whole
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64, // bytes of its segments
          offsetLag: int64, // how far a replica is behind its leader
          isFutureKey: bool, // a replica that is being moved to this directory
        }),
      }),
      totalBytes: ignorable(since(4, int64, -1n)), // of the volume (KIP-827); -1: unknown
      usableBytes: ignorable(since(4, int64, -1n)), // free on the volume; -1: unknown
      isCordoned: ignorable(since(5, bool)), // takes no new replicas (KIP-1066)
    }),
  }),
})
