#!/usr/bin/env node
import { standardOutput } from './print.js'
import { run } from './run.js'

process.exitCode = await run(process.argv.slice(2), standardOutput)
