import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.js'

export const topics: readonly Scenario[] = [
  {
    name: 'a topic is created, described, listed, grown and deleted',
    run: async world => {
      const client = await world.start()
      const topic = world.name
      await client.ask('createTopic', { topic, partitions: 2, configs: { 'retention.ms': '3600000' } })
      assert.equal((await client.ask('describeTopic', { topic })).partitions, 2)
      assert.ok((await client.ask('listTopics', {})).topics.includes(topic))
      await client.ask('growTopic', { topic, partitions: 5 })
      assert.equal((await client.ask('describeTopic', { topic })).partitions, 5)
      await client.ask('deleteTopic', { topic })
      assert.ok(!(await client.ask('listTopics', {})).topics.includes(topic))
    },
  },
]
