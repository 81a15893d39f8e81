import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A driver in TypeScript needs nothing but Node: gives the command that starts `<folder>/driver.ts`. */
export function typescriptDriver(folder: string): string[] {
  return [process.execPath, '--import', 'tsx', `${root}${folder}/driver.ts`]
}
