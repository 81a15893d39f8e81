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

/** TODO-DOC */
export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleSince: 2,
  request: {
    topics: optional(
      nullable(
        array({
          topic: string,
          partitions: array(int32),
        }),
      ),
      [],
    ),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: ignorable(since(3, int16)),
    results: array({
      errorCode: int16,
      logDir: string,
      topics: array({
        name: string,
        partitions: array({
          partitionIndex: int32,
          partitionSize: int64,
          offsetLag: int64,
          isFutureKey: bool,
        }),
      }),
      totalBytes: ignorable(since(4, int64, -1n)),
      usableBytes: ignorable(since(4, int64, -1n)),
      isCordoned: ignorable(since(5, bool)),
    }),
  },
})
