import { producerPerformance } from './versus/java-tools.js'
import { withTopic } from './versus/topics.js'
const [bootstrap, records, mode] = process.argv.slice(2)
const tuned = ['--command-property','batch.size=262144','--command-property','linger.ms=5']
const b = { bootstrap, removed: async () => {} } as never
await withTopic(b, 1, async topic => { console.log(await producerPerformance(b, { topic, records: Number(records), recordBytes: 100, ...(mode==='tuned'?{properties:tuned}:{}) })) })
process.exit()
