/** What the page of a questionnaire says beside its questions. */
import { gettext } from "../shared/translation";

export const questionnaireTexts = {
  title: gettext("Questions"),
  complete: gettext("Send"),
};
