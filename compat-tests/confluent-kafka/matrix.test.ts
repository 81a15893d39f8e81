import { run } from '../matrix/run.js'
import { pythonDriver } from '../support/build.js'

run({
  name: 'confluent-kafka',
  folder: 'confluent-kafka',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('confluent-kafka'),
})
