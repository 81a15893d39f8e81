import { run } from '../matrix/run.js'
import { javaClient } from './driver.js'

run(javaClient({ name: 'Java', folder: 'java', pom: 'newest', groupProtocol: 'classic' }))
