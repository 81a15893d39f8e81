import { api, array, int16, int32, int64, string } from '../schema.js'

/** Deletes the oldest records of partitions, up to an offset (KIP-107). */
export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleSince: 2,
  request: () => ({
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        offset: int64, // the first to be kept; -1: delete up to the high watermark
      }),
    }),
    timeoutMs: int32,
  }),
  response: () => ({
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        lowWatermark: int64, // the log start offset afterwards; -1 on failure
        errorCode: int16,
      }),
    }),
  }),
})
