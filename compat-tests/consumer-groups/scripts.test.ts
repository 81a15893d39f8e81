import { after, before, describe, test } from 'node:test'
import { ConsumerScript } from '../../test/groups/consumer/consumer-script.js'
import { stageSettings } from '../../test/groups/consumer/stage.js'
import { play, type ScriptFile, scriptsIn } from '../../test/groups/script-files.js'
import { missingKafka } from '../apache-kafka/jars.js'
import { ReferenceBroker } from '../apache-kafka/reference-broker.js'
import { KafkaStage } from './kafka-stage.js'

const folder = new URL('../../test/groups/consumer/scripts/', import.meta.url)
const playable = scriptsIn(folder).filter(({ steps }) => !steps.includes('the broker restarts'))

/**
 * Scripts by the settings that they want of the broker; those with settings of their own only in `npm run test:long`.
 */
const bySettings = new Map<string, ScriptFile[]>()
for (const script of playable) {
  const settings = JSON.stringify(stageSettings(script.settings).broker)
  if (settings !== JSON.stringify(stageSettings({}).broker) && !process.env.OTTLA_TEST_LONG) continue
  bySettings.set(settings, [...(bySettings.get(settings) ?? []), script])
}

describe('What the scripts of consumer groups say is what Apache Kafka does', {
  skip: missingKafka(),
}, () => {
  let played = 0
  for (const scripts of bySettings.values()) {
    describe(`with ${scripts.length} scripts`, () => {
      let kafka: ReferenceBroker
      before(async () => {
        const { broker } = stageSettings(scripts[0]?.settings ?? {})
        kafka = await ReferenceBroker.start({ ...broker, 'offsets.topic.num.partitions': '1' })
      })
      after(() => kafka?.stop())

      for (const script of scripts) {
        test(script.sentence, { timeout: 60_000 }, async () => {
          const stage = await KafkaStage.open(kafka.port, `s${++played}_`, stageSettings(script.settings))
          await stage.createTopic('orders', 4)
          await play(script, new ConsumerScript(stage))
          await stage.close()
        })
      }
    })
  }
})
