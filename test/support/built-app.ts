import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { plainEnv } from './packed-library.js'

const run = promisify(execFile)

/** Builds an app with the environment of a user's shell: what vitest sets must not reach it. Answers what was printed. */
export async function buildApp(folder: string, builder: string): Promise<string> {
  rmSync(join(folder, '.output'), { recursive: true, force: true })
  const { stdout, stderr } = await run(builder, ['build'], { cwd: folder, env: plainEnv() })
  return stdout + stderr
}
