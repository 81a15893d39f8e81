/** Prints docs/compatibility.md from the handlers' table and the clients' results, and their summary into the README: `npm run docs`. */
import { handlers, offeredApis } from '../src/handlers/index.js'
import { clientMatrix, printSummary } from './client-matrix.js'

const rows = offeredApis().map(({ apiKey, minVersion, maxVersion }) => {
  const name = handlers.find(({ api }) => api.key === apiKey)?.api.name
  return `| ${apiKey} | ${name} | ${minVersion} - ${maxVersion} |`
})

console.log(`# Compatibility

Printed from the table of handlers by \`npm run docs\`; ApiVersions answers from the same table.

## APIs

| key | API | versions |
|---|---|---|
${rows.join('\n')}

Produce is listed from version 0, as Kafka lists it (KIP-896), and served from version 3.

## Clients

Every scenario is told once, in \`compat-tests/matrix/scenarios\`, and run with every client by
\`npm run test:compat\`, which keeps what came of it; this table is printed from there.

${clientMatrix()}

## Where Ottla differs from Apache Kafka

With \`--parity\` the first five have Kafka's behaviour.

| point | Ottla | Kafka |
|---|---|---|
| first join of a group | \`group.initial.rebalance.delay.ms\` 0 | 3000 |
| member whose connection closed | evicted after \`ottla.group.evict.on.disconnect.ms\`, 1000 | after its session timeout |
| replication factor above the number of nodes | clamped | INVALID_REPLICATION_FACTOR |
| advertised address | the one that the client dialled | fixed |
| a parked fetch with another request behind it | answered at once | blocks until its maximum wait |
| automatic and requested topics | finished before the reply leaves | a window of errors 3 and 5 |
| EndTxn | answered when the markers are written, or after the first try | answered before they are |
| regular expressions of consumer groups (KIP-848) | RE2 by re2js: at most 4096 characters, and 1000 repetitions however nested | RE2 by re2j, without these limits |
| share groups, streams groups | not offered | served |
| replicas | simulated: all nodes of a process share one storage | replicated |
| moves of replicas | finished when answered | take their time |
| recompression (\`compression.type\` other than \`producer\`) | batches are stored as they come | recompressed |`)

printSummary('README.md')
