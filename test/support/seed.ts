import fc from 'fast-check'

/**
 * Every run draws the same values, so that a red build is the change's own doing. `FC_SEED=random` draws new ones (what it
 * finds is pinned as an example), `FC_SEED=<number>` repeats a run.
 */
const { FC_SEED } = process.env
const seed = FC_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(FC_SEED ?? 20_260)
if (!Number.isInteger(seed)) throw new Error('FC_SEED is a whole number, or `random`.')

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
