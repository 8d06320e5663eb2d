/**
 * The researchers' photos page: sends the files that are dropped or chosen one after another, says of each what became
 * of it, and removes photos, or has them decoded again, after asking.
 */

import { csrfToken } from "../shared/api";
import type { components } from "../shared/api-schema";
import { pressHeldKeysOnce } from "../shared/heldKeys";

type Added = components["schemas"]["AddedPhoto"];

const SAID: Record<Added["outcome"], string> = {
  added: "added",
  linked: "here already, new in this study",
  known: "here already",
  restored: "brought back",
  replaced: "decoded again",
};

function find<E extends Element>(selector: string, kind: new () => E, within: ParentNode = document): E {
  const element = within.querySelector(selector);
  if (!(element instanceof kind)) throw new Error(`the page has no ${selector}`);
  return element;
}

/** Why the server refused, in its own words where it gave any. */
function reason(status: number, text: string): string {
  try {
    const body = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof body.error?.message === "string") return body.error.message;
  } catch {
    // Not the site's own answer: a proxy's page, or nothing.
  }
  return status === 0 ? "The server does not answer." : `The server answered ${status}.`;
}

/** The server reads other photos, or has had enough for now, and says after how many seconds this one may be sent again. */
class Busy extends Error {
  constructor(
    readonly seconds: number,
    message: string,
  ) {
    super(message);
  }
}

/** The connection was lost before the server had answered: it is worth another try. */
class Unanswered extends Error {}

/** How long, in seconds, to wait after each time that the connection was lost. */
const PAUSES = [2, 5, 15, 30];

/** How often a file is sent again to a server that is busy, before its line says so for good. */
const ATTEMPTS = 30;
const DEFAULT_WAIT_SECONDS = 10;

/** One file's line in the list. */
class Line {
  private readonly element = document.createElement("li");
  private readonly state = document.createElement("span");
  private readonly bar = document.createElement("progress");

  constructor(list: HTMLElement, file: File) {
    const name = document.createElement("span");
    name.className = "file";
    name.textContent = file.name;
    name.title = file.name;
    this.state.className = "quiet";
    this.state.textContent = "waiting";
    this.element.append(name, this.state);
    list.append(this.element);
  }

  progress(share: number): void {
    this.element.append(this.bar);
    this.bar.value = share;
    this.state.textContent = share < 1 ? `sending, ${Math.floor(share * 100)} %` : "reading the photo";
    if (share === 1) this.bar.removeAttribute("value");
  }

  wait(why: string, seconds: number): void {
    this.bar.remove();
    this.state.textContent = `${why}, sent again in ${seconds} s`;
  }

  /** As it was before it was sent. */
  reset(): void {
    this.state.className = "quiet";
    this.state.textContent = "waiting";
    this.element.querySelector(".said")?.remove();
  }

  end(kind: "good" | "quiet" | "bad", state: string, said = ""): void {
    this.bar.remove();
    this.state.className = kind;
    this.state.textContent = state;
    if (said === "") return;
    const paragraph = document.createElement("p");
    paragraph.className = `said ${kind}`;
    paragraph.textContent = said;
    this.element.append(paragraph);
  }
}

/**
 * Sends one file; fetch cannot tell how much has left, so an XMLHttpRequest does. Rejects with a sentence, and with
 * `Busy` where it is worth another try.
 */
function send(form: FormData, onProgress: (share: number) => void): Promise<Added> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/photos/");
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    request.upload.onload = () => onProgress(1);
    request.onload = () => {
      if (request.status < 300) resolve(JSON.parse(request.responseText) as Added);
      else {
        const said = reason(request.status, request.responseText);
        const wait = request.getResponseHeader("Retry-After");
        reject(wait === null ? new Error(said) : new Busy(Number(wait) || DEFAULT_WAIT_SECONDS, said));
      }
    };
    request.onerror = () => reject(new Unanswered(reason(0, "")));
    request.send(form);
  });
}

/** Sends one file, again and again while the server is busy, and some times where the connection was lost. */
async function sendPatiently(form: FormData, line: Line): Promise<Added> {
  const pauses = PAUSES.values();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(form, (share) => line.progress(share));
    } catch (error) {
      const pause = error instanceof Unanswered ? pauses.next().value : undefined;
      const seconds = error instanceof Busy && attempt < ATTEMPTS ? error.seconds : pause;
      if (seconds === undefined) throw error;
      const why = error instanceof Busy ? "the server is busy" : "the server does not answer";
      line.wait(why, seconds);
      await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    }
  }
}

/** A file to send, with the options of the form as they were when it was chosen. */
interface Upload {
  readonly file: File;
  readonly line: Line;
  readonly options: FormData;
}

/** The form, its queue of files and what is said of them. */
class Uploads {
  private readonly form = find("#upload", HTMLFormElement);
  private readonly list = find("#uploads", HTMLElement);
  private readonly summary = find("#summary", HTMLElement);
  private readonly again = find("#retry", HTMLButtonElement);
  private readonly waiting: Upload[] = [];
  private lost: Upload[] = [];
  private running = false;
  private finished = 0;
  private added = 0;
  private linked = 0;

