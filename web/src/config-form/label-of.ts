/** A field's name for people: its title, or its key made readable (`start_date` becomes `Start date`). */
export function labelOf(schema: { title?: string | undefined }, name: string): string {
  if (schema.title) return schema.title
  const words = name.replace(/[_-]+/g, ' ').replace(/([a-z])([A-Z])/g, '$1 $2')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
