import type { ConnectLink } from '@sluice/client'
import { Brand } from '../page/brand.tsx'

/** Who asks the person to connect: the integration's own brand, else ours. */
export function BrandHeader({ brand }: { brand: ConnectLink['brand'] }) {
  if (brand === null) return <Brand />
  return (
    <span className="brand">
      {brand.logo_url && <img src={brand.logo_url} alt="" height="28" referrerPolicy="no-referrer" />}
      {brand.name}
    </span>
  )
}

/**
 * Puts the brand's colour in the place of the accent, made darker or lighter until it stands out from the page as WCAG 2
 * asks of text (4.5:1); the page's policy allows no style in HTML, so it is set on the element.
 */
export function applyAccent(brand: ConnectLink['brand']): void {
  const { style } = document.documentElement
  if (!brand?.accent_color) return
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  const accent = readableOn(dark ? '#161f23' : '#ffffff', brand.accent_color)
  style.setProperty('--accent', accent)
  style.setProperty('--accent-strong', accent)
  style.setProperty('--focus', accent)
  style.setProperty('--on-accent', contrast(accent, '#ffffff') >= contrast(accent, '#000000') ? '#ffffff' : '#000000')
}

function readableOn(ground: string, color: string): string {
  const toward = luminance(ground) > 0.5 ? 0 : 255
  let mixed = color
  for (let share = 0.1; contrast(ground, mixed) < 4.5 && share <= 1; share += 0.1) {
    const parts = channels(color).map((channel) => Math.round(channel + (toward - channel) * share))
    mixed = `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
  }
  return mixed
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** Relative luminance (WCAG 2.2). */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
    const part = channel / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16))
}
