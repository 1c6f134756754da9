// The form of a campaign: whom it would write to is counted as one chooses, and the chosen templates are shown.
"use strict";

// The answer of the last question counts: a slower one before it is given up.
let checking = null, asking = null;
function check(form) {
  clearTimeout(checking);
  checking = setTimeout(async () => {
    asking?.abort();
    asking = new AbortController();
    const box = $("[data-check-result]", form);
    box.setAttribute("aria-busy", "true");
    const asked = new URLSearchParams();
    const wanted = ["type[]", "uploadId", "audienceId", "targetAudience", "purpose"];
    for (const [name, value] of new FormData(form)) if (value !== "" && (wanted.includes(name) || /^(templates|targetAudience)\./.test(name))) asked.append(name, value);
    const { signal } = asking;
    await part(box, `${form.dataset.check}?${asked}`, undefined, signal);
    if (!signal.aborted) box.removeAttribute("aria-busy");
  }, 250);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-check]");
  if (!form) return;
  check(form);
  for (const box of $$("[data-preview]", form)) {
    if (box.dataset.preview !== event.target.name) continue;
    if (event.target.value) part(box, box.dataset.address.replace("{}", encodeURIComponent(event.target.value)));
    else box.replaceChildren();
  }
});
for (const form of $$("form[data-check]")) if ($("[name='type[]']:checked", form)) check(form);
