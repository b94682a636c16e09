import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const inRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** The built package in a folder above which no node_modules lies: with zod, its one peer that is not optional, and no other. */
export async function copyPackageAlone(folder: string): Promise<void> {
  await cp(inRoot('dist'), folder, { recursive: true })
  await cp(inRoot('node_modules/zod'), join(folder, 'node_modules/zod'), { recursive: true })
}
