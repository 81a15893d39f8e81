import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { OttlaProcess } from '../support/ottla-process.js'
import { missing } from '../support/tool.js'

const skip = missing('kcat', '-V')
let broker: OttlaProcess

before(async () => {
  if (!skip) broker = await OttlaProcess.start('--memory', '--port', '0', '--log-level', 'warn')
})
after(() => broker?.stop())

/** Runs kcat with this on its standard input and gives what it prints. */
async function kcat(args: string[], input = ''): Promise<string> {
  const child = spawn('kcat', ['-b', broker.bootstrap, '-q', ...args])
  let printed = ''
  let complaint = ''
  child.stdout.on('data', chunk => (printed += chunk))
  child.stderr.on('data', chunk => (complaint += chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  assert.equal(code, 0, `kcat ${args.join(' ')}: ${complaint}`)
  return printed
}

const lines = (text: string): string[] => text.split('\n').filter(line => line !== '')
const numbers = (count: number): string => Array.from({ length: count }, (_, i) => `${i}\n`).join('')

test('-L lists the broker and a topic', { skip }, async () => {
  await kcat(['-P', '-t', 'listed'], 'x\n')
  const listing = await kcat(['-L'])
  assert.match(listing, /1 brokers:/)
  assert.match(listing, new RegExp(`broker 0 at 127\\.0\\.0\\.1:${broker.port}`))
  assert.match(listing, /topic "listed" with 1 partitions:/)
})

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
  test(`-P -z ${codec} is read back by -C`, { skip }, async () => {
    const topic = `codec-${codec}`
    const input = Array.from({ length: 500 }, (_, i) => `key${i % 7}:value ${i} ${'x'.repeat(50)}\n`).join('')
    await kcat(['-P', '-t', topic, '-K:', ...(codec === 'none' ? [] : ['-z', codec])], input)
    const output = await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-K:'])
    assert.equal(output, input)
  })
}

test('-o -N, -o end, -c and -f choose and print what they say', { skip }, async () => {
  const topic = 'chosen'
  await kcat(['-P', '-t', topic, '-p', '0'], numbers(10))
  assert.deepEqual(lines(await kcat(['-C', '-t', topic, '-o', '-3', '-e'])), ['7', '8', '9'])
  assert.equal(await kcat(['-C', '-t', topic, '-o', 'end', '-e']), '')
  assert.deepEqual(lines(await kcat(['-C', '-t', topic, '-o', 'beginning', '-c', '2', '-f', '%o=%s\n'])), [
    '0=0',
    '1=1',
  ])
})

test('-o s@ts begins at the time, and -Q asks for its offset', { skip }, async () => {
  const topic = 'timed'
  await kcat(['-P', '-t', topic, '-p', '0'], 'a\nb\n')
  const stamps = lines(await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-f', '%T\n'])).map(Number)
  const later = Math.max(...stamps) + 1
  assert.deepEqual(lines(await kcat(['-C', '-t', topic, '-o', `s@${stamps[0]}`, '-e'])), ['a', 'b'])
  assert.equal(await kcat(['-C', '-t', topic, '-o', `s@${later}`, '-e']), '')
  assert.match(await kcat(['-Q', '-t', `${topic}:0:${stamps[0]}`]), /timed \[0\] offset 0/)
  assert.match(await kcat(['-Q', '-t', `${topic}:0:-1`]), /timed \[0\] offset 2/)
})

test('-J prints an envelope with key, headers and offset', { skip }, async () => {
  const topic = 'enveloped'
  await kcat(['-P', '-t', topic, '-K:', '-H', 'h=1'], 'k:v\n')
  const [line] = lines(await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-J']))
  const message = JSON.parse(line as string) as Record<string, unknown>
  assert.equal(message.key, 'k')
  assert.equal(message.payload, 'v')
  assert.equal(message.offset, 0)
  assert.deepEqual(message.headers, ['h', '1'])
})

test('-G joins a group, reads all, and a second run has nothing left to read', { skip }, async () => {
  const topic = 'grouped'
  await kcat(['-P', '-t', topic, '-p', '0'], numbers(20))
  const group = ['-G', 'kcat-group', '-X', 'auto.offset.reset=earliest', '-e', topic]
  assert.deepEqual(lines(await kcat(group)), lines(numbers(20)))
  assert.deepEqual(lines(await kcat(group)), [])
})
