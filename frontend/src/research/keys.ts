/**
 * Security keys and passkeys (WebAuthn): a form asks the browser for one before it is sent, to make it known to the
 * account ("create") or to show that it is there ("get"). What is asked stands in the page, as the server wrote it.
 */
interface Ceremony {
  readonly creation_options?: { readonly publicKey: PublicKeyCredentialCreationOptionsJSON };
  readonly request_options?: { readonly publicKey: PublicKeyCredentialRequestOptionsJSON };
}

/** Asks for the key. Rejects where it is not given, is the wrong one, or where the browser knows none. */
async function ask({ creation_options, request_options }: Ceremony): Promise<PublicKeyCredential> {
  const { credentials } = navigator;
  const credential = creation_options
    ? await credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creation_options.publicKey),
      })
    : request_options
      ? await credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request_options.publicKey) })
      : null;
  if (!(credential instanceof PublicKeyCredential)) throw new Error("no key was given");
  return credential;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-key]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = form.querySelector<HTMLInputElement>("input[name=credential]");
    const failure = form.querySelector<HTMLElement>("[role=alert]");
    const options = form.querySelector("script")?.textContent;
    if (!field || !failure || !options) return;
    failure.hidden = true;
    ask(JSON.parse(options) as Ceremony)
      .then((credential) => {
        field.value = JSON.stringify(credential);
        form.submit();
      })
      .catch(() => (failure.hidden = false));
  });
}
