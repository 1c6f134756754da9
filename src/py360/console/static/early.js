// The one script that a page waits for. What one sends, clicks or chooses before the others have run happens once they have:
// left to the browser, a form would put what was typed into the address, and a button would do nothing.
"use strict";

{
  const waiting = new Map(); // of each thing, its events once each
  const hold = (event) => {
    const { type, submitter } = event;
    const target = type === "click" ? event.target.closest("button[type=button]") : event.target;
    if (!target || (type === "submit" && target.matches("[action], [method=dialog]"))) return; // those are the browser's
    if (type === "submit") event.preventDefault();
    waiting.set(target, (waiting.get(target) ?? new Map()).set(type, submitter));
  };
  const kinds = ["submit", "click", "input", "change"];
  for (const kind of kinds) document.addEventListener(kind, hold);
  document.addEventListener("DOMContentLoaded", () => {
    if (!window.signInAgain) { // app.js did not arrive: what was typed stays where it is
      const banner = document.querySelector("[data-offline]");
      if (banner) { banner.textContent = JSON.parse(document.body.dataset.texts).failed; banner.hidden = false; }
      return;
    }
    for (const kind of kinds) document.removeEventListener(kind, hold);
    for (const [target, events] of waiting) for (const [type, submitter] of events) {
      if (type === "submit") target.requestSubmit(submitter);
      else if (type === "click") target.click();
      else target.dispatchEvent(new Event(type, { bubbles: true }));
    }
  });
}
