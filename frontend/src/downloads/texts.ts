/** What is said of downloads, on the play page and on that of the finished pictures. */
import type { FileFormat } from "../api";

export const texts = {
  formats: { jpeg: "JPEG", tiff16: "TIFF, 16 bits", png16: "PNG, 16 bits" } as Record<FileFormat, string>,
  format: "Format of the file",
  ask: "Download at full size",
  queued: "Waiting for its turn…",
  working: "Developing at full size…",
  there: "The picture is ready to be saved.",
  ready: "Save the picture",
  again: "Try again",
  gone: "The download is not there any more.",
};
