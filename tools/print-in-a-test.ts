/** Prints docs/in-a-test.md, whose tables are the types of the package's own API: `npm run docs`. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

type Member = ts.PropertySignature | ts.MethodDeclaration | ts.GetAccessorDeclaration

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

/** A table of the members that have a name of their own, each with its type and its comment. */
function table(file: string, name: string): string {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url))
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const isWanted = (node: ts.Statement): node is ts.InterfaceDeclaration | ts.ClassDeclaration =>
    (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) && node.name?.text === name
  const found = source.statements.find(isWanted)
  if (!found) throw new Error(`${file} declares no ${name}`)
  const rows = [...found.members].filter(isPublic).map(member => row(member, source))
  return ['| | type | |', '|---|---|---|', ...rows].join('\n')
}

const isPublic = (member: ts.Node): member is Member => {
  if (!ts.isPropertySignature(member) && !ts.isMethodDeclaration(member) && !ts.isGetAccessor(member)) {
    return false
  }
  const isStatic = ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static
  return ts.isIdentifier(member.name) && !isStatic
}

function row(member: Member, source: ts.SourceFile): string {
  const [comment] = ts.getJSDocCommentsAndTags(member)
  const said = comment && ts.isJSDoc(comment) ? (ts.getTextOfJSDocComment(comment.comment) ?? '') : ''
  const type = member.type?.getText(source) ?? ''
  const call = ts.isMethodDeclaration(member)
    ? `(${member.parameters.map(each => each.name.getText(source)).join(', ')})`
    : ''
  return `| \`${member.name.getText(source)}${call}\` | \`${escaped(type)}\` | ${escaped(said)} |`
}

console.log(`# In a test

The tables are printed from the package's own types by \`npm run docs\`.

\`\`\`ts
import { after, test } from 'node:test'
import { Kafka } from 'kafkajs'
import { Broker } from 'ottla'

const broker = await Broker.create({ topics: ['orders:3'] })
after(() => broker.stop())
const kafka = new Kafka({ brokers: broker.brokers })
\`\`\`

\`Broker.create\` resolves when every node listens and every topic is there, after some milliseconds. It throws a
\`ConfigurationError\` with a \`code\` where an option is wrong, \`PortInUse\`, \`DataDirectoryLocked\`, \`WrongNode\` or
\`WrongCluster\`. Without a port it takes a free one, without a folder it keeps the data in memory.

## Options of \`Broker.create\`

${table('config/options.ts', 'BrokerOptions')}

### A topic

${table('config/wanted-topic.ts', 'TopicOptions')}

### A node

${table('config/nodes.ts', 'NodeOptions')}

### For tests of failures

With these a broker runs by time that a test moves, on files that fail where a test says so, and with random numbers that
repeat. They change from version to version.

${table('broker/surroundings.ts', 'Surroundings')}

## The broker that \`Broker.create\` returns

${table('broker/broker.ts', 'Broker')}

\`await using broker = await Broker.create()\` calls \`stop()\` at the end of the block, from Node 24 on.

## What makes a test quick

- A classic group's first join waits for no others (\`group.initial.rebalance.delay.ms\` is 0).
- A consumer whose process was killed is replaced after \`ottla.group.evict.on.disconnect.ms\`, 6 s, not after its session.
- kafkajs waits up to \`maxWaitTimeInMs\` (5 s) for data before it notices that it was disconnected; a broker of Ottla
  answers it after \`ottla.fetch.max.wait.ms\`, half a second. \`set: { 'ottla.fetch.max.wait.ms': 50 }\` makes it shorter.
- \`parity: true\` takes all of that back.`)
