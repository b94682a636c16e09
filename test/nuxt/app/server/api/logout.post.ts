export default defineEventHandler(async (event) => {
  const session = await useSession(event)
  await session.destroy()
  return sendRedirect(event, '/', 303)
})
