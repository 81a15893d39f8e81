import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** A script in a file of its own, with what it is expected to lead to. */
export interface ScriptFile {
  /** Its first line, which tells what it shows. */
  readonly sentence: string
  /** Lines `name = value` before the first step. */
  readonly settings: Readonly<Record<string, string>>
  readonly steps: readonly string[]
  /** Compares what happened with what is written there; UPDATE_SCRIPTS=1 writes it down instead. */
  compare(happened: readonly (readonly string[])[]): void
}

export interface Player {
  /** Plays a step and returns the lines that it leads to. */
  play(step: string): Promise<string[]>
}

/** All scripts of a folder. */
export const scriptsIn = (folder: URL): ScriptFile[] =>
  readdirSync(folder)
    .filter(name => name.endsWith('.txt'))
    .map(name => scriptIn(new URL(name, folder)))

export async function play({ steps, compare }: ScriptFile, player: Player): Promise<void> {
  const happened: string[][] = []
  for (const step of steps) happened.push(await player.play(step))
  compare(happened)
}

function scriptIn(path: URL): ScriptFile {
  const script = readFileSync(path, 'utf8')
  const lines = script.split('\n')
  const head = lines.slice(
    0,
    lines.findIndex(line => line.startsWith('> ')),
  )
  const settings = head.flatMap(line => {
    const [, name, value] = /^([a-z.]+) = (.*)$/.exec(line) ?? []
    return name ? [[name, value ?? ''] as const] : []
  })
  const steps = lines.filter(line => line.startsWith('> '))
  return {
    sentence: lines[0]?.replace(/^# /, '') ?? '',
    settings: Object.fromEntries(settings),
    steps: steps.map(line => line.slice(2)),
    compare(happened) {
      const written = [...head]
      for (const [i, step] of steps.entries()) {
        if (written.at(-1) !== '') written.push('')
        written.push(step, ...(happened[i] ?? []))
      }
      const played = `${written.join('\n')}\n`
      if (process.env.UPDATE_SCRIPTS) writeFileSync(path, played)
      else assert.equal(played, script)
    },
  }
}
