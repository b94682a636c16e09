export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  await session.destroy()
  return answer(event, '/login', { bye: true })
})
