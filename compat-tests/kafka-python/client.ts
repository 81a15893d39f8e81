import type { Client } from '../matrix/client.js'
import { pythonDriver } from '../support/build.js'

export const kafkaPython: Client = {
  name: 'kafka-python',
  folder: 'kafka-python',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('kafka-python'),
}
