import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'ottla'
import t from 'tap'

t.test('a broker of its own for each test', async t => {
  const broker = await Broker.create({ topics: ['orders:2'] })
  t.teardown(() => broker.stop())
  const admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
  t.equal(topics[0].partitions.length, 2)
})
