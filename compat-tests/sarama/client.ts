import type { Client } from '../matrix/client.js'
import { goDriver } from '../support/build.js'

export const sarama: Client = {
  name: 'sarama',
  folder: 'sarama',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('sarama'),
}