  constructor() {
    this.again.addEventListener("click", () => this.retry());
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      // The options as they are now: who changes them means the files that come after.
      this.waiting.push({ file, line: new Line(this.list, file), options: new FormData(this.form) });
    }
    // As the page begins there may be none yet, and then there is nothing to say.
    if (!this.running && this.waiting.length > 0) void this.run();
  }

  /** Sends what failed once more, in the same lines. */
  private retry(): void {
    const lost = this.lost;
    this.lost = [];
    this.again.hidden = true;
    this.finished -= lost.length;
    for (const upload of lost) {
      upload.line.reset();
      this.waiting.push(upload);
    }
    if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    window.addEventListener("beforeunload", stay);
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      this.say(`${this.finished + 1} of ${this.finished + 1 + this.waiting.length}`);
      await this.sendOne(next);
      this.finished += 1;
    }
    window.removeEventListener("beforeunload", stay);
    this.running = false;
    await this.conclude();
  }

  private async sendOne(upload: Upload): Promise<void> {
    const { file, line, options } = upload;
    const limit = Number(this.form.dataset["maximumBytes"]);
    try {
      if (file.size > limit) throw new Error(`It has ${megabytes(file.size)}; the limit is ${megabytes(limit)}.`);
      options.set("study", this.form.dataset["study"] ?? "");
      options.set("file", file);
      const photo = await sendPatiently(options, line);
      if (photo.outcome === "linked") this.linked += 1;
      else if (photo.outcome !== "known") this.added += 1;
      const size = `${photo.width} × ${photo.height}`;
      line.end(photo.outcome === "known" ? "quiet" : "good", `${SAID[photo.outcome]}, ${size}`, photo.note);
    } catch (error) {
      this.lost.push(upload);
      line.end("bad", "not added", error instanceof Error ? error.message : String(error));
    }
  }

  private async conclude(): Promise<void> {
    const failed = this.lost.length > 0 ? ` ${this.lost.length} could not be added: the reasons stand below.` : "";
    this.again.hidden = this.lost.length === 0;
    const linked = this.linked > 0 ? `, ${this.linked} here already and new in this study` : "";
    this.say(`Done: ${this.added} added${linked}.${failed} `);
    if (this.added + this.linked === 0 || (await showList())) return;
    const again = document.createElement("a");
    again.href = location.href;
    again.textContent = "Show them in the list";
    this.summary.append(again);
  }

  private say(text: string): void {
    this.summary.textContent = text;
  }
}

/** Shows the list, and the number of photos, as they stand now; whether the server has told. */
async function showList(): Promise<boolean> {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok !== true) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = page.querySelector("#in-play");
  if (list === null) return false;
  find("#in-play", HTMLElement).replaceWith(document.adoptNode(list));
  return true;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MB`;
}

function stay(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

function listenForFiles(uploads: Uploads): void {
  const drop = find("#drop", HTMLElement);
  const picker = find("#files", HTMLInputElement);
  const take = (): void => {
    uploads.add(picker.files ?? []);
    picker.value = "";
  };
  picker.addEventListener("change", take);
  // Files may have been chosen before this program arrived.
  take();
  // A file that misses the frame by a little must not replace the page.
  for (const kind of ["dragover", "drop"] as const) document.addEventListener(kind, (event) => event.preventDefault());
  document.addEventListener("dragover", () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"] as const) {
    document.addEventListener(kind, () => drop.classList.remove("over"));
  }
  document.addEventListener("drop", (event) => uploads.add(event.dataTransfer?.files ?? []));
}

/** What the server is asked to do with a photo, once the researcher has confirmed it. */
type Deed = (address: string, dialog: HTMLDialogElement) => Promise<Response>;

/** Opens a dialog by the buttons of a class, each in a photo's place in the list; its confirmation does the deed. */
function listenFor(buttons: string, dialog: HTMLDialogElement, deed: Deed): void {
  const error = find("[data-error]", HTMLElement, dialog);
  let item: HTMLElement | null = null;
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>(buttons) : null;
    if (button === null) return;
    item = button.closest<HTMLElement>("[data-photo]");
    find("[data-name]", HTMLElement, dialog).textContent = button.dataset["name"] ?? "";
    for (const select of dialog.querySelectorAll("select")) select.value = button.dataset[select.name] ?? "auto";
    for (const input of dialog.querySelectorAll("input")) input.value = "";
    error.hidden = true;
    dialog.showModal();
  });
  const confirm = find("[data-confirm]", HTMLButtonElement, dialog);
  confirm.addEventListener("click", () => {
    if (item !== null) void ask(item, confirm);
  });

  async function ask(photo: HTMLElement, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const study = find("#photos", HTMLElement).dataset["study"] ?? "";
      const response = await deed(`/api/studies/${study}/photos/${photo.dataset["photo"] ?? ""}/`, dialog);
      if (!response.ok) throw new Error(reason(response.status, await response.text()));
      dialog.close();
      location.reload();
    } catch (problem) {
      error.textContent = problem instanceof TypeError ? reason(0, "") : (problem as Error).message;
      error.hidden = false;
    } finally {
      button.disabled = false;
    }
  }
}

function remove(address: string): Promise<Response> {
  return fetch(address, { method: "DELETE", headers: { "X-CSRFToken": csrfToken() } });
}

function decodeAgain(address: string, dialog: HTMLDialogElement): Promise<Response> {
  const body = JSON.stringify(Object.fromEntries(new FormData(find("form", HTMLFormElement, dialog))));
  const headers = { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" };
  return fetch(address, { method: "POST", headers, body });
}

/** Puts another file in the place of a photo: it is added, and takes that place, in one request. */
function replace(address: string, dialog: HTMLDialogElement): Promise<Response> {
  const body = new FormData(find("form", HTMLFormElement, dialog));
  return fetch(`${address}replacement/`, { method: "POST", headers: { "X-CSRFToken": csrfToken() }, body });
}

pressHeldKeysOnce();
// A closed study has no form: it takes no photos.
if (document.querySelector("#upload") !== null) listenForFiles(new Uploads());
listenFor(".remove", find("#confirm", HTMLDialogElement), remove);
listenFor(".again", find("#again", HTMLDialogElement), decodeAgain);
listenFor(".replace", find("#replace", HTMLDialogElement), replace);
