import { run } from '../matrix/run.js'
import { javaClient } from './driver.js'

const name = 'Java, consumer protocol'
run(javaClient({ name, folder: 'java-consumer-protocol', pom: 'newest', groupProtocol: 'consumer' }))
