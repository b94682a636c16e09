// It uses no session, so that it can be called while the store is stopped.
export default defineEventHandler(async (event) => {
  const { seconds = 5 } = (await readBody<{ seconds?: number }>(event)) ?? {}
  stopStore(Math.min(seconds, 30))
  return { seconds }
})
