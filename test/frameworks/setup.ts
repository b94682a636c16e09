import { fileURLToPath } from 'node:url'
import { installRing } from '../support/packed-library.js'

export async function setup(): Promise<void> {
  await installRing(fileURLToPath(new URL('.', import.meta.url)))
}
