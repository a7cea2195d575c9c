import { byId } from "./dom.js";

/** Asks a person to confirm what cannot be undone. */
export function ask(title: string, text: string, yes: string): Promise<boolean> {
  const dialog = byId("confirm", HTMLDialogElement);
  byId("confirm-title", HTMLHeadingElement).textContent = title;
  byId("confirm-text", HTMLParagraphElement).textContent = text;
  byId("confirm-yes", HTMLButtonElement).textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }),
  );
}
