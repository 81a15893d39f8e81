import { run } from '../matrix/run.js'
import { platformatic } from './client.js'

run(platformatic)
