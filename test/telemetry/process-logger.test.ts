import assert from 'node:assert/strict'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { mock, test } from 'node:test'

/** Returns the text that is written to standard error while `act` runs. */
async function written(act: () => unknown): Promise<string> {
  let text = ''
  const real = fs.writeSync
  const stand = mock.method(fs, 'writeSync', (...args: Parameters<typeof fs.writeSync>) => {
    const [fd, bytes] = args
    if (fd !== 2) return real(...args)
    const [, , at = 0, length] = args as unknown as [number, Buffer, number, number]
    text += (bytes as unknown as Buffer).toString('utf8', at, at + length)
    return length
  })
  syncBuiltinESMExports()
  try {
    await act()
  } finally {
    stand.mock.restore()
    syncBuiltinESMExports()
  }
  return text
}

const { lookOn, processLogger } = await import('../../src/telemetry/process-logger.js')

test('without a terminal each line is a JSON object with its level, time and message', async () => {
  const text = await written(async () =>
    (await processLogger({ isTerminal: false, isColored: false })).warn('look'),
  )
  assert.match(text, /^\{"level":"warn","time":"\d{4}-\d\d-\d\dT[\d:.]+Z","msg":"look"\}\n$/)
})

test('an error is printed with the stack of its cause, in which nothing moves the cursor', async () => {
  const cause = new Error('bad \x1b[2J name')
  for (const isTerminal of [false, true]) {
    const text = await written(async () =>
      (await processLogger({ isTerminal, isColored: true })).error({ err: cause }, 'lost'),
    )
    assert.match(text, /bad \\{1,2}x1b\[2J name/)
    assert.match(text, /at .*process-logger/)
    assert.equal(text.includes('\x1b[2J'), false)
  }
})

test('on a terminal a line has the time, the level and the message, in colours that NO_COLOR turns off', async () => {
  const said = (env: { readonly NO_COLOR?: string }) =>
    written(async () => (await processLogger(lookOn({ isTTY: true }, env))).info('hello'))
  assert.equal((await said({})).includes('\x1b['), true)
  assert.match(await said({ NO_COLOR: '1' }), /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: hello\n$/)
})
