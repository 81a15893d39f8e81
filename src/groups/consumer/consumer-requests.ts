import type { consumerGroupDescribe } from '../../wire/apis/consumer-group-describe.js'
import type { consumerGroupHeartbeat } from '../../wire/apis/consumer-group-heartbeat.js'
import type { RequestOf, ResponseOf } from '../../wire/schema.js'
import type { Partitions } from './partitions.js'

export type ConsumerHeartbeatRequest = RequestOf<typeof consumerGroupHeartbeat> & {
  /** The partitions in `topicPartitions`, where they were so many that the set was made in turns. */
  readonly owned?: Partitions
}
export type ConsumerHeartbeatAnswer = ResponseOf<typeof consumerGroupHeartbeat>
export type DescribedConsumerGroup = ResponseOf<typeof consumerGroupDescribe>['groups'][number]
