import assert from 'node:assert/strict'
import { ClientError } from '../driver.js'
import type { Scenario } from '../scenario.js'
import { bytes } from '../world.js'

/** Checks that the client fails with Kafka's code, or in words like these where it hides codes. */
async function refused(asked: Promise<unknown>, code: number, words: RegExp): Promise<void> {
  const error = await asked.then(
    () => assert.fail('it was not refused'),
    (error: Error) => error,
  )
  if (!(error instanceof ClientError)) throw error
  if (error.code === null) assert.match(error.message, words)
  else assert.equal(error.code, code, error.message)
}

export const errors: readonly Scenario[] = [
  {
    name: 'a topic that exists is not created again',
    run: async world => {
      const topic = await world.topic()
      const client = await world.start()
      await refused(client.ask('createTopic', { topic, partitions: 1 }), 36, /exists/i)
    },
  },
  {
    name: 'a topic of a bad name is refused',
    run: async world => {
      const client = await world.start()
      await refused(client.ask('createTopic', { topic: 'bad name!', partitions: 1 }), 17, /invalid/i)
    },
  },
  {
    name: 'a topic with a setting that does not exist is refused',
    run: async world => {
      const client = await world.start()
      const configs = { 'no.such.setting': '1' }
      await refused(client.ask('createTopic', { topic: world.name, partitions: 1, configs }), 40, /config/i)
    },
  },
  {
    name: 'a topic does not shrink',
    run: async world => {
      const topic = await world.topic(3)
      const client = await world.start()
      await refused(client.ask('growTopic', { topic, partitions: 2 }), 37, /partition/i)
    },
  },
  {
    name: 'an unknown topic is not deleted',
    run: async world => {
      const client = await world.start()
      await refused(client.ask('deleteTopic', { topic: 'nobody-knows' }), 3, /unknown|not (exist|host)/i)
    },
  },
  {
    name: 'a record above max.message.bytes is refused',
    run: async world => {
      const topic = await world.topic(1, { 'max.message.bytes': '1000' })
      const client = await world.start()
      const records = [{ key: null, value: bytes('x'.repeat(2000)), partition: 0 }]
      await refused(client.ask('produce', { topic, records }), 10, /large/i)
      const small = [{ key: null, value: bytes('x'), partition: 0 }]
      await client.ask('produce', { topic, records: small })
    },
  },
]
