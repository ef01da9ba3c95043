/** HTML that is safe to put into a page. Made by `html` alone, which escapes every value that is not Markup itself. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Content = Markup | string | number | null | undefined | false | Content[]

export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  return new Markup(strings.map((text, index) => text + textOf(values[index])).join(''))
}

function textOf(value: Content): string {
  if (value === null || value === undefined || value === false) return ''
  if (Array.isArray(value)) return value.map(textOf).join('')
  if (value instanceof Markup) return value.text
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Descriptions as OpenAPI has them, as far as ours go: `code`, and an empty line between paragraphs. */
export function prose(text: string | undefined): Content {
  if (text === undefined) return null
  const paragraphs = text.split(/\n{2,}/)
  return paragraphs.map((paragraph) => html`<p>${inline(paragraph)}</p>`)
}

export function inline(text: string): Content {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))
}
