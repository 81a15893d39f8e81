import { run } from '../matrix/run.js'
import { javaClient } from './driver.js'

run(javaClient({ name: 'Java 2.8', folder: 'java-2.8', pom: 'oldest', groupProtocol: 'classic' }))
