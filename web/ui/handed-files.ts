let handed: readonly File[] = []

/** Keeps files that were dropped on one page for the page that can read them, where they are taken once. */
export function handFiles(files: readonly File[]): void {
  handed = files
}

/** The files that were handed over; none where they were taken before. */
export function takeHandedFiles(): readonly File[] {
  const files = handed
  handed = []
  return files
}
