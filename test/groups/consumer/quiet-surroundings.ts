import { BrokerConfig } from '../../../src/config/broker-config.js'
import { ClusterTopics } from '../../../src/groups/consumer/cluster-topics.js'
import type { ConsumerSurroundings } from '../../../src/groups/consumer/consumer-surroundings.js'
import { consumerSurroundings } from '../../../src/groups/consumer/settings.js'
import { Topics } from '../../support/topics.js'

/** The surroundings of consumer groups, for tests that have none or that change no setting. */
export function quietSurroundings(topics = new Topics()): ConsumerSurroundings {
  const metadata = topics.store
  return consumerSurroundings('shop', {
    config: new BrokerConfig(),
    metadata,
    topics: new ClusterTopics(metadata, () => null),
  })
}
