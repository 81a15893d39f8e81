import type { Client } from '../matrix/client.js'
import { typescriptDriver } from '../support/build.js'

export const platformatic: Client = {
  name: '@platformatic/kafka',
  folder: 'platformatic',
  language: 'TypeScript',
  needs: [],
  prepare: () => typescriptDriver('platformatic'),
  cannotRead: { snappy: 'blocks in the framing of the Java client' },
}
