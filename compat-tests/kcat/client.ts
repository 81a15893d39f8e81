import type { Client } from '../matrix/client.js'
import { typescriptDriver } from '../support/build.js'

export const kcat: Client = {
  name: 'kcat',
  folder: 'kcat',
  language: 'C',
  needs: [['kcat', '-V']],
  prepare: () => typescriptDriver('kcat'),
}
