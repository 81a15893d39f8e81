import { run } from '../matrix/run.js'
import { goDriver } from '../support/build.js'

run({
  name: 'sarama',
  folder: 'sarama',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('sarama'),
})
