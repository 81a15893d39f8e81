import {
  api,
  array,
  bool,
  ignorable,
  int16,
  int32,
  int64,
  optional,
  since,
  string,
  until,
} from '../schema.js'

const topics = array({
  name: string,
  partitions: array(int32),
})

const results = array({
  name: string,
  resultsByPartition: array({
    partitionIndex: int32,
    partitionErrorCode: int16,
  }),
})

/**
 * Adds partitions to a transaction before anything is written to them (KIP-98). From version 4 on brokers ask for many
 * transactions at once, also only whether partitions are part of one (KIP-890).
 */
export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleSince: 3,
  request: () => ({
    transactions: since(
      4,
      array({
        transactionalId: string,
        producerId: int64,
        producerEpoch: int16,
        verifyOnly: optional(bool, false), // add nothing, tell whether all is there
        topics,
      }),
    ),
    v3AndBelowTransactionalId: until(3, string),
    v3AndBelowProducerId: until(3, int64),
    v3AndBelowProducerEpoch: until(3, int16),
    v3AndBelowTopics: until(3, topics),
  }),
  response: () => ({
    throttleTimeMs: int32,
    errorCode: ignorable(since(4, int16)),
    resultsByTransaction: since(
      4,
      array({
        transactionalId: string,
        topicResults: results,
      }),
    ),
    resultsByTopicV3AndBelow: until(3, results),
  }),
})
