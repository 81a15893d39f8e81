import { run } from '../matrix/run.js'
import { java } from './client.js'

run(java)
