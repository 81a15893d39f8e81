import { api, array, bool, int16, int32, nullable, optional, string } from '../schema.js'

/** Raises the number of partitions of topics (KIP-195); it can never shrink. */
export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleSince: 2,
  request: () => ({
    topics: array({
      name: string,
      count: int32, // the total wanted, not how many to add
      // Null: the broker chooses; else one entry per new partition.
      assignments: optional(
        nullable(
          array({
            brokerIds: array(int32),
          }),
        ),
        [],
      ),
    }),
    timeoutMs: int32,
    validateOnly: bool, // check everything, create nothing
  }),
  response: () => ({
    throttleTimeMs: int32,
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: optional(nullable(string), null),
    }),
  }),
})
