import { pageHeaders } from '../../trpc.ts'
/** A file on its way to the server. */
export interface Upload {
  /** Resolves with the id under which the server keeps the file. */
  readonly done: Promise<string>
  cancel(): void
}

/**
 * Sends a file as it is; `beside`: the upload of which it is another table. XMLHttpRequest, because fetch does not tell how much of a body has been sent.
 * Rejects with the server's sentence, `null` where no answer came.
 */
export function upload(file: File, beside: string | undefined, onShare: (share: number) => void): Upload {
  const request = new XMLHttpRequest()
  const done = new Promise<string>((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onShare(total > 0 ? loaded / total : 0),
    )
    request.addEventListener('load', () => {
      const answer = parsed(request.responseText)
      if (request.status === 201 && answer?.uploadId) resolve(answer.uploadId)
      else reject(new UploadFailed(answer?.detail ?? null))
    })
    request.addEventListener('error', () => reject(new UploadFailed(null)))
    request.addEventListener('abort', () => reject(new UploadFailed(null)))
  })
  const query = new URLSearchParams({ name: file.name, ...(beside === undefined ? {} : { with: beside }) })
  request.open('POST', `/api/uploads?${query}`)
  for (const [name, value] of Object.entries(pageHeaders())) request.setRequestHeader(name, value)
  request.setRequestHeader('content-type', 'application/octet-stream')
  request.send(file)
  return { done, cancel: () => request.abort() }
}

export class UploadFailed extends Error {
  override name = 'UploadFailed'
  /** What the server said. */
  readonly sentence: string | null
  constructor(sentence: string | null) {
    super(sentence ?? 'The upload did not arrive.')
    this.sentence = sentence
  }
}

function parsed(text: string): { uploadId?: string; detail?: string } | null {
  try {
    return JSON.parse(text) as { uploadId?: string; detail?: string }
  } catch {
    return null
  }
}
