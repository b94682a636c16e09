import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

it('docs/cli.md says what the commands say of themselves', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/cli-docs.mjs', '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
