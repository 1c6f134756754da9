// The editor of templates: variables are inserted where one writes, and the preview follows.
"use strict";

document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-insert]");
  if (!at) return;
  const text = $("textarea", at.closest("form"));
  text.setRangeText(at.dataset.insert, text.selectionStart, text.selectionEnd, "end");
  text.focus();
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

// What is being written, as a customer would see it: half a second after the last key.
let drafting = null;
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-draft]");
  if (!form) return;
  clearTimeout(drafting);
  drafting = setTimeout(() => {
    const { type, subject, content, language, category } = Object.fromEntries(new FormData(form));
    if (content.trim()) part($(form.dataset.draft), `${base}/templates/preview`, { type, content, language, category, ...(subject && { subject }) });
  }, 500);
});
