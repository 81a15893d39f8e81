import type { consumerGroupDescribe } from '../../wire/apis/consumer-group-describe.js'
import type { consumerGroupHeartbeat } from '../../wire/apis/consumer-group-heartbeat.js'
import type { RequestOf, ResponseOf } from '../../wire/schema.js'

export type ConsumerHeartbeatRequest = RequestOf<typeof consumerGroupHeartbeat>
export type ConsumerHeartbeatAnswer = ResponseOf<typeof consumerGroupHeartbeat>
export type DescribedConsumerGroup = ResponseOf<typeof consumerGroupDescribe>['groups'][number]
