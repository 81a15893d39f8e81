import { run } from '../matrix/run.js'
import { pythonDriver } from '../support/build.js'

run({
  name: 'aiokafka',
  folder: 'aiokafka',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('aiokafka'),
})
