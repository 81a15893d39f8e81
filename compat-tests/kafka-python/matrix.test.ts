import { run } from '../matrix/run.js'
import { pythonDriver } from '../support/build.js'

run({
  name: 'kafka-python',
  folder: 'kafka-python',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('kafka-python'),
})
