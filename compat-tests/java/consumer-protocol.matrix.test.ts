import { run } from '../matrix/run.js'
import { javaConsumerProtocol } from './client.js'

run(javaConsumerProtocol)
