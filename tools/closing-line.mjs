/** A reporter that says in one line how many tests passed, failed and were skipped: node --test --test-reporter. */
export default async function* closingLine(events) {
  const counts = { pass: 0, fail: 0, cancelled: 0, skipped: 0 }
  for await (const { type, data } of events) {
    const [, what, count] =
      (type === 'test:diagnostic' && /^(pass|fail|cancelled|skipped) (\d+)$/.exec(data.message)) || []
    if (what !== undefined) counts[what] = Number(count)
  }
  const skipped = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`
  yield `${counts.pass} passed, ${counts.fail + counts.cancelled} failed${skipped}\n`
}
