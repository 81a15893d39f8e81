import { run } from '../matrix/run.js'
import { kafkaPython } from './client.js'

run(kafkaPython)
