import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'
import type { Scenario } from '../scenario.js'

export const topics: readonly Scenario[] = [
  {
    name: 'a topic is created with its partitions and settings',
    run: async world => {
      const client = await world.start()
      const topic = world.name
      await client.ask('createTopic', { topic, partitions: 2, configs: { 'retention.ms': '3600000' } })
      const admin = await world.admin()
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      assert.equal(topics[0]?.partitions.length, 2)
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }],
      })
      assert.equal(resources[0]?.configEntries[0]?.configValue, '3600000')
    },
  },
  {
    name: 'a topic is described and listed',
    run: async world => {
      const topic = await world.topic(3)
      const client = await world.start()
      assert.equal((await client.ask('describeTopic', { topic })).partitions, 3)
      assert.ok((await client.ask('listTopics', {})).topics.includes(topic))
    },
  },
  {
    name: 'a topic grows',
    run: async world => {
      const topic = await world.topic(2)
      const client = await world.start()
      await client.ask('growTopic', { topic, partitions: 5 })
      const { topics } = await (await world.admin()).fetchTopicMetadata({ topics: [topic] })
      assert.equal(topics[0]?.partitions.length, 5)
    },
  },
  {
    name: 'a topic is deleted',
    run: async world => {
      const topic = await world.topic()
      const client = await world.start()
      await client.ask('deleteTopic', { topic })
      assert.ok(!(await (await world.admin()).listTopics()).includes(topic))
    },
  },
]
