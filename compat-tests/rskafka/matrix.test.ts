import { run } from '../matrix/run.js'
import { rustDriver } from '../support/build.js'

run({
  name: 'rskafka',
  folder: 'rskafka',
  language: 'Rust',
  needs: [['cargo', '--version']],
  prepare: () => rustDriver('rskafka'),
})
