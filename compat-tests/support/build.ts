import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

const clients = fileURLToPath(new URL('..', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/clients/', import.meta.url))

/** A driver in TypeScript is one `driver.ts`, put into one file so that it starts fast. */
export function typescriptDriver(folder: string): string[] {
  const outfile = `${cache}${folder}/driver.mjs`
  const entryPoints = [`${clients}${folder}/driver.ts`]
  buildSync({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
  return [process.execPath, outfile]
}

export function pythonDriver(folder: string): string[] {
  const python = pythonOf(folder)
  return ['env', `PYTHONPATH=${clients}support/python`, python, '-B', `${clients}${folder}/driver.py`]
}

/** A client in Python gets an environment of its own, made again when its requirements change. */
export function pythonOf(folder: string): string {
  const requirements = `${clients}${folder}/requirements.txt`
  const environment = `${cache}${folder}`
  const python = `${environment}/bin/python`
  once(environment, readFileSync(requirements, 'utf8'), () => {
    run('python3', ['-m', 'venv', environment])
    run(python, ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '-r', requirements])
  })
  return python
}

/** A driver in Go is a package of the one module of all of them; go itself knows what has to be built again. */
export function goDriver(folder: string): string[] {
  const driver = `${cache}${folder}/driver`
  run('go', ['build', '-buildvcs=false', '-o', driver, `./${folder}`])
  return [driver]
}

/** A driver in Rust is a crate; cargo itself knows what has to be built again. */
export function rustDriver(folder: string): string[] {
  const crate = `${clients}${folder}`
  run('cargo', ['build', '--quiet', '--locked', '--target-dir', `${cache}${folder}`], crate)
  return [`${cache}${folder}/debug/driver`]
}

/** Makes the folder unless it was made from this input already. */
function once(folder: string, input: string, make: () => void): void {
  const stamp = `${folder}/made-from`
  const wanted = createHash('sha256').update(input).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  make()
  writeFileSync(stamp, wanted)
}

function run(program: string, args: string[], cwd = clients): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')}:\n${stdout}\n${stderr}`)
}
