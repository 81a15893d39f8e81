import { test } from 'node:test'
import { play, scriptsIn } from '../script-files.js'
import { ConsumerScript } from './consumer-script.js'
import { OttlaStage, stageSettings } from './stage.js'

/** The same scripts are played with Apache Kafka by compat-tests/consumer-groups. */
for (const script of scriptsIn(new URL('./scripts/', import.meta.url))) {
  test(script.sentence, async () => {
    const stage = new OttlaStage(stageSettings(script.settings))
    await stage.createTopic('orders', 4)
    await play(script, new ConsumerScript(stage))
    await stage.close()
  })
}
