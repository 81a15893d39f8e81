import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileExpression } from '../../src/wire/regular-expression.js'

test('an expression stands for the topics whose whole name it matches', () => {
  const matches = compileExpression('orders-(eu|us)')
  assert.deepEqual(['orders-eu', 'orders-us', 'orders-eu-2', 'my-orders-eu', 'orders-'].filter(matches), [
    'orders-eu',
    'orders-us',
  ])
})

test("RE2's syntax is served: classes, flags, names, counts", () => {
  for (const [expression, topic] of [
    ['[[:alpha:]]+', 'orders'],
    ['(?i)ORDERS', 'orders'],
    ['(?P<place>eu|us)\\.orders', 'eu.orders'],
    ['o.{3}rs', 'orders'],
    ['\\Qa.b\\E', 'a.b'],
    ['\\p{Greek}+', 'λόγος'],
    ['', ''],
  ] as const) {
    assert.ok(compileExpression(expression)(topic), expression)
  }
})

for (const [expression, why] of [
  ['(orders', 'missing closing )'],
  ['*', 'missing argument to repetition operator'],
  ['(?=orders).*', 'invalid or unsupported Perl syntax'],
  ['(a)\\1', 'invalid escape sequence'],
  ['a{1001}', 'invalid repeat count'],
  ['a'.repeat(4097), 'it is longer than 4096 characters'],
] as const) {
  test(`${expression.slice(0, 20)} is refused: ${why}`, () => {
    assert.throws(() => compileExpression(expression), {
      errorName: 'INVALID_REGULAR_EXPRESSION',
      message: `SubscribedTopicRegex \`${expression}\` is not a valid regular expression: ${why}.`,
    })
  })
}

test('an expression that other engines take for ever for takes linear time', () => {
  const matches = compileExpression('((a+)+)+b')
  const topic = 'a'.repeat(249)
  const beginsMs = performance.now()
  for (let i = 0; i < 100; i++) assert.equal(matches(topic), false)
  assert.ok(performance.now() - beginsMs < 5000)
})
