import { run } from '../matrix/run.js'
import { goDriver } from '../support/build.js'

run({
  name: 'segmentio/kafka-go',
  folder: 'segmentio-kafka-go',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('segmentio-kafka-go'),
})
