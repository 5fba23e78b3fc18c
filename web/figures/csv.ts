/** Numbers of a figure or table as a file. */

/** A row of cells; text with commas, quotes or line ends is quoted (RFC 4180). */
export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return `${rows.map(row => row.map(cell).join(',')).join('\r\n')}\r\n`
}
