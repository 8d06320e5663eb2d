/** What the start page says from its script: around the picture that the browser draws. */
import { gettext } from "../shared/translation";

export const landingTexts = {
  before: gettext("as it came"),
  after: gettext("after five steps"),
  slider: gettext("Between the photo as it came and after five steps"),
  steps: (said: string) => gettext("Drawn in your browser: %(steps)s.", { steps: said }),
};
