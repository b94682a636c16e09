import { fileURLToPath } from 'node:url'
import { type App, launchApp } from '../support/edge-app.js'

/** Starts one of the apps as its users do: by node, with no NODE_ENV. */
export function startApp(name: string): Promise<App> {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  return launchApp(process.execPath, ['apps/serve.mjs', name], folder)
}
