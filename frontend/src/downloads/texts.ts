/** What is said of downloads, on the play page and on that of the finished pictures. */
import type { FileFormat } from "../shared/api";
import { gettext } from "../shared/translation";

export const texts = {
  formats: { jpeg: "JPEG", tiff16: gettext("TIFF, 16 bits"), png16: gettext("PNG, 16 bits") } as Record<
    FileFormat,
    string
  >,
  format: gettext("Format of the file"),
  ask: gettext("Download at full size"),
  queued: gettext("Waiting for its turn…"),
  working: gettext("Developing at full size…"),
  there: gettext("The picture is ready to be saved."),
  ready: gettext("Save the picture"),
  again: gettext("Try again"),
  gone: gettext("The download is not there any more."),
};
