import { useEffect, useState } from 'preact/hooks'

const query = matchMedia('(max-width: 46rem)')

/** Whether the window is as narrow as a phone; style.css uses the same width. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(query.matches)
  useEffect(() => {
    const changed = (): void => setNarrow(query.matches)
    query.addEventListener('change', changed)
    return () => query.removeEventListener('change', changed)
  }, [])
  return narrow
}
