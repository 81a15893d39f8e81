import { run } from '../matrix/run.js'
import { oldJava } from './client.js'

run(oldJava)
