import type { Client } from '../matrix/client.js'
import { goDriver } from '../support/build.js'

export const franzGo: Client = {
  name: 'franz-go',
  folder: 'franz-go',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('franz-go'),
}
