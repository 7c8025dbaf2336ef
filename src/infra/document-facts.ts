/** What a document is, or why it cannot be used. */

export type DocumentRefusal = 'not-a-document' | 'encrypted' | 'broken'

/** The document cannot be used; the message is for the person who gave it. */
export class DocumentRefused extends Error {
  readonly reason: DocumentRefusal
  constructor(reason: DocumentRefusal, message: string) {
    super(message)
    this.name = 'DocumentRefused'
    this.reason = reason
  }
}

export type DocumentFacts = {
  mime:
    | 'application/pdf'
    | 'application/vnd.ms-powerpoint'
    | 'application/msword'
    | 'application/vnd.openxmlformats-officedocument.presentationml.presentation'
    | 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
  /** Absent when it cannot be read. */
  pages?: number
}
