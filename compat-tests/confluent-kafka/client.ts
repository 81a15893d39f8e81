import type { Client } from '../matrix/client.js'
import { pythonDriver } from '../support/build.js'

export const confluentKafka: Client = {
  name: 'confluent-kafka',
  folder: 'confluent-kafka',
  language: 'Python',
  needs: [['python3', '--version']],
  prepare: () => pythonDriver('confluent-kafka'),
}
