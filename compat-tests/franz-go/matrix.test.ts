import { run } from '../matrix/run.js'
import { goDriver } from '../support/build.js'

run({
  name: 'franz-go',
  folder: 'franz-go',
  language: 'Go',
  needs: [['go', 'version']],
  prepare: () => goDriver('franz-go'),
})
