// The tests that notice most of the mutants.
export const races = 'test/property/races.test.ts'
export const model = 'test/property/model.test.ts'
export const session = 'test/unit/session'
