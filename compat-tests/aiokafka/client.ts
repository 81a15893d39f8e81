import type { Client } from '../matrix/client.js'
import { pythonDriver } from '../support/build.js'

export const aiokafka: Client = {
  name: 'aiokafka',
  folder: 'aiokafka',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('aiokafka'),
}
