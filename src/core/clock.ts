/** The current time in milliseconds since the Unix epoch. Every deadline in the library comes from one of these. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
