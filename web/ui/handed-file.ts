let handed: File | null = null

/** Keeps a file that was dropped on one page for the page that can read it, where it is taken once. */
export function handFile(file: File): void {
  handed = file
}

/** The file that was handed over, null: none, or taken before. */
export function takeHandedFile(): File | null {
  const file = handed
  handed = null
  return file
}
