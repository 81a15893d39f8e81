/**
 * Prints docs/compatibility.md from the handlers' table and the clients' results, and their summary into the README:
 * `npm run docs`.
 */
import { differences } from '../compat-tests/answers/differences.js'
import { families } from '../compat-tests/answers/scenarios/index.js'
import { handlers, offeredApis } from '../src/dispatch/served-apis.js'
import { clientMatrix, codecTable, printSummary } from './client-matrix.js'

const kafkaVersion = '4.3.1'

const rows = offeredApis.map(({ apiKey, minVersion, maxVersion }) => {
  const name = handlers.find(({ api }) => api.key === apiKey)?.api.name
  return `| ${apiKey} | ${name} | ${minVersion} - ${maxVersion} |`
})

const differing = Object.values(differences).map(({ point, ottla, kafka, reason, goneInParity }) =>
  `| ${[point, ottla, kafka, reason, goneInParity ? 'as Kafka' : ''].join(' | ')} |`.replace('|  |', '| |'),
)

const scenarioCount = families.reduce((sum, { scenarios }) => sum + scenarios.length, 0)
const answersCompared = `${scenarioCount} scenarios, in \`compat-tests/answers\`, are played with Apache Kafka ${kafkaVersion} and
with Ottla in the same run, and the answers are compared whole: errors, fields, and the order of checks when two
things are wrong. A message has to be there on both sides or on neither: the words are Ottla's own. Ids and times
have to be equal where Kafka's are equal; lists that Kafka takes from a hash map have no order.
`

console.log(`# Compatibility

Printed from the table of handlers by \`npm run docs\`; ApiVersions answers from the same table.

## APIs

| key | API | versions |
|---|---|---|
${rows.join('\n')}

Produce is listed from version 0, as Kafka lists it (KIP-896), and served from version 3.

## Clients

Every scenario is written once, in \`compat-tests/matrix/scenarios\`. \`npm run test:compat\` runs it with every client
and keeps the outcomes, from which this table is printed.

${clientMatrix()}

Each of these clients writes with the codec, and reads the records of every other client of its row:

${codecTable()}

## Where Ottla differs from Apache Kafka

${answersCompared}
The last column marks the points that \`--parity\` makes as in Kafka.

| point | Ottla | Kafka | why | \`--parity\` |
|---|---|---|---|---|
${differing.join('\n')}`)

printSummary('README.md')
