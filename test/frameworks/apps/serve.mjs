// node serve.mjs NAME: starts one of the apps and prints its port.
const { listen } = await import(`./${process.argv[2]}.mjs`)
process.stdout.write(`${await listen()}\n`)
// It ends with whoever started it.
process.stdin.resume().on('end', () => process.exit(0))
