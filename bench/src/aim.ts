const AIM = /^(value|ratio) (<=|>=) (\d+(?:\.\d+)?)$/

/**
 * Whether a row meets its aim: `value` or `ratio`, then `<=` or `>=`, then a number. Null when there is no aim, or it
 * is about a ratio that is not known.
 *
 * @throws RangeError when the aim is not of this form.
 */
export function meetsAim(aim: string | null, row: { value: number; ratio: number | null }): boolean | null {
  if (aim === null) return null
  const [, subject, comparison, bound] = AIM.exec(aim) ?? []
  if (subject === undefined) throw new RangeError(`The aim "${aim}" is not like "value <= 60" or "ratio >= 0.8".`)
  const actual = subject === 'value' ? row.value : row.ratio
  if (actual === null) return null
  return comparison === '<=' ? actual <= Number(bound) : actual >= Number(bound)
}
