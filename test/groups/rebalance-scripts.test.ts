import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { RebalanceScript } from './rebalance-script.js'

const folder = new URL('./scripts/', import.meta.url)

/** The first line of a script is its sentence, lines `setting = value` follow. UPDATE_SCRIPTS=1 writes down what happens. */
for (const file of readdirSync(folder).filter(name => name.endsWith('.txt'))) {
  const path = new URL(file, folder)
  const script = readFileSync(path, 'utf8')
  const lines = script.split('\n')
  test(lines[0]?.replace(/^# /, '') ?? file, async () => {
    const settings = lines.flatMap(line => {
      const [, name, value] = /^([a-z.]+) = (.*)$/.exec(line) ?? []
      return name ? [[name, value ?? ''] as const] : []
    })
    const play = new RebalanceScript(Object.fromEntries(settings))
    const head = lines.slice(
      0,
      lines.findIndex(line => line.startsWith('> ')),
    )
    const written = [...head]
    for (const line of lines.filter(each => each.startsWith('> '))) {
      if (written.at(-1) !== '') written.push('')
      written.push(line, ...(await play.play(line.slice(2))))
    }
    const played = `${written.join('\n')}\n`
    if (process.env.UPDATE_SCRIPTS) writeFileSync(path, played)
    else assert.equal(played, script)
  })
}
