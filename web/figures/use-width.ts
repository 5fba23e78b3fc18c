/** The width of an element as the page gives it, so that figures are drawn in real pixels and their text stays legible. */
import type { RefObject } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Null before it is known. Rounded, so that a scroll bar's coming does not redraw everything. */
export function useWidth(element: RefObject<HTMLElement | null>): number | null {
  const [width, setWidth] = useState<number | null>(null)
  useEffect(() => {
    if (element.current === null) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(Math.floor(entry.contentRect.width / 8) * 8)
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return width
}
